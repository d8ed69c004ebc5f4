/**
 * The floor of a benchmark: what any proxy in Node costs. Bytes go from one socket to the other as they come; nothing is read of them,
 * nothing is guarded or written down.
 *
 * node scripts/bench/bare-relay.mjs UPSTREAM_PORT      prints {"pid","port"}
 */
import { connect, createServer } from 'node:net';

const upstreamPort = Number(process.argv[2]);
const readBytes = 65_536;
// One for all: each read is over before the next one begins.
const shared = Buffer.allocUnsafeSlow(readBytes);

const server = createServer({ noDelay: true }, (client) => {
  const callback = (length, buffer) => {
    if (client.write(Buffer.from(buffer.subarray(0, length)))) return true;
    client.once('drain', () => upstream.resume());
    return false;
  };
  const upstream = connect({
    port: upstreamPort,
    host: '127.0.0.1',
    noDelay: true,
    onread: { buffer: shared, callback },
  });
  client.on('data', (bytes) => {
    if (upstream.write(bytes)) return;
    client.pause();
    upstream.once('drain', () => client.resume());
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ]) {
    one.on('end', () => other.end());
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, () => {
  process.stdout.write(`${JSON.stringify({ pid: process.pid, port: server.address().port })}\n`);
});
