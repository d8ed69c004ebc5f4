/** Sends queued requests out again, one after the other, as soon as an endpoint has room for one. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { isAvailable } from '../../machines/available.ts';
import { drawsOnBudget } from '../../machines/failover-policy.ts';
import { reachable } from '../../machines/passed-over.ts';
import type { QueueItem } from '../../machines/queue-item.ts';
import { byToken, dueAt, isDue, placesAt, type Waiting } from '../../machines/queue-policy.ts';
import type { InFlightCounter } from '../proxy/retry-queue.ts';
import { ItemAttemptLog } from './attempt-log.ts';
import type { Background } from './background.ts';
import { Ordering } from './ordering.ts';
import type { QueuePorts } from './ports.ts';
import type { Waiters } from './waiters.ts';

// An attempt that found no endpoint to ask: things are about to change, and are looked at again.
const restMs = 250;
// While requests wait for room, a call is about to end.
const lookAgainMs = 50;
// A token gets a wider budget, or a new lifetime, by a person's command.
const tokenLookMs = 2_000;

/** What a request can count on where it may go, at this moment. */
interface Room {
  /** When the last one came back. */
  readonly openedAt: Millis;
  readonly isOpen: boolean;
  readonly places: number;
  /** There is a place at a healthy endpoint. */
  readonly isHealthy: boolean;
}

const hasPlaces = ({ places }: { readonly places: number }) => places > 0;

export class Dispatcher {
  readonly #ports: QueuePorts;
  readonly #background: Background;
  readonly #waiters: Waiters;
  readonly #running = new Map<QueueId, ItemAttemptLog>();
  readonly #ordering = new Ordering();
  /** When its client asked again. */
  readonly #askedAt = new Map<QueueId, Millis>();
  readonly #restUntil = new Map<QueueId, Millis>();
  readonly #open = new Map<EndpointId, boolean>();
  readonly #openedAt = new Map<EndpointId, Millis>();
  #inFlight: InFlightCounter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looked: Promise<void> = Promise.resolve();
  #isLooking = false;
  #lookAgain = false;
  #isBlocked = false;
  /** When the first one is due that has heard of an endpoint's coming back; the others have their own times. */
  #nextAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(ports: QueuePorts, background: Background, waiters: Waiters) {
    this.#ports = ports;
    this.#background = background;
    this.#waiters = waiters;
  }

  attach(inFlight: InFlightCounter): void {
    this.#inFlight = inFlight;
    this.soon();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Resolves when what it looks at now has been looked at. */
  get idle(): Promise<void> {
    return this.#looked;
  }

  /** The attempt of a request that is out at this moment. */
  running(id: QueueId): ItemAttemptLog | undefined {
    return this.#running.get(id);
  }

  /** Its client has sent it again: that is news, as an endpoint's coming back is. */
  askedFor(id: QueueId): void {
    this.#askedAt.set(id, this.#ports.now());
  }

  forget(id: QueueId): void {
    this.#askedAt.delete(id);
    this.#restUntil.delete(id);
  }

  /** Looks who may go; what is reported in the same turn of the loop is looked at together. */
  soon(): void {
    if (this.#isStopped) return;
    this.#lookAgain = true;
    if (this.#isLooking || this.#ports.queue().isNobodys) return;
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
    const inFlight = this.#inFlight;
    if (this.#isStopped || !inFlight || !this.#ports.isOnline()) return false;
    const now = this.#ports.now();
    if (!this.#someOpen(now)) return false;
    const rooms = new Map<string, Room>();
    for (const one of this.#ordering.of(this.#ports.queue(), now)) {
      if (!this.#mayLeave(one, now)) continue;
      const model = this.#ports.queue().item(one.id as QueueId)?.asked?.model ?? null;
      const where = `${one.within ?? ''} ${model ?? ''}`;
      const room = rooms.get(where) ?? this.#roomIn({ within: one.within, model }, inFlight, now);
      rooms.set(where, room);
      const news = this.#newsFor(one, room);
      if (!isDue(one, news, now)) this.#nextAt = Math.min(this.#nextAt, dueAt(one, news));
      else if (this.#hasPlace(one, room, inFlight, now)) {
        this.#go(one.id as QueueId);
        return true;
      }
    }
    return false;
  }

  /** Not so while it is on its way, while its client is about to wait for it, and for a moment after it found no endpoint. */
  #mayLeave({ id: name }: Waiting, now: Millis): boolean {
    const id = name as QueueId;
    if (this.#running.has(id)) return false;
    if (this.#waiters.has(id) && !this.#waiters.ready(id)) return false;
    const rests = (this.#restUntil.get(id) ?? 0) > now;
    if (rests) this.#isBlocked = true;
    return !rests && (this.#waiters.has(id) || this.#mayCost(id, now));
  }

  /** A client that waits was let in with its token. What goes without one is not sent when that token may not be used any more. */
  #mayCost(id: QueueId, now: Millis): boolean {
    const asked = this.#ports.queue().item(id)?.asked;
    if (!asked?.token) return true;
    const answer = byToken(this.#ports.tokenStanding(asked));
    if (answer === 'cancel') {
      const because = reason('tokenEnded', { token: asked.token });
      this.#ports.tell(id, { type: 'QueuedRequestCancelled', data: { because } }, true);
    }
    if (answer === 'wait') this.#nextAt = Math.min(this.#nextAt, now + tokenLookMs);
    return answer === 'send';
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

  #roomIn(
    { within, model }: { readonly within: string | null; readonly model: string | null },
    inFlight: InFlightCounter,
    now: Millis,
  ): Room {
    const all = reachable(this.#ports.view(), within, model);
    const { healthAware } = this.#ports.policy();
    const free = all
      .map((endpoint) => ({ endpoint, places: placesAt(endpoint, inFlight, healthAware, now) }))
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

  /** The last time that an endpoint that could answer it came back, or that its client asked. */
  #newsFor({ id }: Waiting, { openedAt }: Room): Millis {
    return Math.max(this.#askedAt.get(id as QueueId) ?? 0, openedAt);
  }

  #hasPlace({ id }: Waiting, room: Room, inFlight: InFlightCounter, now: Millis): boolean {
    const { attempt = 0 } = this.#ports.queue().item(id as QueueId) ?? {};
    const isFree = !drawsOnBudget(attempt === 0, room.isHealthy);
    const mayGo = room.places > 0 && (isFree || inFlight.spend(now));
    if (!mayGo && room.isOpen) this.#isBlocked = true;
    return mayGo;
  }

  #go(id: QueueId): void {
    const isAwaited = () => this.#waiters.has(id);
    const attemptLog = new ItemAttemptLog(this.#ports, id, isAwaited, () => {
      this.#running.delete(id);
      if (!attemptLog.hasStarted) this.#restUntil.set(id, this.#ports.now() + restMs);
      this.soon();
    });
    this.#running.set(id, attemptLog);
    this.#restUntil.delete(id);
    const item = this.#ports.queue().item(id) as QueueItem;
    const waiter = this.#waiters.ready(id);
    if (waiter) waiter.give({ type: 'go', attemptLog, expiresAt: item.expiresAt });
    else this.#background.run(id, item, attemptLog, this.#inFlight as InFlightCounter);
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
    this.#timer = setTimeout(() => this.soon(), Math.max(0, nextAt - now));
  }
}
