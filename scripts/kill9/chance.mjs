/** What a kill run needs of the machine: one port for all lives, and a seeded random generator. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the ephemeral ports of the system (from 32768 on at Linux): a program that asks for any free port gets none of these.
const [lowestPort, highestPort] = [15_000, 32_000];

/** A port that stays the same over all lives: each one must find it free, whatever else runs on the machine. */
export async function freePort() {
  for (;;) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** mulberry32: small, and the same on every system. */
export function diceOf(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
