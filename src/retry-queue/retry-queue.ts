/**
 * The retry queue: requests that no endpoint can answer are written down here, and their clients wait here. `dispatcher.ts` sends
 * them out again, in the order that `machines/queue-policy.ts` says.
 */
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf, type QueueId, queueIdOf } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import { type QueueReason, reason } from '../../events/reason.ts';
import { isNobodys, type QueueItem } from '../../machines/queue-item.ts';
import { delayMs, mayBeQueued, priorityOf, roomFor } from '../../machines/queue-policy.ts';
import type { Asked, InFlightCounter, ProxyQueue, StoredAnswer, Waiter } from '../proxy/retry-queue.ts';
import { endToEnd, headerIn } from '../proxy/upstream/headers.ts';
import type { AnswerHead } from './attempt-log.ts';
import type { Background } from './background.ts';
import { Dispatcher } from './dispatcher.ts';
import type { QueuePorts } from './ports.ts';
import { ClientWaiter } from './waiter.ts';
import { Waiters } from './waiters.ts';

/** What the blob of a request says beside its body. */
export interface RequestHead {
  readonly headers: readonly string[];
}

// The client hangs up at 300 s (measured); what is left is for the answer's first byte.
const patienceMs = 280_000;

export class RetryQueue implements ProxyQueue {
  readonly #ports: QueuePorts;
  readonly #background: Background;
  readonly #waiters = new Waiters();
  readonly #dispatcher: Dispatcher;
  /** Their clients' connections were reset while they waited. */
  readonly #lost = new Set<QueueId>();
  /** What is being written: it takes room already. */
  readonly #taking = new Map<QueueId, number>();
  #isStopped = false;

  constructor(ports: QueuePorts, background: Background) {
    this.#ports = ports;
    this.#background = background;
    this.#dispatcher = new Dispatcher(ports, background, this.#waiters);
    ports.onFacts((facts) => this.#heard(facts));
  }

  attach(inFlight: InFlightCounter): void {
    this.#dispatcher.attach(inFlight);
  }

  /** A life begins: what another one had under way was cut off. On the disk before a client is let in. */
  async recover(): Promise<void> {
    const { epoch, blobs } = this.#ports;
    const found = [...this.#ports.queue().snapshots()].map(
      ([id]) => this.#ports.tell(id, { type: 'Found', data: { epoch } }, true).done,
    );
    await Promise.all(found);
    // Not in the way of the start: what it removes has no name left.
    void blobs.sweep(this.#ports.queue().blobs()).catch(() => {});
  }

  resume(): void {
    this.#background.resume();
  }

  drain(): void {
    this.#isStopped = true;
    this.#dispatcher.stop();
    for (const waiter of this.#waiters.all()) waiter.leave();
  }

  /** After `drain`: attempts in the background may end. One that does not is aborted, and its outcome is unknown. */
  async close(graceMs: Millis): Promise<void> {
    this.drain();
    await this.#background.close(graceMs);
    await this.#dispatcher.idle;
  }

  /** What is given up or cleared stays to be seen, for a week; no client joins it. */
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
    this.#dispatcher.askedFor(id);
    return this.#waiterAt(id, asked);
  }

  /** Its client was reset, and does not send it again but asks something else: it was cancelled there. */
  #movedOn({ path }: Asked, session: string): void {
    if (this.#lost.size === 0 || path !== '/v1/messages') return;
    for (const id of [...this.#ports.queue().ofSession(session)])
      if (this.#lost.delete(id)) this.#cancel(id, reason('sessionMovedOn'));
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

  async take(asked: Asked, because: QueueReason, retryAfterMs: Millis | null): Promise<Waiter | 'full' | null> {
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
    because: QueueReason,
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
    // It waits before the fact is told: its client must not seem to have gone.
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
    more: { body: string; requestHash: string; because: QueueReason; retryAfterMs: Millis | null },
  ): QueuedRequest {
    const { strategy, maxRetries, ttlMs, ...delays } = this.#ports.policy();
    const now = this.#ports.now();
    const { body, requestHash, because, retryAfterMs } = more;
    const { id, method, path, query, within, session, token, model, stream, rawHeaders } = asked;
    return {
      request: id,
      body,
      bytes: asked.body.length,
      method,
      path: path + query,
      within,
      session,
      ...(token && { token: token.name, tokenAt: token.addedAt }),
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
      because,
    };
  }

  #hashOf({ method, path, query, within, session, body }: Asked): Promise<string> {
    return this.#ports.blobs.fingerprint([method, path + query, within ?? '', session ?? '', body]);
  }

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
    this.#waiters.add(waiter);
    return waiter;
  }

  /** No client waits for its answer, and nothing was sent: nothing will be. What runs may have been billed, and is let end. */
  #cancel(id: QueueId, because: QueueReason): void {
    if (this.#waiters.has(id) || this.#ports.queue().item(id)?.state !== 'waiting') return;
    this.#ports.tell(id, { type: 'QueuedRequestCancelled', data: { because } }, true);
  }

  #changed(waiter: ClientWaiter, request: string): void {
    const { item: id } = waiter;
    if (waiter.isOver) {
      this.#waiters.remove(waiter);
      if (!this.#waiters.has(id)) this.#ports.tell(id, { type: 'Unawaited', data: {} }, true);
      this.#dispatcher.soon();
      return;
    }
    const state = this.#ports.queue().item(id)?.state;
    if (state === 'answered') void this.#deliver(waiter, request);
    else if (state === 'retrying') void this.#follow(waiter, request);
    else if (state !== 'waiting') waiter.leave();
    else this.#dispatcher.soon();
  }

  async #deliver(waiter: ClientWaiter, request: string): Promise<void> {
    const answer = await this.#storedAnswer(waiter.item);
    if (!answer || !waiter.isWaiting) return waiter.leave();
    this.#hand(waiter, request, answer);
  }

  /** Once the answer of the running attempt has passed the commit gate, it is this client's too, as it comes. */
  async #follow(waiter: ClientWaiter, request: string): Promise<void> {
    const coming = await this.#dispatcher.running(waiter.item)?.following();
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
      if (type === 'RetryAbandoned') this.#askAgain(id);
      if (endsBlob(type, data)) this.#destroy(id);
      if (movesWaiters.has(type)) this.#nudgeWaiters(id);
    }
    // The outcome of a request changes nothing here.
    if (facts.length > 1 || kindOf(facts[0]?.stream ?? '') !== 'request') this.#dispatcher.soon();
  }

  /** No client can have it any more, and its data key is destroyed. */
  #destroy(id: QueueId): void {
    this.#background.stop(id);
    this.#dispatcher.forget(id);
    this.#lost.delete(id);
    void this.#ports.blobs.destroy(id).catch(() => {});
  }

  #nudgeWaiters(id: QueueId): void {
    for (const waiter of this.#waiters.of(id)) if (waiter.isWaiting) waiter.nudge();
  }

  /** The client that it went out with has left, and others wait for the same answer: they ask. */
  #askAgain(id: QueueId): void {
    if (!this.#waiters.has(id) || this.#isStopped) return;
    setImmediate(() => {
      if (this.#waiters.has(id)) this.#ports.tell(id, { type: 'Ask', data: { by: 'client' } }, true);
    });
  }
}

/** What a waiter has to hear of: an answer has begun or come, or will never come. */
const movesWaiters: ReadonlySet<string> = new Set([
  'QueuedRequestCancelled',
  'QueuedRequestForgotten',
  'QueuedRequestDied',
  'RetryAnswered',
  'RetrySucceeded',
]);

function endsBlob(type: string, data: object): boolean {
  if (type === 'QueuedRequestDied') return (data as { because: string }).because === 'expired';
  return type === 'QueuedRequestCancelled' || type === 'QueuedRequestForgotten';
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

/** An answer that is past its time, or that the disk did not take, goes to no client. */
function isJoinable(item: QueueItem | undefined, hash: string, now: Millis): boolean {
  if (item?.asked?.requestHash !== hash || isNobodys(item.state)) return false;
  if (item.state !== 'answered') return item.state === 'retrying' || item.state === 'unknown' || item.expiresAt > now;
  return item.answer !== null && item.expiresAt > now;
}
