/** Every fault of an endpoint: the failover table of the gateway's contract, in executable form. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Asked, answerEvents, errorBody, messageBody, ping, sseEvent, wholeAnswer } from './replies.ts';

export type Fault =
  /** No fault at all. */
  | { readonly kind: 'none' }
  /** Any HTTP status, in Anthropic's envelope unless `body` says otherwise. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly type?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** 404 that names the model. */
  | { readonly kind: 'noModel' }
  /** A vendor with one model: what asks for it is answered, and all else is refused in the vendor's words. */
  | { readonly kind: 'oneModel'; readonly model: string }
  /** Connections are refused. */
  | { readonly kind: 'refuse' }
  /** The connection is reset before any byte of an answer. */
  | { readonly kind: 'reset' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Answers correctly, but only after a while. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The sign-in page of a captive portal. */
  | { readonly kind: 'html' }
  /** 200 with an empty body. */
  | { readonly kind: 'empty' }
  /** An error with status 200. */
  | { readonly kind: 'envelope'; readonly type?: string }
  /** A whole JSON answer although a stream was requested. */
  | { readonly kind: 'jsonForStream' }
  /** Half of an answer: `cut` breaks the connection, otherwise only the JSON is broken. */
  | { readonly kind: 'truncated'; readonly cut: boolean }
  | { readonly kind: 'redirect'; readonly status?: number; readonly location?: string }
  /** A compressed answer that was not requested. */
  | { readonly kind: 'gzip' }
  /** Bytes that are not HTTP. */
  | { readonly kind: 'junk' }
  /** The connection ends in the middle of the head. */
  | { readonly kind: 'halfHead' }
  /** A head that exceeds the limit of many clients. */
  | { readonly kind: 'longHead'; readonly bytes: number }
  /** An invalid chunk length. */
  | { readonly kind: 'badChunk' }
  /** A correct answer, byte by byte. */
  | { readonly kind: 'trickle' }
  /** `message_start`, then pings for ever. */
  | { readonly kind: 'pingsOnly'; readonly everyMs: number }
  /** `message_start` at once, the content later, with pings meanwhile. */
  | { readonly kind: 'slowContent'; readonly delayMs: number; readonly pingEveryMs?: number }
  /** A stream that begins correctly and then fails: before any content, or after some. */
  | {
      readonly kind: 'breaks';
      readonly when: 'beforeContent' | 'afterContent';
      /** `length`: it ends where its content-length says, which is too early. */
      readonly how: 'cut' | 'reset' | 'end' | 'error' | 'stall' | 'length';
      readonly type?: string;
    };

/** One request and its answer, as a fault needs them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly asked: Asked;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  /** Between two events of a stream. */
  readonly paceMs: number;
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
};
const jsonHeaders = { 'content-type': 'application/json' };
// `message_start` is not content; with the block's start, the ping and one delta, content has begun.
const eventsBefore = { beforeContent: 1, afterContent: 4 } as const;
// A reset discards bytes that the reader has not read yet: they have this long to arrive.
const readTimeMs = 60;

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

type Player<Kind extends Fault['kind']> = (
  fault: Extract<Fault, { kind: Kind }>,
  exchange: Exchange,
) => void | Promise<void>;

const players: { readonly [Kind in Fault['kind']]: Player<Kind> } = {
  none: (_, exchange) => answerWell(exchange),
  status: ({ status, type, message, headers, body }, { response }) => {
    const said = errorBody(type ?? errorTypes[status] ?? 'api_error', message ?? `simulated ${status}`);
    whole(response, status, { ...jsonHeaders, ...headers }, body ?? said);
  },
  noModel: (_, { response, asked }) =>
    whole(response, 404, jsonHeaders, errorBody('not_found_error', `model: ${asked.model}`)),
  oneModel: ({ model }, exchange) =>
    exchange.asked.model === model
      ? answerWell(exchange)
      : whole(
          exchange.response,
          400,
          jsonHeaders,
          errorBody('invalid_request_error', `Unknown Model: ${exchange.asked.model}`),
        ),
  refuse: (_, { request }) => void request.socket.resetAndDestroy(),
  reset: (_, { request }) => void request.socket.resetAndDestroy(),
  hang: () => undefined,
  slow: async ({ delayMs }, exchange) => {
    if (await waited(delayMs, exchange)) await answerWell(exchange);
  },
  html: (_, { response }) => {
    const page = '<html><body>Please sign in to the Wi-Fi</body></html>';
    whole(response, 200, { 'content-type': 'text/html' }, page);
  },
  empty: (_, { response, asked }) => whole(response, 200, asked.stream ? streamHeaders : jsonHeaders, ''),
  envelope: ({ type = 'overloaded_error' }, { response }) =>
    whole(response, 200, jsonHeaders, errorBody(type, 'simulated envelope')),
  jsonForStream: (_, { response, asked }) => whole(response, 200, jsonHeaders, messageBody(asked)),
  truncated: ({ cut }, { response, asked }) => {
    const body = Buffer.from(messageBody(asked));
    const half = body.subarray(0, body.length / 2);
    const promised = cut ? body.length : half.length;
    response.writeHead(200, { ...jsonHeaders, 'content-length': promised });
    if (cut) cutAfter(response, half);
    else response.end(half);
  },
  redirect: ({ status = 307, location = '/elsewhere' }, { response }) => whole(response, status, { location }, ''),
  gzip: (_, { response, asked }) => {
    const plain = wholeAnswer(asked);
    const headers = asked.stream ? streamHeaders : jsonHeaders;
    whole(response, 200, { ...headers, 'content-encoding': 'gzip' }, gzipSync(plain));
  },
  junk: (_, { request }) => void request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
  halfHead: (_, { request }) => void request.socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  longHead: ({ bytes }, { response, asked }) =>
    whole(response, 200, { ...jsonHeaders, 'x-long': 'x'.repeat(bytes) }, messageBody(asked)),
  badChunk: (_, { request, asked }) => {
    const type = asked.stream ? streamHeaders['content-type'] : jsonHeaders['content-type'];
    request.socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n`);
  },
  trickle: async (_, { response, asked }) => {
    const body = Buffer.from(wholeAnswer(asked));
    response.writeHead(200, asked.stream ? streamHeaders : jsonHeaders);
    for (const byte of body) response.write(Buffer.of(byte));
    response.end();
  },
  pingsOnly: async ({ everyMs }, exchange) => {
    begin(exchange);
    while (await waited(everyMs, exchange)) exchange.response.write(ping);
  },
  slowContent: playSlowContent,
  breaks: playBreak,
};

export async function play(fault: Fault, exchange: Exchange): Promise<void> {
  // Each kind's player takes that kind; the compiler cannot follow the pair through the table.
  await (players[fault.kind] as Player<Fault['kind']>)(fault, exchange);
}

async function answerWell(exchange: Exchange): Promise<void> {
  const { response, asked, paceMs } = exchange;
  if (!asked.stream) {
    whole(response, 200, jsonHeaders, messageBody(asked));
    return;
  }
  response.writeHead(200, streamHeaders);
  for (const event of answerEvents(asked)) {
    response.write(event);
    if (paceMs > 0 && !(await waited(paceMs, exchange))) return;
  }
  response.end();
}

async function playSlowContent(
  { delayMs, pingEveryMs = delayMs }: Extract<Fault, { kind: 'slowContent' }>,
  exchange: Exchange,
): Promise<void> {
  const { response, asked } = exchange;
  const rest = begin(exchange);
  for (let left = delayMs; left > 0; left -= pingEveryMs) {
    if (!(await waited(Math.min(left, pingEveryMs), exchange))) return;
    if (left > pingEveryMs) response.write(ping);
  }
  response.end(asked.stream ? rest.join('') : messageBody(asked));
}

async function playBreak(
  { when, how, type = 'overloaded_error' }: Extract<Fault, { kind: 'breaks' }>,
  exchange: Exchange,
): Promise<void> {
  const { request, response, asked } = exchange;
  if (!asked.stream) {
    await players.truncated({ kind: 'truncated', cut: how !== 'end' }, exchange);
    return;
  }
  const begun = answerEvents(asked).slice(0, eventsBefore[when]);
  if (how === 'length') {
    whole(
      response,
      200,
      { ...streamHeaders, 'content-length': String(Buffer.byteLength(begun.join(''))) },
      begun.join(''),
    );
    return;
  }
  response.writeHead(200, streamHeaders);
  if (how === 'cut') {
    cutAfter(response, begun.join(''));
    return;
  }
  response.write(begun.join(''));
  if (how === 'end') response.end();
  if (how === 'error') {
    response.end(sseEvent({ type: 'error', error: { type, message: 'simulated' } }));
  }
  if (how === 'reset' && (await waited(readTimeMs, exchange))) request.socket.resetAndDestroy();
}

/** Sends headers and `message_start`, or for JSON the headers; returns the rest of the stream. */
function begin({ response, asked }: Exchange): readonly string[] {
  response.writeHead(200, asked.stream ? streamHeaders : jsonHeaders);
  response.flushHeaders();
  const [start, ...rest] = answerEvents(asked);
  if (asked.stream) response.write(start);
  return rest;
}

function whole(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  response.writeHead(status, headers);
  response.end(body);
}

/** All bytes arrive, but the end does not: the connection closes in the middle of the answer. */
function cutAfter(response: ServerResponse, bytes: string | Buffer): void {
  const { socket } = response;
  response.write(bytes, () => socket?.destroySoon());
}

/** False when the client has gone meanwhile. */
async function waited(ms: number, { gone }: Exchange): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: gone });
    return true;
  } catch {
    return false;
  }
}
