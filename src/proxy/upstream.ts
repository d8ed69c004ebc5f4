/** One call of one endpoint: the only file of the proxy that knows undici. Bytes come as they are, nothing is decoded or followed. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buildConnector, Client, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { isLoopback } from '../config/base-url.ts';

export interface Call {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  /** A connection of its own, for the second try after a stale one. */
  readonly fresh: boolean;
}

/** What hears of the answer, in this order: head, data…, end; or failed at any point. */
export interface AnswerSink {
  head(status: number, rawHeaders: readonly Buffer[], resume: () => void): void;
  /** False: hold the upstream back until `resume`. */
  data(chunk: Buffer): boolean;
  end(): void;
  failed(error: TransportError): void;
}

export interface TransportError {
  readonly code: string;
  /** The connection had served before: its end may have nothing to do with this call. */
  readonly reused: boolean;
}

/** Ends the call now; the sink hears nothing more. */
export type Abort = () => void;

// Upstreams close idle connections after 30 s and more; ours go first.
const keepAliveMs = 30_000;
const reusedMark = Symbol('reused');
// How a connection that died while it was idle shows itself. Junk on a living one is something else.
const staleCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

export class Upstreams {
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #exposed = new Map<string, boolean>();
  #connectMs = 0;

  /** New limits hold for new connections; calls that run end as they are. */
  configure(connectMs: number): void {
    if (connectMs === this.#connectMs) return;
    this.#connectMs = connectMs;
    this.#letGo();
  }

  /** Whether what is sent there could be read on its way. */
  isExposed(origin: string): boolean {
    let exposed = this.#exposed.get(origin);
    if (exposed === undefined) {
      exposed = origin.startsWith('http:') && !isLoopback(new URL(origin).hostname);
      this.#exposed.set(origin, exposed);
    }
    return exposed;
  }

  send(call: Call, sink: AnswerSink): Abort {
    const dispatcher = call.fresh ? this.#single(call.origin) : this.#pooled(call.origin);
    const handler = new Handler(sink, call.fresh ? dispatcher : undefined);
    const { origin, path, headers, body } = call;
    try {
      dispatcher.dispatch({ origin, path, method: call.method as Dispatcher.HttpMethod, headers, body }, handler);
    } catch (error) {
      handler.onError(error as Error);
    }
    return () => handler.abort();
  }

  close(): void {
    this.#letGo();
  }

  #letGo(): void {
    for (const dispatcher of this.#dispatchers.values()) dispatcher.close().catch(() => {});
    this.#dispatchers.clear();
  }

  #pooled(origin: string): Dispatcher {
    let dispatcher = this.#dispatchers.get(origin);
    if (!dispatcher) {
      dispatcher = this.#make(origin);
      this.#dispatchers.set(origin, dispatcher);
    }
    return dispatcher;
  }

  #make(origin: string): Dispatcher {
    const proxy = proxyFor(origin, process.env);
    const options = { pipelining: 1, keepAliveTimeout: keepAliveMs, headersTimeout: 0, bodyTimeout: 0 };
    if (proxy !== undefined)
      return new ProxyAgent({ ...options, uri: proxy, requestTls: { timeout: this.#connectMs } });
    return new Pool(origin, { ...options, connections: null, connect: this.#connector() });
  }

  #single(origin: string): Dispatcher {
    if (proxyFor(origin, process.env) !== undefined) return this.#pooled(origin);
    return new Client(origin, { headersTimeout: 0, bodyTimeout: 0, connect: this.#connector() });
  }

  /** Marks the errors of connections that have served before, ahead of whoever handles them. */
  #connector(): buildConnector.connector {
    const connect = buildConnector({ timeout: this.#connectMs, autoSelectFamily: true });
    return (options, callback) =>
      connect(options, (error, socket) => {
        if (error) return callback(error, null);
        (socket as Socket).prependListener('error', (fault: Error & { [reusedMark]?: boolean }) => {
          fault[reusedMark] = (socket as Socket).bytesRead > 0;
        });
        callback(null, socket);
      });
  }
}

class Handler {
  readonly #sink: AnswerSink;
  readonly #own: Dispatcher | undefined;
  #abort: ((reason?: Error) => void) | undefined;
  #over = false;

  constructor(sink: AnswerSink, own: Dispatcher | undefined) {
    this.#sink = sink;
    this.#own = own;
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#abort?.(new Error('aborted'));
  }

  #finish(): void {
    this.#over = true;
    this.#own?.close().catch(() => {});
  }

  onConnect(abort: (reason?: Error) => void): void {
    if (this.#over) abort(new Error('aborted'));
    else this.#abort = abort;
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    if (status >= 200 && !this.#over) this.#sink.head(status, rawHeaders, resume);
    return true;
  }

  onUpgrade(): void {
    this.onError(Object.assign(new Error('upgrade'), { code: 'UND_ERR_RES_UPGRADE' }));
  }

  onData(chunk: Buffer): boolean {
    return this.#over ? true : this.#sink.data(chunk);
  }

  onComplete(): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.end();
  }

  onError(error: Error): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.failed(transportError(error));
  }
}

function transportError(error: Error): TransportError {
  const { code, socket, cause } = error as Error & {
    code?: string;
    socket?: { bytesRead?: number };
    cause?: { code?: string };
  };
  const told = code ?? cause?.code ?? error.name;
  const wasUsed = (error as { [reusedMark]?: boolean })[reusedMark] ?? (socket?.bytesRead ?? 0) > 0;
  return { code: told, reused: wasUsed && staleCodes.has(told) };
}

/** `HTTPS_PROXY` and `HTTP_PROXY`, never for this machine itself, and not for what `NO_PROXY` names. */
function proxyFor(origin: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { protocol, hostname } = new URL(origin);
  if (isLoopback(hostname)) return undefined;
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = env[name] ?? env[name.toUpperCase()];
  if (!proxy) return undefined;
  const exempt = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(',').map((part) => part.trim().replace(/^\*?\./, ''));
  const isExempt = exempt.some(
    (part) => part === '*' || (part !== '' && (hostname === part || hostname.endsWith(`.${part}`))),
  );
  return isExempt ? undefined : proxy;
}
