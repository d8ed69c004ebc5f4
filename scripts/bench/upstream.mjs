/**
 * The upstream of the proxies in a benchmark: it answers with JSON, or with a stream with a chunk at intervals.
 *
 * node scripts/bench/upstream.mjs PORT [STATUS]      prints {"pid","port"}
 *
 * With a STATUS that is an error it answers nothing else. `x-bench-chunks` and `x-bench-gap-ms` of a request set the length of its stream.
 */
import { createServer } from 'node:http';

const [port = '0', status = '200'] = process.argv.slice(2);
const words = 'The quick brown fox jumps over the lazy dog. '.repeat(3);
const start = {
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-bench',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 2_095, output_tokens: 1 },
};
const content = [{ type: 'text', text: words }];
const isOut = Number(status) >= 400;
const error = { type: 'error', error: { type: 'api_error', message: 'out' } };
const answer = Buffer.from(JSON.stringify(isOut ? error : { ...start, content, stop_reason: 'end_turn' }));
const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const block = { type: 'text', text: '' };
const head = Buffer.from(
  event({ type: 'message_start', message: start }) +
    event({ type: 'content_block_start', index: 0, content_block: block }),
);
/** With the instant at which it is sent, in microseconds of the system's clock. */
const delta = () => {
  const text = `@${process.hrtime.bigint() / 1_000n} The quick brown fox `;
  return event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
};
const end = Buffer.from(
  event({ type: 'content_block_stop', index: 0 }) +
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }) +
    event({ type: 'message_stop' }),
);

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const chunks = Number(request.headers['x-bench-chunks'] ?? 0);
    if (chunks > 0 && !isOut) stream(response, chunks, Number(request.headers['x-bench-gap-ms']));
    else {
      response.writeHead(Number(status), { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    }
  });
});
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ pid: process.pid, port: server.address().port })}\n`);
});

function stream(response, chunks, gapMs) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(head);
  let left = chunks;
  const timer = setInterval(() => {
    if (left-- > 0) response.write(delta());
    else {
      clearInterval(timer);
      response.end(end);
    }
  }, gapMs);
  response.on('close', () => clearInterval(timer));
}
