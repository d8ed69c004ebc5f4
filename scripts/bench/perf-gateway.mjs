/**
 * A gateway for an external load generator: its only endpoint is http://127.0.0.1:19000, its limits are raised, it runs on core 0. Prints
 * {"pid","port","url"}; ends with Ctrl-C or SIGTERM, and leaves nothing behind.
 *
 * node scripts/bench/perf-gateway.mjs [PORT] [UPSTREAM_ORIGIN]      after `npm run build`
 */
import { startGateway } from './processes.mjs';

const [port = '0', upstream = 'http://127.0.0.1:19000'] = process.argv.slice(2);
const gateway = await startGateway({ upstream, port: Number(port), core: 0 });
const { pid, port: given, url } = gateway;
process.stdout.write(`${JSON.stringify({ pid, port: given, url })}\n`);
// The timer keeps this process alive; a promise alone would not.
const stay = setInterval(() => undefined, 60_000);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    clearInterval(stay);
    await gateway.end();
  });
}
