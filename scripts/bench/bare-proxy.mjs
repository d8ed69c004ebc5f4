/**
 * The baseline of the gateway's benchmark: node:http in, undici's `Pool.dispatch` out, nothing else. No failover, no guard, no log: the
 * minimum cost of this design.
 *
 * node scripts/bench/bare-proxy.mjs UPSTREAM_ORIGIN      prints {"pid","port"}
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [origin] = process.argv.slice(2);
const pool = new Pool(origin, { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
const hopByHop = new Set('connection keep-alive proxy-connection transfer-encoding te trailer upgrade'.split(' '));
const notUp = new Set([...hopByHop, 'host', 'content-length', 'expect']);

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('error', () => undefined);
  request.on('end', () => {
    const { method, url: path, rawHeaders } = request;
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const headers = without(notUp, rawHeaders, String);
    pool.dispatch({ method, path, headers, body }, passOn(response));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ pid: process.pid, port: server.address().port })}\n`);
});

function without(names, raw, text) {
  const kept = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i]);
    if (!names.has(name.toLowerCase())) kept.push(name, text(raw[i + 1]));
  }
  return kept;
}

function passOn(response) {
  return {
    onRequestStart() {},
    onResponseStart(controller, status) {
      const headers = without(hopByHop, controller.rawHeaders, (bytes) => bytes.latin1Slice());
      response.sendDate = false;
      response.writeHead(status, headers);
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd: () => response.end(),
    onResponseError: () => response.destroy(),
  };
}
