/** The data port: routes, the guard, the body, then the exchange. */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Millis } from '../../../events/fact.ts';
import type { RequestId } from '../../../events/ids.ts';
import { secondMs } from '../../../events/units.ts';
import { isLoopback } from '../../config/network/base-url.ts';
import { Running } from '../../platform/dense-set.ts';
import { uuidv7 } from '../../platform/uuid.ts';
import { Gate, type GateRules, type Place } from '../admission/admission.ts';
import type { LoadsNow } from '../admission/in-flight.ts';
import { type Ended, Exchange, type Incoming } from '../driver.ts';
import { type Means, meansOf } from '../means.ts';
import { passPinned } from '../passthrough.ts';
import type { ProxyFigures, ProxyPorts, ProxyServer } from '../ports.ts';
import { Bodies, type Body, type Unread } from '../request/body.ts';
import { type Peek, peek } from '../request/body-sniffing.ts';
import type { ClientAnswer, ClientRequest } from '../request/client.ts';
import { ClientConnections, type OpenFiles } from '../request/client-connections.ts';
import { RequestHead } from '../request/request-head.ts';
import { type OwnError, sendError } from '../response/refusal.ts';
import type { StraightHead } from '../upstream/fast-head.ts';
import { type Target, targetOf } from '../upstream/target.ts';
import { accessLine } from './access-log.ts';
import { StraightWay } from './fast-path.ts';
import { type GuardRules, guardRules, refuseBody, refuseStranger, refuseUnknown } from './guard.ts';
import { Figures } from './metrics.ts';

// The kernel cuts it to what it allows (4,096 with Linux's own settings), and keeps nothing for it.
const backlogMax = 65_535;
const limits = {
  headersTimeout: 10 * secondMs,
  requestTimeout: 60 * secondMs,
  // The client keeps its connection for minutes; a shorter time would race with it.
  keepAliveTimeout: 75 * secondMs,
  connectionsCheckingInterval: secondMs,
} as const;
// Whoever begins no request has no longer than that to prove that it can speak TLS.
const tlsLimits = { minVersion: 'TLSv1.2', handshakeTimeout: limits.headersTimeout } as const;
const nothingSeen: Peek = { model: null, stream: false, session: null };
// After a 413 the rest is read for so long, or the client would see a reset instead of the answer.
const lingerMs = 2_000;

const closes = ['connection', 'close'];

type Arrived = Omit<Incoming, 'place' | 'body' | 'peek'>;
type Asking = Pick<Incoming, 'request' | 'head' | 'client' | 'id'>;

export interface Uncaught {
  readonly count: number;
  take(error: unknown): void;
}

export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly accessLog: (line: string) => void;
  /** Open files of this process, where somebody looks after them. */
  readonly files?: OpenFiles;
  /** Hears, in one sentence, what goes wrong with many clients at once. */
  readonly tell?: (sentence: string) => void;
  /** Who hears of errors that nobody expected, and counts them. */
  readonly uncaught?: Uncaught;
  readonly version: string;
}

/** Resolves when it listens. Node's own error when the port is taken. */
export async function startProxy(ports: ProxyPorts, listen: Listen): Promise<ProxyServer> {
  const proxy = new DataPort(ports, listen);
  await proxy.start();
  return proxy;
}

class DataPort implements ProxyServer {
  readonly #ports: ProxyPorts;
  readonly #listen: Listen;
  readonly #server: Server;
  readonly #straight: StraightWay;
  readonly #means: Means;
  readonly #bodies = new Bodies();
  readonly #gate: Gate;
  readonly #figures = new Figures();
  readonly #running = new Running<Exchange>();
  readonly #connections: ClientConnections;
  /** Of these nothing more is taken: what comes on them, behind a body that was not read, is nobody's request. */
  readonly #finished = new WeakSet<object>();
  /** Requests whose body is still coming. */
  #coming = 0;
  #guard: GuardRules | undefined;
  #draining = false;
  #idle: () => void = () => {};

  constructor(ports: ProxyPorts, listen: Listen) {
    this.#ports = ports;
    this.#listen = listen;
    const handler = (request: IncomingMessage, client: ServerResponse) => {
      request.on('error', ignored);
      client.on('error', ignored);
      // A fault that nobody thought of ends this one request.
      this.#take(request, client).catch((error) => this.#lost(client, error));
    };
    this.#server = listen.tls
      ? createHttps({ ...limits, ...tlsLimits, ...listen.tls }, handler)
      : createHttp(limits, handler);
    // 0 is no limit: dropping what is over it silently is worse than refusing it.
    this.#server.maxHeadersCount = 0;
    const patience = {
      first: limits.headersTimeout / secondMs,
      body: limits.requestTimeout / secondMs,
      idle: limits.keepAliveTimeout / secondMs,
    };
    const event = listen.tls ? 'secureConnection' : 'connection';
    this.#straight = new StraightWay(this.#server, event, patience, (...request) => this.#takeStraight(...request));
    this.#connections = new ClientConnections(this.#server, event, {
      files: listen.files,
      tell: listen.tell ?? ignored,
      dropQuiet: (quietS) => {
        this.#straight.dropQuiet(quietS);
        this.#bodies.giveUpStalled(quietS * secondMs);
        this.#server.closeIdleConnections();
      },
    });
    this.#connections.configure(this.#gateRules());
    this.#gate = new Gate(this.#gateRules(), ports.now);
    this.#means = meansOf(ports);
    ports.retryQueue?.attach(this.#means.loads);
  }

  start(): Promise<void> {
    const { host, port } = this.#listen;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: backlogMax }, () => {
        this.#server.off('error', reject);
        // A connection that could not be accepted: for want of open files, when libuv has lost the one that it keeps for this.
        this.#server.on('error', ({ code }: NodeJS.ErrnoException) => this.#listen.files?.heard(code ?? null));
        this.settingsChanged();
        resolve();
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#listen.port;
  }

  get url(): string {
    const { host, tls } = this.#listen;
    // The literal address: another user of this machine may own [::1].
    const shown = host === '0.0.0.0' || host === 'localhost' ? '127.0.0.1' : host;
    return `${tls ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${this.port}`;
  }

  loads(): LoadsNow {
    return this.#means.loads.now(this.#ports.now());
  }

  figures(): ProxyFigures {
    const { total, succeeded, failed, cancelled } = this.#figures;
    const connections = this.#connections.counts;
    return { total, succeeded, failed, cancelled, connections, inFlight: this.#inFlight, waiting: this.#waiting };
  }

  metrics(): Promise<string> {
    return this.#figures.page(
      this.#ports.view(),
      {
        inFlight: this.#inFlight,
        waiting: this.#waiting,
        uncaught: this.#listen.uncaught?.count ?? 0,
        shortages: this.#listen.files?.shortages ?? 0,
        connections: this.#connections.counts,
      },
      this.#listen.version,
    );
  }

  settingsChanged(): void {
    const settings = this.#ports.settings();
    const local = isLoopback(this.#listen.host);
    this.#guard = guardRules({
      port: this.port,
      allowedHosts: settings['proxy.allowed_hosts'],
      allowedOrigins: settings['proxy.allowed_origins'],
      token: this.#ports.token(),
      acceptWellKnown: local && !settings['proxy.require_token'],
    });
    this.#gate.configure(this.#gateRules());
    this.#connections.configure(this.#gateRules());
    this.#means.upstreams.configure(settings['proxy.connect_timeout'] * secondMs, this.#connections.counts.max);
  }

  networkChanged(): void {
    this.#means.upstreams.drain();
  }

  resume(): void {
    for (const answer of this.#means.answers) answer.resume();
    for (const transfer of this.#means.transfers) transfer.resume();
    this.#ports.retryQueue?.resume();
  }

  #gateRules(): GateRules {
    const settings = this.#ports.settings();
    return {
      maxConcurrent: settings['proxy.max_concurrent'],
      maxWaiting: settings['proxy.max_waiting'],
      rateLimit: settings['proxy.rate_limit'],
    };
  }

  async drain(graceMs: Millis): Promise<{ readonly drained: number; readonly cut: number }> {
    this.#draining = true;
    // Waiting for an endpoint is of no use to anybody now: they hear where their request is, and ask the next gateway.
    this.#ports.retryQueue?.drain();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#straight.drain();
    const before = this.#inHand;
    if (before > 0) {
      const timer = setTimeout(() => this.#idle(), graceMs);
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      clearTimeout(timer);
    }
    const cut = this.#inHand;
    for (const exchange of this.#running) exchange.leave();
    this.#server.closeAllConnections();
    this.#straight.close();
    this.#connections.close();
    await closed;
    this.#means.upstreams.close();
    return { drained: Math.max(0, before - cut), cut };
  }

  /** Whatever came and has not ended: in line, on its way up, a file too. */
  get #inHand(): number {
    return this.#inFlight + this.#waiting;
  }

  /** Those that run, and those whose body is still coming. */
  get #inFlight(): number {
    return this.#gate.running + this.#coming;
  }

  /** For a place, or for an endpoint. */
  get #waiting(): number {
    return this.#gate.waiting + this.#gate.parked;
  }

  async #take(request: IncomingMessage, client: ServerResponse): Promise<void> {
    // Its answer would stand behind one that ends the connection.
    if (this.#finished.has(request.socket)) {
      request.resume();
      return;
    }
    const startedAt = this.#ports.now();
    const id = uuidv7(startedAt) as RequestId;
    const url = request.url ?? '';
    const guard = this.#guard as GuardRules;
    const method = request.method ?? '';
    const head = new RequestHead(request.rawHeaders);
    const target = targetOf(method, url);
    if (head.upgrade !== undefined) this.#ignoreUpgrade(request, client);
    const refused =
      refuseStranger(head, request.httpVersion, guard) ??
      (target.kind === 'invalid'
        ? { status: 400, type: 'invalid_request_error', message: 'this request target is not accepted' }
        : undefined) ??
      (target.kind === 'forward' || target.kind === 'unknown' ? refuseUnknown(head, guard) : undefined) ??
      (target.kind === 'forward' ? refuseBody(method, head, target.path) : undefined);
    if (refused) {
      this.#figures.refused++;
      const headers = refused.stop ? ['x-should-retry', 'false'] : [];
      return this.#turnAway({ request, head, client, id }, { ...refused, headers }, true);
    }
    if (target.kind !== 'forward') return this.#own(target, request, client, id);
    if (this.#connections.isOver(request.socket)) return this.#tooMany({ request, head, client, id });
    if (target.within !== null && !this.#ports.view().profiles.has(target.within)) {
      const message = `qcc: there is no profile "${target.within}" - run: qcc list`;
      return this.#turnAway({ request, head, client, id }, { status: 404, type: 'not_found_error', message });
    }
    await this.#forward({ request, head, client, id, startedAt, target });
  }

  /**
   * An offer, which may be ignored (RFC 9110 §7.8): the request is answered as any other, as the last one of its connection, because
   * node:http's parser drops what came together with it.
   */
  #ignoreUpgrade(request: IncomingMessage, client: ServerResponse): void {
    this.#finished.add(request.socket);
    client.shouldKeepAlive = false;
  }

  /** What would be refused is node:http's, and so are the words for it. */
  #takeStraight({ url, rawHeaders }: StraightHead, request: ClientRequest, client: ClientAnswer): boolean {
    const guard = this.#guard as GuardRules;
    const head = new RequestHead(rawHeaders);
    const target = targetOf('POST', url);
    if (target.kind !== 'forward' || (client.socket && this.#connections.isOver(client.socket))) return false;
    if (refuseStranger(head, '1.1', guard) ?? refuseUnknown(head, guard) ?? refuseBody('POST', head, target.path))
      return false;
    const startedAt = this.#ports.now();
    const one = { request, head, client, id: uuidv7(startedAt) as RequestId, startedAt, target };
    this.#forward(one).catch((error) => this.#lost(client, error));
    return true;
  }

  /**
   * The answer goes out at once. Where a body was announced, the rest of it is read and dropped for a moment, so that the client
   * sees the answer; and nothing more is taken of this connection, because where that body ends is its word alone.
   */
  #turnAway({ request, head, client, id }: Asking, error: OwnError, isLast = false): void {
    const hasMore = head.hasBody && !request.complete;
    if (request.socket && (isLast || hasMore)) this.#finished.add(request.socket);
    const headers = isLast || hasMore ? [...(error.headers ?? []), ...closes] : error.headers;
    const end = sendError(client, { ...error, ...(headers && { headers }) }, id, hasMore);
    if (!hasMore) {
      request.resume();
      return;
    }
    const timer = setTimeout(() => request.destroy(), lingerMs);
    const over = () => {
      clearTimeout(timer);
      end();
    };
    request.on('end', over);
    request.once('close', over);
    request.resume();
  }

  async #own(target: Target, request: IncomingMessage, client: ServerResponse, id: string): Promise<void> {
    request.resume();
    const isLast = this.#connections.isOver(request.socket);
    const head = ['x-qcc-request-id', id, 'cache-control', 'no-store', ...(isLast ? closes : [])];
    const say = (status: number, type: string, text: string) => {
      client.writeHead(status, ['content-type', type, 'content-length', String(Buffer.byteLength(text)), ...head]);
      client.end(text);
    };
    switch (target.kind) {
      case 'hello':
        client.writeHead(200, ['content-length', '0', ...head]);
        client.end();
        return;
      case 'healthz':
        return say(200, 'application/json', '{"status":"ok"}\n');
      case 'readyz': {
        const reasons = this.#draining ? ['the gateway is stopping'] : this.#ports.notReady();
        return say(
          reasons.length === 0 ? 200 : 503,
          'application/json',
          `${JSON.stringify({ ready: reasons.length === 0, reasons })}\n`,
        );
      }
      case 'metrics':
        return say(200, 'text/plain; version=0.0.4; charset=utf-8', await this.metrics());
      default:
        sendError(
          client,
          {
            status: 404,
            type: 'not_found_error',
            message: `qcc: nothing is served there - set ANTHROPIC_BASE_URL to ${this.url}, or run: qcc env`,
          },
          id,
        );
    }
  }

  /** One owner of all that a request takes: whatever happens to it, it is given back at the end of this. */
  async #forward(one: Arrived): Promise<void> {
    const { client, target } = one;
    const { socket } = client;
    // Before its body costs anything.
    if (this.#gate.isFull) return this.#lineFull(one);
    if (this.#listen.files?.isShort) return this.#noFiles(one);
    let gone = false;
    let body: Body | null = null;
    let place: Place | undefined;
    let exchange: Exchange | undefined;
    client.on('close', () => {
      if (client.writableFinished) return;
      gone = true;
      // In line, its turn comes now, and is none.
      if (place?.state === 'waiting') place.leave();
      exchange?.leave(hasClosed(socket));
    });
    this.#figures.total++;
    this.#coming++;
    try {
      // Whoever is slow to say what he wants is in nobody's way: a place is taken with a whole body.
      const read = await this.#body(one);
      if (typeof read === 'string') return this.#unread(read, one);
      body = read;
      if (gone) return this.#left();
      place = this.#gate.enter();
      if (!place) {
        this.#figures.failed++;
        return this.#lineFull(one);
      }
      this.#coming--;
      const turn = place.turn();
      if ((turn !== true && !(await turn)) || gone) return this.#left();
      if (target.isPinned) return await this.#pinned(one);
      const seen = body === null || body.bytes.length === 0 ? nothingSeen : await peek(body.bytes);
      if (gone) return this.#left();
      exchange = new Exchange(this.#means, { ...one, place, body, peek: seen });
      this.#running.add(exchange);
      this.#tell(one, await exchange.run());
    } catch (error) {
      this.#fault(one, error);
    } finally {
      body?.release();
      if (exchange) this.#running.remove(exchange);
      if (place) place.leave();
      else this.#coming--;
      if (this.#draining && this.#inHand === 0) this.#idle();
    }
  }

  /** Null where none is kept: what streams through, and what has none. */
  #body({ request, head, target }: Arrived): Promise<Body | Unread> | null {
    const { method } = request;
    return target.isPinned || method === 'GET' || method === 'HEAD' ? null : this.#bodies.read(request, head.length);
  }

  /** Nobody is left who could answer it. */
  #lost(client: ClientAnswer, error: unknown): void {
    client.destroy();
    this.#listen.uncaught?.take(error);
  }

  #fault({ client, id }: Arrived, error: unknown): void {
    this.#listen.uncaught?.take(error);
    this.#figures.failed++;
    const why = error instanceof Error ? error.message : 'unknown';
    const message = `qcc: a fault of the gateway itself (${why}) - run: qcc proxy logs`;
    sendError(client, { status: 500, type: 'api_error', message }, id);
  }

  #tooMany(one: Asking): void {
    this.#connections.turnedAway();
    const message = 'qcc: as many clients are connected as there may be - run: qcc proxy status';
    this.#turnAway(one, { status: 503, type: 'api_error', message, headers: ['retry-after', '2'] }, true);
  }

  #lineFull(one: Arrived): void {
    this.#turnAway(one, {
      status: 503,
      type: 'api_error',
      message: 'qcc: too many requests wait already - run: qcc proxy status',
      headers: ['retry-after', '2'],
    });
  }

  #noFiles(one: Arrived): void {
    this.#turnAway(one, {
      status: 503,
      type: 'api_error',
      message: 'qcc: no open files are left on this machine - run: qcc proxy status',
      headers: ['retry-after', '2'],
    });
  }

  #left(): void {
    this.#figures.cancelled++;
  }

  async #pinned(one: Arrived): Promise<void> {
    // Files and batches do not come the straight way.
    const { request, client } = one as object as { request: IncomingMessage; client: ServerResponse };
    const turnAway = (error: OwnError) => this.#turnAway(one, error);
    const ended = await passPinned(this.#means, { ...one, request, client, turnAway });
    if (ended) this.#tell(one, ended);
    else this.#figures.failed++;
  }

  #unread(why: Unread, one: Arrived): void {
    if (why === 'gone') {
      this.#left();
      return;
    }
    this.#figures.failed++;
    const error: OwnError =
      why === 'tooLarge'
        ? {
            status: 413,
            type: 'request_too_large',
            message: 'qcc: the request is larger than 32 MiB',
          }
        : {
            status: 503,
            type: 'api_error',
            message: 'qcc: too many large requests at once - try again in a moment',
            headers: ['retry-after', '2'],
          };
    this.#turnAway(one, error);
  }

  #tell({ request, id, startedAt }: Arrived, ended: Ended): void {
    this.#figures.count(ended.fact);
    this.#ports.requestEnded(id, ended.fact);
    const most = this.#ports.settings()['proxy.log_level'];
    const line = accessLine(id, startedAt, request.method ?? '', ended, most);
    if (line !== null) this.#listen.accessLog(line);
  }
}

function ignored(): void {}

/**
 * In good order: what closes its connection so wants no answer any more. A reset may be anything: Claude Code cancels by it, and a
 * connection that is lost ends by it too.
 */
function hasClosed(socket: Socket | null): boolean {
  return socket?.readableEnded === true && socket.errored === null;
}
