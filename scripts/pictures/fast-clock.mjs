/**
 * A clock that begins QCC_CLOCK_BACK milliseconds ago, and runs QCC_CLOCK_RATE times faster until the process hears SIGUSR2: an hour is
 * lived in minutes, ends now, and is looked at in real time. For the gateway's own process: `node --import`.
 */
const rate = { now: Number(process.env.QCC_CLOCK_RATE) };

/** Goes on from where it is when the rate changes. */
function scaled(original, back) {
  let [from, shown] = [original(), original() - back];
  const read = () => shown + (original() - from) * rate.now;
  const settle = () => {
    [shown, from] = [read(), original()];
  };
  return { read, settle };
}

const back = Number(process.env.QCC_CLOCK_BACK);
const clocks = [scaled(Date.now.bind(Date), back), scaled(performance.now.bind(performance), 0)];
Date.now = () => Math.floor(clocks[0].read());
performance.now = clocks[1].read;
for (const name of ['setTimeout', 'setInterval']) {
  const original = globalThis[name];
  const quick = (act, ms = 0, ...args) => original(act, ms / rate.now, ...args);
  globalThis[name] = Object.defineProperties(quick, Object.getOwnPropertyDescriptors(original));
}
process.on('SIGUSR2', () => {
  for (const { settle } of clocks) settle();
  rate.now = 1;
});
