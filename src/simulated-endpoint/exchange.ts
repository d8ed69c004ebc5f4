/** One request at a simulated endpoint: checks the key, reads the request, and answers. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, play } from './faults.ts';
import { type Asked, errorBody, readAsked, wholeAnswer } from './replies.ts';

/** The record of one request, and how it ended. */
export interface SimulatedRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly keyOk: boolean;
  /** Null while nothing was sent. */
  readonly status: number | null;
  /** `cut`: the connection closed before the answer was complete, by a fault or by the other side. */
  readonly ended: 'running' | 'finished' | 'cut';
  /** The id of its answer. */
  readonly answer: string;
  /** The fault that was applied; null if there was none. */
  readonly fault: Fault | null;
  /** The bytes of a correct answer; empty for a request that is no message. */
  whole(): string;
}

/** What an exchange needs of its endpoint. */
export interface Endpoint {
  readonly name: string;
  readonly key: string;
  readonly auth: 'x-api-key' | 'bearer';
  readonly text: string;
  readonly paceMs: number;
  /** The fault of this request. */
  fault(): Fault;
  record(request: SimulatedRequest): void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const bornAt = '2026-01-01T00:00:00Z';
const modelNames = ['claude-simulated', 'claude-opus-simulated', 'claude-haiku-simulated'];

export async function takeRequest(
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: Endpoint,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => undefined);
  const body = await bodyOf(request);
  if (body === undefined) return;
  const answer = `msg_${endpoint.name}_${answerCount++}`;
  const asked = tryRead(body, endpoint.text, answer);
  const whole = () => (asked ? wholeAnswer(asked) : '');
  const record = { ...recordOf(request, body, endpoint), answer, whole };
  endpoint.record(record);
  response.on('close', () => {
    record.status = response.headersSent ? response.statusCode : null;
    record.ended = response.writableFinished ? 'finished' : 'cut';
  });
  response.setHeader('request-id', `req_${endpoint.name}_${requestCount++}`);
  if (!record.keyOk) {
    send(response, 401, errorBody('authentication_error', 'invalid x-api-key'));
    return;
  }
  const fault = endpoint.fault();
  record.fault = fault;
  const other = otherAnswer(request, asked);
  if (fault.kind === 'none' && other) send(response, other.status, other.body);
  else if (asked) {
    const { paceMs } = endpoint;
    await play(fault, { request, response, asked, gone: gone.signal, paceMs });
  } else send(response, 400, errorBody('invalid_request_error', 'the body is not JSON'));
}

let requestCount = 0;
let answerCount = 0;

/** Undefined when the client left before all of it had arrived. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function recordOf(request: IncomingMessage, body: string, endpoint: Endpoint) {
  const { method = 'GET', url: path = '/', headers } = request;
  const keyOk = isKey(headers, endpoint);
  const untold: Pick<SimulatedRequest, 'status' | 'ended' | 'fault'> = { status: null, ended: 'running', fault: null };
  return { at: Date.now(), method, path, headers, body, keyOk, ...untold };
}

function isKey(headers: IncomingHttpHeaders, { auth, key }: Endpoint): boolean {
  const bearer = headers.authorization?.replace(/^Bearer /i, '');
  const given = Buffer.from(String(auth === 'bearer' ? bearer : headers['x-api-key']));
  const wanted = Buffer.from(key);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function tryRead(body: string, text: string, id: string): Asked | undefined {
  try {
    return readAsked(body, text, id);
  } catch {
    return undefined;
  }
}

/** Every request but a message. */
function otherAnswer(request: IncomingMessage, asked: Asked | undefined): Answer | undefined {
  const { pathname } = new URL(request.url ?? '/', 'http://simulated');
  const [, version, collection, ...rest] = pathname.split('/');
  if (version !== 'v1') return notFound;
  if (collection === 'models') return models(rest[0]);
  if (collection === 'files') return files(request.method, rest[0]);
  if (collection === 'messages' && rest[0] === 'batches') return batches(request.method, rest[1]);
  if (collection === 'messages' && rest[0] === 'count_tokens') {
    return asked && ok({ input_tokens: asked.inputTokens });
  }
  if (collection === 'messages' && rest.length === 0) {
    return request.method === 'POST' ? undefined : notFound;
  }
  return notFound;
}

const notFound: Answer = { status: 404, body: errorBody('not_found_error', 'Not Found') };

function ok(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

function models(id: string | undefined): Answer {
  const model = (name: string) => {
    return { type: 'model', id: name, display_name: name, created_at: bornAt };
  };
  return ok(id === undefined ? page(modelNames.map(model)) : model(id));
}

function batches(method: string | undefined, id: string | undefined): Answer {
  const batch = {
    id: id ?? 'msgbatch_simulated',
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { processing: 1, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: bornAt,
    expires_at: bornAt,
    ended_at: null,
    results_url: null,
  };
  return ok(id === undefined && method === 'GET' ? page([batch]) : batch);
}

function files(method: string | undefined, id: string | undefined): Answer {
  if (method === 'DELETE') return ok({ id, type: 'file_deleted' });
  const file = {
    id: id ?? 'file_simulated',
    type: 'file',
    filename: 'simulated.txt',
    mime_type: 'text/plain',
    size_bytes: 1,
    created_at: bornAt,
  };
  return ok(id === undefined && method === 'GET' ? page([file]) : file);
}

function page(data: readonly { readonly id: string }[]) {
  return { data, has_more: false, first_id: data[0]?.id, last_id: data.at(-1)?.id };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body);
}
