/** The data port: routes, the guard, the body, then the exchange. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Millis } from '../../../events/fact.ts';
import type { RequestId } from '../../../events/ids.ts';
import { type ReadinessReason, reason } from '../../../events/reason.ts';
import { ofToken } from '../../../events/request.ts';
import { secondMs } from '../../../events/units.ts';
import { DenseSet } from '../../platform/dense-set.ts';
import { dayOf } from '../../platform/time.ts';
import { upTo } from '../../platform/up-to.ts';
import { uuidv7 } from '../../platform/uuid.ts';
import { Admission, admissionRules, type Place } from '../admission/admission.ts';
import type { InFlightNow } from '../admission/in-flight.ts';
import { boundTarget } from '../client-tokens.ts';
import { type Deps, depsOf } from '../deps.ts';
import { Exchange, type Incoming } from '../driver.ts';
import { passThrough } from '../passthrough.ts';
import type { ProxyCounts, ProxyPorts, ProxyServer } from '../ports.ts';
import { Bodies, type Body, type Unread } from '../request/body.ts';
import { nothingSeen, sniffBody } from '../request/body-sniffing.ts';
import { type ClientAnswer, type ClientRequest, hasClosed } from '../request/client.ts';
import { ClientConnections } from '../request/client-connections.ts';
import { RequestHead } from '../request/request-head.ts';
import type { Ended } from '../request-record.ts';
import { type OwnError, sendError } from '../response/refusal.ts';
import type { RunningRequest } from '../running-request.ts';
import { targetOf } from '../upstream/target.ts';
import { accessLine } from './access-log.ts';
import { FastPath } from './fast-path.ts';
import { type GuardRules, guardRulesOf, refusalOf } from './guard.ts';
import type { KnownHead } from './known-head.ts';
import { createServer, type Listen, listening, patience, urlOf } from './listener.ts';
import { Metrics } from './metrics.ts';
import { ModelList } from './model-list.ts';
import { answerOwn } from './own-routes.ts';
import { backlogFull, faultOf, lackingIn, noFiles, Refusals, tooManyClients, unreadError } from './refusals.ts';

type Arrived = Omit<Incoming, 'place' | 'body' | 'summary'>;
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
  readonly #fastPath: FastPath;
  readonly #deps: Deps;
  readonly #bodies = new Bodies();
  readonly #admission: Admission;
  readonly #metrics = new Metrics();
  readonly #running = new DenseSet<Exchange>();
  readonly #connections: ClientConnections;
  readonly #refusals = new Refusals();
  readonly #models = new ModelList();
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
      // An unexpected fault ends this one request.
      this.#take(request, client).catch((error) => this.#lost(client, error));
    };
    this.#server = createServer(listen, handler);
    const event = listen.tls ? 'secureConnection' : 'connection';
    this.#fastPath = new FastPath(this.#server, event, patience, {
      letsIn: (known, socket) =>
        !this.#connections.isOver(socket) && known.mayComeIn(this.#guard as GuardRules, ports.view),
      serve: (...request) => this.#serve(...request),
    });
    this.#connections = new ClientConnections(this.#server, event, {
      files: listen.files,
      tell: listen.tell ?? ignored,
      dropQuiet: (quietS) => {
        this.#fastPath.dropQuiet(quietS);
        this.#bodies.giveUpStalled(quietS * secondMs);
        this.#server.closeIdleConnections();
      },
    });
    const rules = admissionRules(ports.settings());
    this.#connections.configure(rules);
    this.#admission = new Admission(rules, ports.now);
    this.#deps = depsOf(ports);
    ports.retryQueue?.attach(this.#deps.inFlight);
  }

  async start(): Promise<void> {
    await listening(this.#server, this.#listen);
    this.settingsChanged();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#listen.port;
  }

  get url(): string {
    return urlOf(this.#listen, this.port);
  }

  inFlight(): InFlightNow {
    return this.#deps.inFlight.now(this.#ports.now());
  }

  running(): readonly RunningRequest[] {
    return [...this.#running].map((one) => one.now());
  }

  counts(): ProxyCounts {
    const { total, succeeded, failed, cancelled } = this.#metrics;
    const connections = this.#connections.counts;
    return { total, succeeded, failed, cancelled, connections, inFlight: this.#inFlight, waiting: this.#waiting };
  }

  metrics(): Promise<string> {
    const { uncaught, files, version } = this.#listen;
    const faults = { uncaught: uncaught?.count ?? 0, shortages: files?.shortages ?? 0 };
    const connections = this.#connections.counts;
    const now = { inFlight: this.#inFlight, waiting: this.#waiting, connections, ...faults };
    return this.#metrics.page(this.#ports.view(), now, version);
  }

  notReady(): readonly ReadinessReason[] {
    return this.#draining ? [reason('stopping')] : this.#ports.notReady();
  }

  settingsChanged(): void {
    const settings = this.#ports.settings();
    this.#guard = guardRulesOf(this.#ports, this.#listen.host, this.port);
    const rules = admissionRules(settings);
    this.#admission.configure(rules);
    this.#connections.configure(rules);
    this.#deps.upstreams.configure(settings['proxy.connect_timeout'] * secondMs, this.#connections.counts.max);
  }

  networkChanged(): void {
    this.#deps.upstreams.drain();
  }

  resume(): void {
    for (const answer of this.#deps.answers) answer.resume();
    for (const watchdog of this.#deps.watchdogs) watchdog.resume();
    this.#ports.retryQueue?.resume();
  }

  async drain(graceMs: Millis): Promise<{ readonly drained: number; readonly cut: number }> {
    this.#draining = true;
    // Waiting for an endpoint is of no use now: clients hear where their request is, and ask the next gateway.
    this.#ports.retryQueue?.drain();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#fastPath.drain();
    const before = this.#inHand;
    if (before > 0)
      await upTo(graceMs, (idle) => {
        this.#idle = idle;
      });
    const cut = this.#inHand;
    for (const exchange of this.#running) exchange.leave();
    this.#server.closeAllConnections();
    this.#fastPath.close();
    this.#connections.close();
    await closed;
    this.#deps.upstreams.close();
    return { drained: Math.max(0, before - cut), cut };
  }

  /** Whatever came and has not ended: in line, on its way up, a file too. */
  get #inHand(): number {
    return this.#inFlight + this.#waiting;
  }

  /** Those that run, and those whose body is still coming. */
  get #inFlight(): number {
    return this.#admission.running + this.#coming;
  }

  /** For a place, or for an endpoint. */
  get #waiting(): number {
    return this.#admission.waiting + this.#admission.parked;
  }

  async #take(request: IncomingMessage, client: ServerResponse): Promise<void> {
    // Its answer would stand behind one that ends the connection.
    if (this.#refusals.isLast(request.socket)) {
      request.resume();
      return;
    }
    const startedAt = this.#ports.now();
    const id = uuidv7(startedAt) as RequestId;
    const head = new RequestHead(request.rawHeaders);
    const asked = targetOf(request.method ?? '', request.url ?? '');
    if (head.upgrade !== undefined) this.#refusals.ignoreUpgrade(request, client);
    const refused = refusalOf(request, head, asked, this.#guard as GuardRules);
    if (refused) {
      this.#metrics.refused++;
      const headers = [...(refused.headers ?? []), ...(refused.stop ? ['x-should-retry', 'false'] : [])];
      return this.#refusals.send({ request, head, client, id }, { ...refused, headers }, true);
    }
    const target = boundTarget(asked, head.token);
    const isOver = this.#connections.isOver(request.socket);
    const lost = lackingIn(target, this.#ports.view());
    if (lost) return this.#refusals.send({ request, head, client, id }, lost, isOver);
    if (target.kind !== 'forward') return answerOwn(target, { client, id, isLast: isOver }, this);
    if (isOver) {
      this.#connections.turnedAway();
      return this.#refusals.send({ request, head, client, id }, tooManyClients, true);
    }
    if (this.#models.answers(this.#ports.view(), { request, client, id, target })) return;
    await this.#admit({ request, head, client, id, startedAt, target });
  }

  #serve({ head, letIn }: KnownHead, request: ClientRequest, client: ClientAnswer): void {
    const { target } = letIn as NonNullable<KnownHead['letIn']>;
    const startedAt = this.#ports.now();
    const one = { request, head, client, id: uuidv7(startedAt) as RequestId, startedAt, target };
    this.#admit(one).catch((error) => this.#lost(client, error));
  }

  /** A request with a named token counts among those of its token until it ends. */
  #admit(one: Arrived): Promise<void> {
    const { token } = one.head;
    const { tokens } = this.#ports;
    if (!token || !tokens) return this.#forward(one);
    return tokens.during(token, (busy) => (busy ? this.#refusals.send(one, busy) : this.#forward(one)));
  }

  /** One owner of all that a request takes: whatever happens to it, it is given back at the end of this. */
  async #forward(one: Arrived): Promise<void> {
    const { request, head, client, id, startedAt, target } = one;
    const { socket } = client;
    // Before its body costs anything.
    if (this.#admission.isFull) return this.#refusals.send(one, backlogFull);
    if (this.#listen.files?.isShort) return this.#refusals.send(one, noFiles);
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
    this.#metrics.total++;
    this.#coming++;
    try {
      // A slow client is in no other's way: a place is taken with a whole body.
      const coming = this.#body(one);
      const read = coming instanceof Promise ? await coming : coming;
      if (typeof read === 'string') return this.#unread(read, one);
      body = read;
      if (gone) return this.#left();
      place = this.#admission.enter();
      if (!place) return this.#failed(one, backlogFull);
      this.#coming--;
      const turn = place.turn();
      if ((turn !== true && !(await turn)) || gone) return this.#left();
      if (target.isPassthrough) return await this.#passThrough(one);
      const summary = body ? sniffBody(body.bytes) : nothingSeen;
      const seen = summary instanceof Promise ? await summary : summary;
      if (gone) return this.#left();
      // Member by member: a copy of all of them costs twenty times as much, and every look at it twice.
      const incoming = { id, startedAt, request, head, client, target, place, body, summary: seen };
      exchange = new Exchange(this.#deps, incoming);
      this.#running.add(exchange);
      this.#tell(one, await exchange.run());
    } catch (error) {
      this.#fault(one, error);
    } finally {
      this.#giveBack(body, place, exchange);
    }
  }

  #giveBack(body: Body | null, place: Place | undefined, exchange: Exchange | undefined): void {
    body?.release();
    if (exchange) this.#running.remove(exchange);
    if (place) place.leave();
    else this.#coming--;
    if (this.#draining && this.#inHand === 0) this.#idle();
  }

  /** Null where none is kept: what streams through, and what has none. */
  #body({ request, head, target }: Arrived): ReturnType<Bodies['read']> | null {
    const { method } = request;
    return target.isPassthrough || method === 'GET' || method === 'HEAD'
      ? null
      : this.#bodies.read(request, request.length ?? (head.length === undefined ? null : Number(head.length)));
  }

  /** No endpoint is left that could answer it. */
  #lost(client: ClientAnswer, error: unknown): void {
    client.destroy();
    this.#listen.uncaught?.take(error);
  }

  #fault({ client, id }: Arrived, error: unknown): void {
    this.#listen.uncaught?.take(error);
    this.#metrics.failed++;
    sendError(client, faultOf(error), id);
  }

  #left(): void {
    this.#metrics.cancelled++;
  }

  async #passThrough(one: Arrived): Promise<void> {
    // Files and batches do not take the fast path.
    const { request, client } = one as object as { request: IncomingMessage; client: ServerResponse };
    const turnAway = (error: OwnError) => this.#refusals.send(one, error);
    const ended = await passThrough(this.#deps, { ...one, request, client, turnAway });
    if (ended) this.#tell(one, ended);
    else this.#metrics.failed++;
  }

  #failed(one: Arrived, error: OwnError): void {
    this.#metrics.failed++;
    this.#refusals.send(one, error);
  }

  #unread(why: Unread, one: Arrived): void {
    if (why === 'gone') this.#left();
    else this.#failed(one, unreadError(why));
  }

  #tell({ request, head, id, startedAt }: Arrived, { fact: told, profile }: Ended): void {
    const fact = head.token ? ofToken(told, head.token, dayOf(this.#ports.now())) : told;
    this.#metrics.count(fact);
    this.#models.asked(fact.data.model);
    this.#ports.requestEnded(id, fact);
    const most = this.#ports.settings()['proxy.log_level'];
    const line = accessLine(id, startedAt, request.method ?? '', { fact, profile }, most);
    if (line !== null) this.#listen.accessLog(line);
  }
}

function ignored(): void {}
