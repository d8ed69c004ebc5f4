/**
 * The upstream of a benchmark, in a process of its own. It answers each request at once with a small stream and checks no credential. It
 * reports its port, and ends with its parent process.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const usage = { input_tokens: 12, output_tokens: 1 };
const message = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'bench', content: [], usage };
// A short answer has about this many pieces.
const pieces = 12;

const answer = Buffer.from(
  [
    event('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: pieces }, (_, i) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: `word ${i} ` } }),
    ),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: pieces },
    }),
    event('message_stop', {}),
  ].join(''),
);

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': answer.length });
    response.end(answer);
  });
});
// Idle connections never time out: reconnecting is not part of the measurement.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
