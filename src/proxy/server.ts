/** The data port: routes, the guard, the body, then the exchange. */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Millis } from '../../events/fact.ts';
import type { RequestId } from '../../events/ids.ts';
import { isLoopback } from '../config/base-url.ts';
import { uuidv7 } from '../runtime/uuid.ts';
import { accessLine } from './access-log.ts';
import { Bodies } from './body.ts';
import type { ClientAnswer, ClientRequest } from './client.ts';
import { type Ended, Exchange, type Incoming, type Means } from './exchange.ts';
import { Figures } from './figures.ts';
import { Gate, type GateRules } from './gate.ts';
import { type GuardRules, guardRules, refuseBody, refuseStranger, refuseUnknown } from './guard.ts';
import { LiveLoads, type LoadsNow } from './loads.ts';
import { type Peek, peek } from './peek.ts';
import { passPinned } from './pinned.ts';
import type { ProxyFigures, ProxyPorts, ProxyServer } from './ports.ts';
import { type OwnError, sendError } from './refusal.ts';
import { RequestHead } from './request-head.ts';
import { Running } from './running.ts';
import { Sessions } from './sessions.ts';
import { StraightWay } from './straight.ts';
import type { StraightHead } from './straight-head.ts';
import { type Target, targetOf } from './target.ts';
import { Upstreams } from './upstream.ts';

const secondMs = 1_000;
const connectionsMax = 2_048;
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

export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly accessLog: (line: string) => void;
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
  /** All of them: an upgrade and a handshake that hangs are in no list of node:http's, and a stop must not wait for them. */
  readonly #sockets = new Set<Socket>();
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
      this.#take(request, client).catch(() => client.destroy());
    };
    this.#server = listen.tls
      ? createHttps({ ...limits, ...tlsLimits, ...listen.tls }, handler)
      : createHttp(limits, handler);
    this.#server.maxConnections = connectionsMax;
    // 0 is no limit: dropping what is over it silently is worse than refusing it.
    this.#server.maxHeadersCount = 0;
    this.#server.on('upgrade', (_: IncomingMessage, socket: Duplex) => refuseUpgrade(socket));
    const patience = {
      first: limits.headersTimeout / secondMs,
      body: limits.requestTimeout / secondMs,
      idle: limits.keepAliveTimeout / secondMs,
    };
    const event = listen.tls ? 'secureConnection' : 'connection';
    this.#straight = new StraightWay(this.#server, event, patience, (...request) => this.#takeStraight(...request));
    // Before TLS, and before the straight way: whatever is done with a connection, here it is known.
    this.#server.prependListener('connection', (socket: Socket) => this.#connected(socket));
    this.#gate = new Gate(this.#gateRules(), ports.now);
    this.#means = {
      ports,
      upstreams: new Upstreams(),
      loads: new LiveLoads(),
      sessions: new Sessions(),
      gate: this.#gate,
      answers: new Running(),
      transfers: new Running(),
    };
    ports.desk?.sees(this.#means.loads);
  }

  start(): Promise<void> {
    const { host, port } = this.#listen;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
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
    return { total, succeeded, failed, cancelled, inFlight: this.#gate.running, waiting: this.#waiting };
  }

  metrics(): Promise<string> {
    return this.#figures.page(
      this.#ports.view(),
      { inFlight: this.#gate.running, waiting: this.#waiting },
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
    this.#means.upstreams.configure(settings['proxy.connect_timeout'] * secondMs);
  }

  networkChanged(): void {
    this.#means.upstreams.letGo();
  }

  wokeUp(): void {
    for (const answer of this.#means.answers) answer.wokeUp();
    for (const transfer of this.#means.transfers) transfer.wokeUp();
    this.#ports.desk?.wokeUp();
  }

  #connected(socket: Socket): void {
    socket.on('error', ignored);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
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
    this.#ports.desk?.letGo();
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
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#means.upstreams.close();
    return { drained: Math.max(0, before - cut), cut };
  }

  /** Whatever came and has not ended: in line, on its way up, a file too. */
  get #inHand(): number {
    return this.#gate.running + this.#waiting;
  }

  /** For a place, or for an endpoint. */
  get #waiting(): number {
    return this.#gate.waiting + this.#gate.parked;
  }

  async #take(request: IncomingMessage, client: ServerResponse): Promise<void> {
    const startedAt = this.#ports.now();
    const id = uuidv7(startedAt) as RequestId;
    const url = request.url ?? '';
    const guard = this.#guard as GuardRules;
    const method = request.method ?? '';
    const head = new RequestHead(request.rawHeaders);
    const target = targetOf(method, url);
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
      return this.#turnAway(request, client, id, { ...refused, headers: [...headers, 'connection', 'close'] });
    }
    if (target.kind !== 'forward') return this.#own(target, request, client, id);
    if (target.within !== null && !this.#ports.view().profiles.has(target.within)) {
      return this.#turnAway(request, client, id, {
        status: 404,
        type: 'not_found_error',
        message: `qcc: there is no profile "${target.within}" - run: qcc list`,
      });
    }
    await this.#forward({ request, head, client, id, startedAt, target });
  }

  /** What would be refused is node:http's, and so are the words for it. */
  #takeStraight({ url, rawHeaders }: StraightHead, request: ClientRequest, client: ClientAnswer): boolean {
    const guard = this.#guard as GuardRules;
    const head = new RequestHead(rawHeaders);
    const target = targetOf('POST', url);
    if (target.kind !== 'forward') return false;
    if (refuseStranger(head, '1.1', guard) ?? refuseUnknown(head, guard) ?? refuseBody('POST', head, target.path))
      return false;
    const startedAt = this.#ports.now();
    const one = { request, head, client, id: uuidv7(startedAt) as RequestId, startedAt, target };
    this.#forward(one).catch(() => client.destroy());
    return true;
  }

  /** The answer goes out at once; the rest of the request is read and dropped, so that the client sees the answer. */
  #turnAway(request: ClientRequest, client: ClientAnswer, id: string, error: OwnError): void {
    sendError(client, error, id);
    request.resume();
    if (request.complete) return;
    const timer = setTimeout(() => request.destroy(), lingerMs);
    request.once('close', () => clearTimeout(timer));
  }

  async #own(target: Target, request: IncomingMessage, client: ServerResponse, id: string): Promise<void> {
    request.resume();
    const head = ['x-qcc-request-id', id, 'cache-control', 'no-store'];
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

  async #forward(one: {
    request: ClientRequest;
    head: RequestHead;
    client: ClientAnswer;
    id: RequestId;
    startedAt: Millis;
    target: Extract<Target, { kind: 'forward' }>;
  }): Promise<void> {
    const { request, client, id, target } = one;
    let gone = false;
    let exchange: Exchange | undefined;
    client.on('close', () => {
      if (client.writableFinished) return;
      gone = true;
      exchange?.leave();
    });
    const turn = this.#gate.enter();
    if (turn === false) {
      return this.#turnAway(request, client, id, {
        status: 503,
        type: 'api_error',
        message: 'qcc: too many requests wait already - run: qcc proxy status',
        headers: ['retry-after', '2'],
      });
    }
    this.#figures.total++;
    if (turn !== true) await turn;
    let body: Buffer | null = null;
    try {
      if (target.isPinned) return await this.#pinned(one);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const read = await this.#bodies.read(request, one.head.length);
        if (!Buffer.isBuffer(read)) return this.#unread(read, one);
        body = read;
      }
      const seen = body === null || body.length === 0 ? nothingSeen : peek(body);
      exchange = new Exchange(this.#means, { ...one, body, peek: seen });
      this.#running.add(exchange);
      if (gone) exchange.leave();
      this.#tell(one, await exchange.run());
    } catch (error) {
      this.#figures.failed++;
      sendError(
        client,
        {
          status: 500,
          type: 'api_error',
          message: `qcc: a fault of the gateway itself (${error instanceof Error ? error.message : 'unknown'}) - run: qcc proxy logs`,
        },
        id,
      );
    } finally {
      if (body) this.#bodies.release(body);
      if (exchange) this.#running.remove(exchange);
      this.#gate.leave();
      if (this.#draining && this.#inHand === 0) this.#idle();
    }
  }

  async #pinned(one: Omit<Incoming, 'body' | 'peek'>): Promise<void> {
    // Files and batches do not come the straight way.
    const { request, client } = one as object as { request: IncomingMessage; client: ServerResponse };
    const ended = await passPinned(this.#means, { ...one, request, client });
    if (ended) this.#tell(one, ended);
    else this.#figures.failed++;
  }

  #unread(why: 'tooLarge' | 'full' | 'gone', { request, client, id }: Omit<Incoming, 'body' | 'peek'>): void {
    if (why === 'gone') {
      this.#figures.cancelled++;
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
    this.#turnAway(request, client, id, error);
  }

  #tell({ request, id, startedAt }: Omit<Incoming, 'body' | 'peek'>, ended: Ended): void {
    this.#figures.count(ended.fact);
    this.#ports.requestEnded(id, ended.fact);
    this.#listen.accessLog(accessLine(id, startedAt, request.method ?? '', ended));
  }
}

function ignored(): void {}

/** The answer, and a moment in which what still comes is dropped: a close at once would be a reset, and hide the answer. */
function refuseUpgrade(socket: Duplex): void {
  socket.on('error', ignored).resume();
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
}
