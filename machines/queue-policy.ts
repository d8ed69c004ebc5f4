/**
 * The queue's rules: what is queued and what never, when it is tried again, who goes next, and what makes room.
 * Everything here is a sentence about numbers; the chart and what a report leads to are in `queue-item.ts`.
 */
import type { Millis } from '../events/fact.ts';
import type { QueuePriority, QueueStrategy } from '../events/queue.ts';
import { dayMs, MiB, minuteMs } from '../events/units.ts';
import { isAvailable } from './available.ts';
import { roomAt } from './room.ts';
import type { InFlightView } from './route.ts';
import type { RoutableEndpoint } from './routing-view.ts';

export interface QueuePolicy {
  readonly enabled: boolean;
  readonly strategy: QueueStrategy;
  readonly baseDelayMs: Millis;
  readonly maxDelayMs: Millis;
  /** The gateway's own tries, after the client's. */
  readonly maxRetries: number;
  readonly ttlMs: Millis;
  readonly maxSize: number;
  /** Whether what is known of an endpoint's health keeps requests away from it: see `isAvailable`. */
  readonly healthAware: boolean;
}

// Five tries of an endpoint that flaps take half a minute at least.
const spreadBaseMs = 2_000;
/** Of bodies and answers together: an outage must not fill the disk. */
export const bytesMax = 256 * MiB;
/** For a week, a finished request can still be looked at, and tried again by hand. */
export const keptMs = 7 * dayMs;
// What an endpoint asks for is obeyed up to here: it is not believed to know more.
const retryAfterMax = 60 * minuteMs;

// ------------------------------------------------------------------------------------------------ what is queued

export interface Kind {
  readonly method: string;
  readonly path: string;
  /** Batches and files belong to one account. */
  readonly isPassthrough: boolean;
}

/** Messages and what counts their tokens: for anything else, waiting is of no use to who asks. */
export function mayBeQueued({ method, path, isPassthrough }: Kind): boolean {
  return method === 'POST' && !isPassthrough && (path === '/v1/messages' || path === '/v1/messages/count_tokens');
}

export interface Hints {
  /** `x-qcc-priority`. */
  readonly asked: string | null;
  /** `x-claude-code-request-class`: main, subagent, workflow, compaction or auxiliary, when the client tells. */
  readonly requestClass: string | null;
  readonly path: string;
}

const byClass: Readonly<Record<string, QueuePriority>> = { main: 'high', compaction: 'low', auxiliary: 'low' };

/** The priority that was asked for, else that of the kind of turn: a user waits for a main turn, and for no title. */
export function priorityOf({ asked, requestClass, path }: Hints): QueuePriority {
  const wanted = asked?.trim().toLowerCase();
  if (wanted === 'high' || wanted === 'normal' || wanted === 'low') return wanted;
  if (path.endsWith('/count_tokens')) return 'low';
  const known = requestClass?.trim().toLowerCase() ?? '';
  return (Object.hasOwn(byClass, known) ? byClass[known] : undefined) ?? 'normal';
}

// ------------------------------------------------------------------------------------------------ when again

/** After `tries` of the gateway's own. What the endpoint asks for comes before any strategy. */
export function delayMs(
  strategy: QueueStrategy,
  tries: number,
  retryAfterMs: Millis | null,
  { baseDelayMs, maxDelayMs }: Pick<QueuePolicy, 'baseDelayMs' | 'maxDelayMs'>,
  dice: number,
): Millis {
  if (retryAfterMs !== null) return Math.min(retryAfterMs, retryAfterMax);
  if (strategy === 'immediate') return 0;
  if (strategy === 'fixed') return Math.min(baseDelayMs, maxDelayMs);
  // Full jitter: those that fell together do not come back together.
  return Math.round(dice * Math.min(maxDelayMs, baseDelayMs * 2 ** tries));
}

// ------------------------------------------------------------------------------------------------ who goes next

/** What has become of the token that a queued request came with, or of the lack of one. */
export type TokenStanding = 'holds' | 'expired' | 'spent' | 'ended';

/**
 * Whether a request whose client has left may be sent at its token's cost. With one that has ended, its answer could not be collected; the
 * others may hold again before the request's time is over: with a new lifetime, a wider budget, or the next day.
 */
export function byToken(standing: TokenStanding): 'send' | 'wait' | 'cancel' {
  if (standing === 'holds') return 'send';
  return standing === 'ended' ? 'cancel' : 'wait';
}

export interface Waiting {
  readonly id: string;
  readonly priority: QueuePriority;
  readonly enqueuedAt: Millis;
  readonly nextRetryAt: Millis;
  /** When its last try failed; when it was queued, before that. */
  readonly since: Millis;
  /** Those that have failed. */
  readonly tries: number;
  readonly within: string | null;
}

const ranks: Readonly<Record<QueuePriority, number>> = { high: 0, normal: 1, low: 2 };
const stepMs = minuteMs;

/** One step up a minute, so that what is low is not kept waiting for ever by what keeps coming. */
function rank({ priority, enqueuedAt }: Waiting, now: Millis): number {
  return Math.max(0, ranks[priority] - Math.floor(Math.max(0, now - enqueuedAt) / stepMs));
}

export function inOrder(items: readonly Waiting[], now: Millis): readonly Waiting[] {
  return [...items].sort(
    (a, b) => rank(a, now) - rank(b, now) || a.enqueuedAt - b.enqueuedAt || (a.id < b.id ? -1 : 1),
  );
}

/** Its time has come, or an endpoint that can answer has come back, or its client has asked again, since it last failed. */
export function isDue(waiting: Waiting, news: Millis, now: Millis): boolean {
  return dueAt(waiting, news) <= now;
}

/**
 * When it may go at the earliest. News let it go before its time, but an endpoint that comes and goes must not use up its tries in a
 * few seconds: each further one waits twice as long as the one before.
 */
export function dueAt({ nextRetryAt, since, tries }: Waiting, news: Millis): Millis {
  if (news <= since) return nextRetryAt;
  return tries === 0 ? since : Math.min(nextRetryAt, since + spreadBaseMs * 2 ** (tries - 1));
}

/**
 * How many more may go to it: all that it has room for, the one half-open permit, or the share of its slow start. Panic mode is for
 * requests of clients, and not for what can wait.
 */
export function placesAt(
  endpoint: RoutableEndpoint,
  inFlight: Pick<InFlightView, 'count' | 'most' | 'isHalfOpenPermitFree'>,
  healthAware: boolean,
  now: Millis,
): number {
  const { id, state, ramp } = endpoint;
  if (!isAvailable(endpoint, healthAware, now)) return 0;
  if (state !== 'recovering' || !healthAware) return Math.max(0, roomAt(endpoint, inFlight));
  if (ramp === 0) return inFlight.isHalfOpenPermitFree(id) && inFlight.count(id) === 0 ? 1 : 0;
  return Math.max(0, roomAt(endpoint, inFlight, ramp));
}

// ------------------------------------------------------------------------------------------------ room

export interface Kept {
  readonly id: string;
  /** Nothing more is going to happen to it by itself. */
  readonly isOver: boolean;
  readonly since: Millis;
  readonly bytes: number;
}

/** What is forgotten so that one more fits: what is over, oldest first. Null: it does not fit, and nothing is forgotten. */
export function roomFor(bytes: number, kept: readonly Kept[], maxSize: number): readonly string[] | null {
  let size = kept.length + 1;
  let total = kept.reduce((sum, one) => sum + one.bytes, bytes);
  const forgotten: string[] = [];
  const over = kept.filter(({ isOver }) => isOver).sort((a, b) => a.since - b.since);
  for (const one of over) {
    if (size <= maxSize && total <= bytesMax) break;
    forgotten.push(one.id);
    size--;
    total -= one.bytes;
  }
  return size <= maxSize && total <= bytesMax ? forgotten : null;
}
