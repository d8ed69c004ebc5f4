/** A line to one endpoint, for as long as a probe lasts. The only file of the workers that knows undici. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { brotliDecompressSync, constants, unzipSync } from 'node:zlib';
import { buildConnector, Client, type Dispatcher, ProxyAgent } from 'undici';
import { isProxyDown, tunnelRefused } from '../machines/network.ts';
import { Deadline } from '../src/proxy/deadline.ts';
import { HeldBytes } from '../src/proxy/held-bytes.ts';
import type { Progress } from './answer.ts';
import type { Stage } from './verdict.ts';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** More is not read: what it answers is some words, or the beginning of a list. */
  readonly bytesMax: number;
  /** Its beginning says enough, with any status. */
  readonly takesPart: boolean;
  /** For a stream: what its newest bytes tell. */
  readonly progress?: (recent: string) => Progress;
}

export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** As much as was read of it. */
  readonly body: string;
  /** There was more. */
  readonly isCut: boolean;
  /** From when the connection was there to the end of the answer. */
  readonly responseMs: number;
  /** To its first content; null where none was seen to come. */
  readonly ttftMs: number | null;
}

/** A call without a whole answer. `code` is the system's or undici's, `QCC_TIMEOUT`, or `EPROXY`: the proxy's own fault. */
export class CallFailed extends Error {
  readonly code: string;
  readonly stage: Stage;

  constructor(code: string, stage: Stage) {
    super(code);
    this.code = code;
    this.stage = stage;
  }
}

// Of 103 and the like; more is an endpoint that says nothing else.
const interimMax = 100;
const ok = 200;
// Some leave the connection open after the last event: what follows is nothing.
const lingerMs = 100;
// Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a key goes to nobody who cannot prove who he is.
const tls = { timeout: 0, rejectUnauthorized: true };
// The longest marker of a stream's progress.
const markerMax = 64;

/**
 * Connections of its own: an idle one of an earlier probe may be dead without a sign, and its end would look like the
 * endpoint's. Calls are made one after the other; `close` ends all sockets, those that are still dialling too.
 */
export class Line {
  readonly #origin: string;
  readonly #dispatcher: Dispatcher;
  readonly #sockets = new Set<Socket>();
  /** There is a proxy on the way, and it was not reached yet. */
  #isBeforeProxy: boolean;

  /** @param proxy an HTTP proxy to go through, or null */
  constructor(origin: string, proxy: string | null) {
    this.#origin = origin;
    this.#isBeforeProxy = proxy !== null;
    // Time limits are this file's own: those of undici are exact to half a second only. Without pipelining each call has
    // its own connection: one that the endpoint is about to close would look like a fault.
    const options = { pipelining: 0, headersTimeout: 0, bodyTimeout: 0 };
    const connect = buildConnector({ ...tls, autoSelectFamily: true });
    this.#dispatcher =
      proxy === null
        ? new Client(origin, { ...options, connect: this.#noted(connect) })
        : new ProxyAgent({
            ...options,
            uri: proxy,
            requestTls: tls,
            proxyTls: tls,
            clientFactory: (url, { connect: toProxy }: { connect: buildConnector.connector }) =>
              tunnelling(new Client(url, { connect: this.#noted(toProxy, () => this.#proxyReached()) })),
          });
  }

  /** Resolves when a connection is there: TCP, and TLS where the endpoint has it. Nothing is sent. */
  async dial(dialMs: number): Promise<number> {
    const startedAt = performance.now();
    const nothing = { bytesMax: 0, takesPart: true, body: null };
    await this.#dispatch({ method: 'GET', path: '/', headers: {}, ...nothing }, { dialMs, answerMs: null });
    return Math.round(performance.now() - startedAt);
  }

  /** @throws {CallFailed} */
  async call(call: Call, limits: { readonly dialMs: number; readonly answerMs: number }): Promise<Reply> {
    return (await this.#dispatch(call, limits)) as Reply;
  }

  close(): void {
    this.#dispatcher.destroy().catch(() => {});
    for (const socket of this.#sockets) socket.destroy();
  }

  #dispatch(call: Call, limits: Limits): Promise<Reply | undefined> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject: (error: CallFailed) => reject(this.#isBeforeProxy ? ofProxy(error) : error) };
      const exchange = new Exchange(call, limits, settle);
      const { method, path, headers, body } = call;
      try {
        this.#dispatcher.dispatch({ origin: this.#origin, method, path, headers, body }, exchange);
      } catch (error) {
        exchange.onResponseError(undefined, error as Error);
      }
    });
  }

  #proxyReached(): void {
    this.#isBeforeProxy = false;
  }

  #noted(connect: buildConnector.connector, connected: () => void = () => {}): buildConnector.connector {
    return (options, callback) => {
      const heard: buildConnector.Callback = (...given) => {
        if (given[0] === null) connected();
        callback(...given);
      };
      // It does return the socket that it dials with, though its type is silent about it.
      const socket = connect(options, heard) as Socket | undefined;
      if (!socket) return;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    };
  }
}

/** Its errors are the proxy's, until there is a tunnel. */
function tunnelling(toProxy: Client): Client {
  const tunnel = toProxy.connect.bind(toProxy) as (
    options: Dispatcher.ConnectOptions,
  ) => Promise<Dispatcher.ConnectData>;
  const opened = async (options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> => {
    const answer = await tunnel(options).catch((error) => Promise.reject(Object.assign(error, { code: 'EPROXY' })));
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw Object.assign(new Error('the proxy refused'), { code: tunnelRefused(answer.statusCode) });
  };
  return Object.assign(toProxy, { connect: opened });
}

/** Time ran out, and nobody beyond the proxy was asked. */
function ofProxy({ code, stage }: CallFailed): CallFailed {
  return new CallFailed(isProxyDown(code) || code === 'QCC_TIMEOUT' ? 'EPROXY' : code, stage);
}

interface Limits {
  readonly dialMs: number;
  /** From when the connection is there. Null: a connection is all that is wanted. */
  readonly answerMs: number | null;
}

interface Settle {
  resolve(reply: Reply | undefined): void;
  reject(error: CallFailed): void;
}

/** One call on its way: undici tells it what happens, and it settles once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: Call;
  readonly #limits: Limits;
  readonly #settle: Settle;
  readonly #held = new HeldBytes();
  #then: () => void = () => this.#fail('QCC_TIMEOUT');
  readonly #deadline = new Deadline(() => this.#then());
  #controller: Dispatcher.DispatchController | undefined;
  #stage: Stage = 'dialling';
  #over = false;
  #startedAt = performance.now();
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #interims = 0;
  #isCut = false;
  #recent = '';
  #ttftMs: number | null = null;
  #wholeMs: number | null = null;

  constructor(call: Call, limits: Limits, settle: Settle) {
    this.#call = call;
    this.#limits = limits;
    this.#settle = settle;
    this.#deadline.arm(limits.dialMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over || this.#limits.answerMs === null) {
      if (this.#finish()) this.#settle.resolve(undefined);
      // Before a byte is written.
      controller.abort(new Error('enough'));
      return;
    }
    this.#controller = controller;
    this.#stage = 'waiting';
    this.#startedAt = performance.now();
    this.#arm(() => this.#fail('QCC_TIMEOUT'), this.#limits.answerMs);
  }

  onRequestUpgrade(): void {
    this.#fail('UND_ERR_RES_UPGRADE');
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      if (++this.#interims > interimMax) this.#fail('HPE_INVALID_STATUS');
      return;
    }
    this.#stage = 'reading';
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    const { bytesMax, takesPart } = this.#call;
    const room = bytesMax - this.#held.length;
    this.#held.add(chunk.length > room ? chunk.subarray(0, room) : chunk);
    if (chunk.length > room) {
      this.#isCut = true;
      if (takesPart || this.#status !== ok) this.#end();
      else this.#fail('UND_ERR_RES_EXCEEDED_MAX_SIZE');
      return;
    }
    if (this.#call.progress) this.#watch(chunk, this.#call.progress);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(codeOf(error));
  }

  #watch(chunk: Buffer, progress: (recent: string) => Progress): void {
    this.#recent += chunk.toString('latin1');
    const { begun, whole } = progress(this.#recent);
    this.#recent = this.#recent.slice(-markerMax);
    if (begun) this.#ttftMs ??= this.#passedMs();
    if (!whole || this.#wholeMs !== null) return;
    this.#wholeMs = this.#passedMs();
    this.#arm(() => this.#end(), lingerMs);
  }

  #end(): void {
    if (this.#over) return;
    const bytes = Buffer.concat(this.#held.take());
    const body = decoded(bytes, this.#headers['content-encoding'], this.#call.bytesMax, this.#isCut);
    if (body === undefined) {
      this.#fail('UND_ERR_RES_CONTENT');
      return;
    }
    if (!this.#finish()) return;
    this.#settle.resolve({
      status: this.#status,
      header: (name) => [this.#headers[name] ?? []].flat()[0] ?? null,
      body,
      isCut: this.#isCut,
      responseMs: this.#wholeMs ?? this.#passedMs(),
      ttftMs: this.#ttftMs,
    });
    this.#controller?.abort(new Error('over'));
  }

  #fail(code: string): void {
    if (this.#wholeMs !== null && !this.#over && code !== 'UND_ERR_RES_CONTENT') {
      this.#end();
      return;
    }
    if (!this.#finish()) return;
    this.#settle.reject(new CallFailed(code, this.#stage));
    this.#controller?.abort(new Error(code));
  }

  /** False when it is over already. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadline.clear();
    return true;
  }

  #arm(then: () => void, ms: number): void {
    this.#then = then;
    this.#deadline.arm(ms);
  }

  #passedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}

function codeOf(error: Error): string {
  const { code, cause, message, name } = error as Error & { code?: string; cause?: { code?: string } };
  // undici forgets the code of this one: the connection closed, and the answer was not over.
  if (name === 'HTTPParserError' && message.includes('Invalid EOF state')) return 'HPE_INVALID_EOF_STATE';
  return code ?? cause?.code ?? name;
}

/** Nobody asked for a compressed answer; clients take one all the same. Undefined when it is none, or too large. */
function decoded(bytes: Buffer, encoding: string | undefined, bytesMax: number, isCut: boolean): string | undefined {
  const limit = { maxOutputLength: bytesMax };
  const [brotli, zlib] = isCut
    ? [constants.BROTLI_OPERATION_FLUSH, constants.Z_SYNC_FLUSH]
    : [constants.BROTLI_OPERATION_FINISH, constants.Z_FINISH];
  try {
    if (encoding === 'br') return brotliDecompressSync(bytes, { ...limit, finishFlush: brotli }).toString('utf8');
    if (encoding === 'gzip' || encoding === 'deflate')
      return unzipSync(bytes, { ...limit, finishFlush: zlib }).toString('utf8');
    return bytes.toString('utf8');
  } catch {
    return undefined;
  }
}
