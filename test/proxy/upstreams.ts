/** Upstreams on loopback ports that say what a test tells them to, and remember what they heard. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Resolves when the exchange is over: true when the other side went away before the answer was finished. */
  readonly left: Promise<boolean>;
}

export interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly wantsStream: boolean;
}

/** What an upstream does with one request. */
export type Step = (turn: Turn) => void | Promise<void>;

export interface FakeUpstream {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly heard: readonly Heard[];
  /** From now on: one step a request, the last one stays. */
  does(...steps: readonly Step[]): void;
  /** Refuses connections from now on. */
  close(): Promise<void>;
}

export async function upstream(name: string, ...script: readonly Step[]): Promise<FakeUpstream> {
  const heard: Heard[] = [];
  let steps = script;
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, async (request, response) => {
    const left = new Promise<boolean>((resolve) => response.on('close', () => resolve(!response.writableFinished)));
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers, rawHeaders } = request;
    heard.push({ method, url, headers, rawHeaders, body, left });
    const [step, ...later] = steps;
    if (later.length > 0) steps = later;
    await (step ?? answers())({ request, response, wantsStream: /"stream"\s*:\s*true/.test(body.toString()) });
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(close);
  return {
    name,
    port,
    heard,
    url: `http://127.0.0.1:${port}`,
    key: `sk-ant-${name}-0123456789`,
    does: (...next) => {
      steps = next;
    },
    close,
  };
}

// ------------------------------------------------------------------------------------------------ what is said

export const sse = (name: string, data: object = {}) =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
export const ping = sse('ping');
const usage = { input_tokens: 12, cache_read_input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 1 };

/** `message_start`, `content_block_start`, a delta a word, and the rest. */
export function answerEvents(text = 'Hello from the fake upstream 你好 😀'): readonly string[] {
  const deltas = text
    .split(/(?<= )/)
    .map((word) => sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } }));
  return [
    sse('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage } }),
    sse('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...deltas,
    sse('content_block_stop', { index: 0 }),
    sse('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 14 } }),
    sse('message_stop'),
  ];
}

export const streamed = answerEvents().join('');
export const message = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage,
});

const streamType = { 'content-type': 'text/event-stream; charset=utf-8' };
const jsonType = { 'content-type': 'application/json' };

// ------------------------------------------------------------------------------------------------ how it is said

/** A good answer in the mode that was asked for. */
export function answers(headers: Readonly<Record<string, string>> = {}): Step {
  return ({ response, wantsStream }) => {
    response.writeHead(200, { ...(wantsStream ? streamType : jsonType), ...headers });
    response.end(wantsStream ? streamed : message);
  };
}

export function says(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Step {
  return ({ response }) => {
    response.writeHead(status, { ...jsonType, ...headers });
    response.end(body);
  };
}

export const errorBody = (type: string, text = 'told by the fake') =>
  JSON.stringify({ type: 'error', error: { type, message: text }, request_id: 'req_fake' });

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** An error in Anthropic's envelope. */
export function refuses(status: number, headers: Readonly<Record<string, string>> = {}, text?: string): Step {
  return says(status, errorBody(errorTypes[status] ?? 'api_error', text), headers);
}

/** These bytes in an event stream; then its end, unless `then` does something else. */
export function streams(text: string, then: Step = ({ response }) => void response.end()): Step {
  return async (turn) => {
    turn.response.writeHead(200, streamType);
    await new Promise<void>((resolve) => {
      if (text === '') turn.response.flushHeaders();
      else turn.response.write(text, () => resolve());
      if (text === '') resolve();
    });
    await then(turn);
  };
}

export const silence: Step = () => undefined;
export const resets: Step = ({ request }) => void request.socket.resetAndDestroy();
export const hangsUp: Step = ({ request }) => void request.socket.destroy();
/** Bytes that are no HTTP. */
export const junk: Step = ({ request }) => void request.socket.end('Wi-Fi says hello\r\n\r\n');

/** Pings for ever. */
export const pings: Step = ({ response }) => {
  const every = setInterval(() => response.write(ping), 20);
  response.on('close', () => clearInterval(every));
};

/** Waits for the test before it goes on. */
export function waitsFor(signal: Promise<unknown>, then: Step): Step {
  return async (turn) => {
    await signal;
    await then(turn);
  };
}

/** The answer's bytes in these pieces, each its own write. */
export function inPieces(pieces: readonly Buffer[], contentType = 'text/event-stream'): Step {
  return async ({ response }) => {
    response.writeHead(200, { 'content-type': contentType });
    for (const piece of pieces) {
      if (piece.length > 0) await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      await new Promise(setImmediate);
    }
    response.end();
  };
}

// ------------------------------------------------------------------------------------------------ when it is said

/** A signal that a test gives. */
export function signal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
