/**
 * The desk: where requests that nobody can answer are written down, where their clients wait, and from where they go out again,
 * one after the other, as soon as somebody can answer. Who goes and when is `machines/queue-policy.ts`; here is who waits.
 */
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf, type QueueId, queueIdOf } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import { isAvailable } from '../../machines/available.ts';
import { isNobodys, type QueueItem } from '../../machines/queue-item.ts';
import {
  delayMs,
  dueAt,
  isDue,
  mayBeQueued,
  placesAt,
  priorityOf,
  roomFor,
  type Waiting,
} from '../../machines/queue-policy.ts';
import { reachable } from '../../machines/route.ts';
import type { Asked, InFlightCounter, ProxyQueue, StoredAnswer, Waiter } from '../proxy/retry-queue.ts';
import { endToEnd, headerIn } from '../proxy/upstream/headers.ts';
import { type AnswerHead, ItemAttemptLog } from './attempt-log.ts';
import type { Background } from './background.ts';
import { Ordering } from './ordering.ts';
import type { QueuePorts } from './ports.ts';
import { ClientWaiter } from './waiter.ts';

/** What the blob of a request says beside its body. */
export interface RequestHead {
  readonly headers: readonly string[];
}

// The client hangs up at 300 s (measured); what is left is for the answer's first byte.
const patienceMs = 280_000;
// A try that found nobody to ask: things are about to change, and are looked at again.
const restMs = 250;
// While requests wait for room, somebody is about to end.
const lookAgainMs = 50;
// What is shown of a reason.
const reasonMax = 300;

/** What a request can count on where it may go, at this moment. */
interface Room {
  /** When the last one came back. */
  readonly openedAt: Millis;
  readonly isOpen: boolean;
  readonly places: number;
  /** There is a place at somebody who is well. */
  readonly isHealthy: boolean;
}

const hasPlaces = ({ places }: { readonly places: number }) => places > 0;

export class RetryQueue implements ProxyQueue {
  readonly #ports: QueuePorts;
  readonly #background: Background;
  readonly #waiters = new Map<QueueId, ClientWaiter[]>();
  readonly #running = new Map<QueueId, ItemAttemptLog>();
  readonly #ordering = new Ordering();
  /** When its client asked again. */
  readonly #askedAt = new Map<QueueId, Millis>();
  /** Their clients' connections were reset while they waited. */
  readonly #lost = new Set<QueueId>();
  readonly #restUntil = new Map<QueueId, Millis>();
  readonly #open = new Map<EndpointId, boolean>();
  readonly #openedAt = new Map<EndpointId, Millis>();
  /** What is being written: it takes room already. */
  readonly #taking = new Map<QueueId, number>();
  #loads: InFlightCounter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looked: Promise<void> = Promise.resolve();
  #isLooking = false;
  #lookAgain = false;
  #isBlocked = false;
  /** When the first one is due that has heard of somebody's coming back; the others have their own times. */
  #nextAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(ports: QueuePorts, background: Background) {
    this.#ports = ports;
    this.#background = background;
    ports.onFacts((facts) => this.#heard(facts));
  }

  attach(loads: InFlightCounter): void {
    this.#loads = loads;
    this.#soon();
  }

  /** A life begins: what another one had under way was cut off. On the disk before anybody is let in. */
  async recover(): Promise<void> {
    const { epoch, blobs } = this.#ports;
    const found = [...this.#ports.queue().snapshots()].map(
      ([id]) => this.#ports.tell(id, { type: 'Found', data: { epoch } }, true).done,
    );
    await Promise.all(found);
    // Off the way of the start: what it removes, nobody names.
    void blobs.sweep(this.#ports.queue().blobs()).catch(() => {});
  }

  resume(): void {
    this.#background.resume();
  }

  drain(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const waiters of [...this.#waiters.values()]) for (const waiter of [...waiters]) waiter.leave();
  }

  /** After `letGo`: what runs in the background may end; what does not is cut off, and said to be unknown. */
  async close(graceMs: Millis): Promise<void> {
    this.drain();
    await this.#background.close(graceMs);
    await this.#looked;
  }

  /** What is given up or cleared stays to be seen, for a week; nobody joins it. */
  get isEmpty(): boolean {
    return this.#ports.queue().isNobodys;
  }

  get parkMs(): Millis {
    return this.#ports.parkMs();
  }

  async join(asked: Asked): Promise<Waiter | null> {
    const { session } = asked;
    if (this.isEmpty || this.#isStopped || session === null) return null;
    const queue = this.#ports.queue();
    const alike = [...queue.ofSession(session)].filter((one) => isAlike(queue.item(one), asked));
    const hash = alike.length > 0 ? await this.#hashOf(asked) : '';
    const id = alike.findLast((one) => isJoinable(queue.item(one), hash, this.#ports.now()));
    if (this.#isStopped) return null;
    if (id === undefined) {
      this.#movedOn(asked, session);
      return null;
    }
    // It may have been billed: its client asks all the same, and that is written down before it goes again.
    if (queue.item(id)?.state === 'answered' && !(await this.#hasAnswer(id))) return null;
    if (queue.item(id)?.state === 'unknown')
      await this.#ports.tell(id, { type: 'Ask', data: { by: 'client' } }, true).done;
    this.#askedAt.set(id, this.#ports.now());
    return this.#waiterAt(id, asked);
  }

  /** Its client was reset, and does not send it again but asks something else: it was cancelled there. */
  #movedOn({ path }: Asked, session: string): void {
    if (this.#lost.size === 0 || path !== '/v1/messages') return;
    for (const id of [...this.#ports.queue().ofSession(session)])
      if (this.#lost.delete(id)) this.#cancel(id, 'its session has asked something else');
  }

  /** An answer that cannot be given whole is given up before its first byte, and its request goes out like any other. */
  async #hasAnswer(id: QueueId): Promise<boolean> {
    const answer = this.#ports.queue().item(id)?.answer ?? null;
    if (answer !== null && (await this.#ports.blobs.isWhole(answer))) return true;
    // Another one may have found it at the same moment.
    if (this.#ports.queue().item(id)?.state === 'answered')
      await this.#ports.tell(id, { type: 'QueuedRequestForgotten', data: { because: 'answerLost' } }, true).done;
    return false;
  }

  async take(asked: Asked, because: string, retryAfterMs: Millis | null): Promise<Waiter | 'full' | null> {
    const policy = this.#ports.policy();
    const isOurs = policy.enabled && policy.maxRetries > 0 && mayBeQueued(asked) && !this.#isStopped;
    if (!isOurs) return null;
    const id = queueIdOf(asked.id);
    const { body } = asked;
    const taking = [...this.#taking].map(([one, bytes]) => ({ id: one, isOver: false, since: 0, bytes }));
    const forgotten = roomFor(body.length, [...this.#ports.queue().kept(), ...taking], policy.maxSize);
    if (forgotten === null) return 'full';
    this.#taking.set(id, body.length);
    try {
      return await this.#takeIn(id, asked, because, retryAfterMs, forgotten);
    } catch {
      // A disk that takes nothing must not cost the client more than its place in the queue.
      await this.#ports.blobs.destroy(id).catch(() => {});
      return null;
    } finally {
      this.#taking.delete(id);
    }
  }

  async #takeIn(
    id: QueueId,
    asked: Asked,
    because: string,
    retryAfterMs: Millis | null,
    forgotten: readonly string[],
  ): Promise<Waiter | 'full'> {
    const { blobs } = this.#ports;
    for (const old of forgotten) {
      this.#ports.tell(old as QueueId, { type: 'QueuedRequestForgotten', data: { because: 'room' } }, true);
      await blobs.destroy(old);
    }
    const head: RequestHead = { headers: endToEnd(asked.rawHeaders, asked.connection) };
    // The disk is waited for, and the hash made meanwhile.
    const [requestHash, body] = await Promise.all([this.#hashOf(asked), blobs.put(id, head, asked.body)]);
    if (body === 'full') return 'full';
    // It sits before the fact is told: nobody shall think that its client has gone.
    const waiter = this.#waiterAt(id, asked);
    try {
      const data = this.#queued(asked, { body, requestHash, because, retryAfterMs });
      await this.#ports.tell(id, { type: 'RequestQueued', data }, true).done;
      return waiter;
    } catch (error) {
      waiter.leave();
      throw error;
    }
  }

  #queued(
    asked: Asked,
    more: { body: string; requestHash: string; because: string; retryAfterMs: Millis | null },
  ): QueuedRequest {
    const { strategy, maxRetries, ttlMs, ...delays } = this.#ports.policy();
    const now = this.#ports.now();
    const { body, requestHash, because, retryAfterMs } = more;
    const { id, method, path, query, within, session, model, stream, rawHeaders } = asked;
    return {
      request: id,
      body,
      bytes: asked.body.length,
      method,
      path: path + query,
      within,
      session,
      model,
      stream,
      requestHash,
      priority: priorityOf({
        asked: headerIn(rawHeaders, 'x-qcc-priority'),
        requestClass: headerIn(rawHeaders, 'x-claude-code-request-class'),
        path,
      }),
      strategy,
      maxAttempts: maxRetries,
      nextRetryAt: now + delayMs(strategy, 0, retryAfterMs, delays, this.#ports.dice()),
      expiresAt: now + ttlMs,
      because: because.slice(0, reasonMax),
    };
  }

  #hashOf({ method, path, query, within, session, body }: Asked): Promise<string> {
    return this.#ports.blobs.fingerprint([method, path + query, within ?? '', session ?? '', body]);
  }

  // ------------------------------------------------------------------------------------------------ seats

  #waiterAt(id: QueueId, { id: request, startedAt }: Asked): ClientWaiter {
    const spentMs = this.#ports.now() - startedAt;
    const parkMs = Math.min(this.#ports.parkMs(), patienceMs - spentMs);
    this.#lost.delete(id);
    const waiter = new ClientWaiter(
      id,
      parkMs,
      (one) => this.#changed(one, request),
      (because) => (because === null ? this.#lost.add(id) : this.#cancel(id, because)),
    );
    const waiters = this.#waiters.get(id);
    if (waiters) waiters.push(waiter);
    else this.#waiters.set(id, [waiter]);
    return waiter;
  }

  /** Nobody waits for its answer, and nothing was sent: nothing will be. What runs may have been billed, and is let end. */
  #cancel(id: QueueId, because: string): void {
    if (this.#waiters.has(id) || this.#ports.queue().item(id)?.state !== 'waiting') return;
    this.#ports.tell(id, { type: 'QueuedRequestCancelled', data: { because } }, true);
  }

  #changed(waiter: ClientWaiter, request: string): void {
    const { item: id } = waiter;
    if (waiter.isOver) {
      const left = (this.#waiters.get(id) ?? []).filter((one) => one !== waiter);
      if (left.length > 0) this.#waiters.set(id, left);
      else {
        this.#waiters.delete(id);
        this.#ports.tell(id, { type: 'Unawaited', data: {} }, true);
      }
      this.#soon();
      return;
    }
    const state = this.#ports.queue().item(id)?.state;
    if (state === 'answered') void this.#deliver(waiter, request);
    else if (state === 'retrying') void this.#follow(waiter, request);
    else if (state !== 'waiting') waiter.leave();
    else this.#soon();
  }

  async #deliver(waiter: ClientWaiter, request: string): Promise<void> {
    const answer = await this.#storedAnswer(waiter.item);
    if (!answer || !waiter.isWaiting) return waiter.leave();
    this.#hand(waiter, request, answer);
  }

  /** Once the answer has proven itself to the try that runs, it is this client's too, as it comes. */
  async #follow(waiter: ClientWaiter, request: string): Promise<void> {
    const coming = await this.#running.get(waiter.item)?.following();
    if (!coming || !waiter.isWaiting) return;
    const endpoint = this.#ports.queue().item(waiter.item)?.endpoint as EndpointId;
    this.#hand(waiter, request, { ...coming, endpoint, bytes: null });
  }

  #hand(waiter: ClientWaiter, request: string, answer: StoredAnswer): void {
    this.#ports.tell(waiter.item, { type: 'AnswerCollected', data: { by: request } }, false);
    waiter.give({ type: 'stored', answer });
    waiter.leave();
  }

  async #storedAnswer(id: QueueId): Promise<StoredAnswer | null> {
    const item = this.#ports.queue().item(id);
    if (item?.state !== 'answered' || item.answer === null) return null;
    try {
      const blob = await this.#ports.blobs.open(item.answer);
      const { status, headers } = blob.head as AnswerHead;
      return {
        status,
        headers,
        endpoint: item.endpoint as EndpointId,
        bytes: blob.length,
        chunks: () => blob.chunks(),
      };
    } catch {
      return null;
    }
  }

  #heard(facts: readonly Recorded[]): void {
    for (const { stream, type, data } of facts) {
      if (kindOf(stream) !== 'queue') continue;
      const id = nameOf(stream) as QueueId;
      const isGone = type === 'QueuedRequestCancelled' || type === 'QueuedRequestForgotten';
      const isDead = type === 'QueuedRequestDied';
      if (type === 'RetryAbandoned') this.#askAgain(id);
      if (isGone || (isDead && (data as { because: string }).because === 'expired')) this.#destroy(id);
      if (isGone || isDead || type === 'RetryAnswered' || type === 'RetrySucceeded') this.#nudgeWaiters(id);
    }
    // What a request came to moves nobody here.
    if (facts.length > 1 || kindOf(facts[0]?.stream ?? '') !== 'request') this.#soon();
  }

  /** Nobody can have it any more, and its data key is destroyed. */
  #destroy(id: QueueId): void {
    this.#background.stop(id);
    this.#askedAt.delete(id);
    this.#lost.delete(id);
    this.#restUntil.delete(id);
    void this.#ports.blobs.destroy(id).catch(() => {});
  }

  #nudgeWaiters(id: QueueId): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) if (waiter.isWaiting) waiter.nudge();
  }

  /** The client that it went out with has left, and others wait for the same answer: they ask. */
  #askAgain(id: QueueId): void {
    if (!this.#waiters.has(id) || this.#isStopped) return;
    setImmediate(() => {
      if (this.#waiters.has(id)) this.#ports.tell(id, { type: 'Ask', data: { by: 'client' } }, true);
    });
  }

  // ------------------------------------------------------------------------------------------------ going out

  /** Looks who may go; what is reported in the same turn of the loop is looked at together. */
  #soon(): void {
    if (this.#isStopped) return;
    this.#lookAgain = true;
    if (this.#isLooking || this.isEmpty) return;
    this.#isLooking = true;
    this.#looked = this.#look().finally(() => {
      this.#isLooking = false;
      this.#arm();
    });
  }

  async #look(): Promise<void> {
    do {
      await new Promise(setImmediate);
      this.#lookAgain = false;
      this.#isBlocked = false;
      this.#nextAt = Number.POSITIVE_INFINITY;
      // One after the other: the next one sees the permits and the room that this one has taken.
      while (this.#sendNext()) await new Promise(setImmediate);
    } while (this.#lookAgain && !this.#isStopped);
  }

  #sendNext(): boolean {
    const loads = this.#loads;
    if (this.#isStopped || !loads || !this.#ports.isOnline()) return false;
    const now = this.#ports.now();
    if (!this.#someOpen(now)) return false;
    const rooms = new Map<string | null, Room>();
    for (const one of this.#ordering.of(this.#ports.queue(), now)) {
      if (!this.#mayLeave(one, now)) continue;
      const room = rooms.get(one.within) ?? this.#roomIn(one.within, loads, now);
      rooms.set(one.within, room);
      const news = this.#newsFor(one, room);
      if (!isDue(one, news, now)) this.#nextAt = Math.min(this.#nextAt, dueAt(one, news));
      else if (this.#hasPlace(one, room, loads, now)) {
        this.#go(one.id as QueueId);
        return true;
      }
    }
    return false;
  }

  /** Not so while it is on its way, while its client is on its way to its seat, and for a moment after it found nobody. */
  #mayLeave({ id: name }: Waiting, now: Millis): boolean {
    const id = name as QueueId;
    if (this.#running.has(id)) return false;
    const waiters = this.#waiters.get(id);
    if (waiters && !waiters.some(({ isWaiting }) => isWaiting)) return false;
    const rests = (this.#restUntil.get(id) ?? 0) > now;
    if (rests) this.#isBlocked = true;
    return !rests;
  }

  #someOpen(now: Millis): boolean {
    let some = false;
    const { endpoints } = this.#ports.view();
    const { healthAware } = this.#ports.policy();
    for (const [id, endpoint] of endpoints) {
      const open = isAvailable(endpoint, healthAware, now);
      if (open) some = true;
      if (open && this.#open.get(id) === false) this.#openedAt.set(id, now);
      this.#open.set(id, open);
    }
    for (const id of this.#open.keys()) {
      if (endpoints.has(id)) continue;
      this.#open.delete(id);
      this.#openedAt.delete(id);
    }
    return some;
  }

  #roomIn(within: string | null, loads: InFlightCounter, now: Millis): Room {
    const all = reachable(this.#ports.view(), within);
    const { healthAware } = this.#ports.policy();
    const free = all
      .map((endpoint) => ({ endpoint, places: placesAt(endpoint, loads, healthAware, now) }))
      .filter(hasPlaces);
    // Those that are being written down will take theirs in a moment.
    const promised = [...this.#running.values()].filter(({ isUnderWay }) => !isUnderWay).length;
    return {
      openedAt: Math.max(0, ...all.map(({ id }) => this.#openedAt.get(id) ?? 0)),
      isOpen: all.some((endpoint) => isAvailable(endpoint, healthAware, now)),
      places: free.reduce((sum, { places }) => sum + places, -promised),
      isHealthy: free.some(({ endpoint }) => endpoint.state === 'healthy'),
    };
  }

  /** The last time that somebody who could answer it came back, or that its client asked. */
  #newsFor({ id }: Waiting, { openedAt }: Room): Millis {
    return Math.max(this.#askedAt.get(id as QueueId) ?? 0, openedAt);
  }

  #hasPlace({ id }: Waiting, room: Room, loads: InFlightCounter, now: Millis): boolean {
    const { attempt = 0 } = this.#ports.queue().item(id as QueueId) ?? {};
    const mayGo = room.places > 0 && (attempt === 0 || room.isHealthy || loads.spend(now));
    if (!mayGo && room.isOpen) this.#isBlocked = true;
    return mayGo;
  }

  #go(id: QueueId): void {
    const isAwaited = () => this.#waiters.has(id);
    const attemptLog = new ItemAttemptLog(this.#ports, id, isAwaited, () => {
      this.#running.delete(id);
      if (!attemptLog.hasStarted) this.#restUntil.set(id, this.#ports.now() + restMs);
      this.#soon();
    });
    this.#running.set(id, attemptLog);
    this.#restUntil.delete(id);
    const item = this.#ports.queue().item(id) as QueueItem;
    const waiter = this.#waiters.get(id)?.find(({ isWaiting }) => isWaiting);
    if (waiter) waiter.give({ type: 'go', attemptLog, expiresAt: item.expiresAt });
    else this.#background.run(id, item, attemptLog, this.#loads as InFlightCounter);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const now = this.#ports.now();
    let nextAt = this.#isBlocked ? Math.min(this.#nextAt, now + lookAgainMs) : this.#nextAt;
    const queue = this.#ports.queue();
    for (const id of queue.waiting()) {
      const { nextRetryAt } = queue.snapshot(id).context;
      if (nextRetryAt !== null && nextRetryAt > now) nextAt = Math.min(nextAt, nextRetryAt);
    }
    if (nextAt === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#soon(), Math.max(0, nextAt - now));
  }
}

function isAlike(item: QueueItem | undefined, asked: Asked): boolean {
  const kept = item?.asked;
  return (
    !!kept &&
    !isNobodys(item.state) &&
    kept.session === asked.session &&
    kept.bytes === asked.body.length &&
    kept.within === asked.within &&
    kept.path === asked.path + asked.query &&
    kept.method === asked.method
  );
}

/** An answer that is past its time, or that the disk did not take, is nobody's. */
function isJoinable(item: QueueItem | undefined, hash: string, now: Millis): boolean {
  if (item?.asked?.requestHash !== hash || isNobodys(item.state)) return false;
  if (item.state !== 'answered') return item.state === 'retrying' || item.state === 'unknown' || item.expiresAt > now;
  return item.answer !== null && item.expiresAt > now;
}
