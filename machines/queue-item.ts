/**
 * The queue item machine: which fact may follow which. What a report leads to is decided in `queue-item-decisions.ts`.
 *
 *   waiting ──RetryStarted──▶ retrying ──RetrySucceeded──▶ answered
 *      ▲  ▲                      │ │ └────RetryAbandoned──▶ unknown ──RetryAsked──▶ waiting
 *      │  └─────RetryFailed──────┘ │
 *      └────────RetryAsked──────── dead ◀──QueuedRequestDied── waiting, retrying
 *
 * `cancelled` from anywhere but the ends. What was sent and has no known answer is `unknown`: it may have been billed, and is
 * sent again only when its client or a person asks.
 */

import { type SnapshotFrom, setup } from 'xstate';
import type { Millis } from '../events/fact.ts';
import type { AttemptName, QueuedRequest, QueueFact } from '../events/queue.ts';
import type { QueueReason, ReasonOrWord } from '../events/reason.ts';
import type { Timer } from './moment.ts';
import { keptMs } from './queue-policy.ts';

export type Data<Type extends QueueFact['type']> = Extract<QueueFact, { type: Type }>['data'];
type ChartEvent = { [Type in QueueFact['type']]: { type: Type; at: Millis; data: Data<Type> } }[QueueFact['type']];

export type QueueItemState = 'waiting' | 'retrying' | 'answered' | 'dead' | 'unknown' | 'cancelled';

export interface QueueItemContext {
  readonly asked: QueuedRequest | null;
  readonly enqueuedAt: Millis;
  readonly since: Millis;
  /** The gateway's own tries, each of one attempt or of several at one endpoint after the other. */
  readonly tries: number;
  /** Counts calls of endpoints, and is the fence: results of an earlier one are late. */
  readonly attempt: number;
  readonly epoch: string | null;
  readonly endpoint: string | null;
  readonly nextRetryAt: Millis | null;
  readonly expiresAt: Millis;
  readonly reason: ReasonOrWord<QueueReason>;
  readonly answer: string | null;
  readonly answerBytes: number;
  readonly status: number | null;
  readonly collected: number;
  /** Its body was destroyed when its time ran out, or is lost: there is nothing that could be sent again. */
  readonly isGone: boolean;
  readonly gen: number;
  readonly timer: Timer<'expiry'> | null;
}

const fresh: QueueItemContext = {
  asked: null,
  enqueuedAt: 0,
  since: 0,
  tries: 0,
  attempt: 0,
  epoch: null,
  endpoint: null,
  nextRetryAt: null,
  expiresAt: 0,
  reason: '',
  answer: null,
  answerBytes: 0,
  status: null,
  collected: 0,
  isGone: false,
  gen: 0,
  timer: null,
};

const vocabulary = setup({ types: {} as { context: QueueItemContext; events: ChartEvent } });

const armed = ({ gen }: QueueItemContext, dueAt: Millis) => ({
  gen: gen + 1,
  timer: { name: 'expiry' as const, gen: gen + 1, dueAt },
});

const enqueue = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'RequestQueued') return {};
  const { nextRetryAt, expiresAt, because } = event.data;
  const { at } = event;
  return {
    asked: event.data,
    enqueuedAt: at,
    since: at,
    nextRetryAt,
    expiresAt,
    reason: because,
    ...armed(context, expiresAt),
  };
});
/** From `waiting` it is one more try; from `retrying` the next endpoint within it. */
const begin = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'RetryStarted') return {};
  const { attempt, epoch, endpoint } = event.data;
  const isNewTry = context.nextRetryAt !== null;
  return { attempt, epoch, endpoint, status: null, nextRetryAt: null, tries: context.tries + (isNewTry ? 1 : 0) };
});
const noteStatus = vocabulary.assign(({ event }) =>
  event.type === 'RetryAnswered' ? { status: event.data.status } : {},
);
const keepAnswer = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'RetrySucceeded') return {};
  const { answer, bytes, status, expiresAt } = event.data;
  return { answer, answerBytes: bytes, status, expiresAt, ...armed(context, expiresAt) };
});
const goBack = vocabulary.assign(({ event }) => {
  if (event.type !== 'RetryFailed') return {};
  const { nextRetryAt, detail, failure } = event.data;
  return { nextRetryAt, reason: detail ?? failure ?? 'refused' };
});
const abandon = vocabulary.assign(({ context, event }) => ({
  nextRetryAt: null,
  ...(event.type === 'RetryAbandoned' ? { reason: event.data.because } : {}),
  ...armed(context, (event.at ?? 0) + keptMs),
}));
const isGoneWith: ReadonlySet<string> = new Set(['expired', 'bodyLost']);
const die = vocabulary.assign(({ context, event }) => ({
  nextRetryAt: null,
  ...(event.type === 'QueuedRequestDied'
    ? { reason: event.data.detail ?? event.data.because, isGone: isGoneWith.has(event.data.because) }
    : {}),
  ...armed(context, (event.at ?? 0) + keptMs),
}));
const cancel = vocabulary.assign(({ context, event }) => ({
  nextRetryAt: null,
  ...(event.type === 'QueuedRequestCancelled' ? { reason: event.data.because } : {}),
  ...armed(context, (event.at ?? 0) + keptMs),
}));
/** A person's word begins it anew; a client that sends it again gets what is left, and one try at the least. */
const ask = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'RetryAsked') return {};
  const { by, expiresAt } = event.data;
  return {
    tries: by === 'user' ? 0 : context.tries,
    nextRetryAt: event.at,
    expiresAt,
    ...armed(context, expiresAt),
  };
});
const collect = vocabulary.assign(({ context }) => ({ collected: context.collected + 1 }));
const disarm = vocabulary.assign({ timer: null });
const sinceNow = vocabulary.assign(({ event }) => ({ since: event.at ?? 0 }));

const isCurrent = ({ context, event }: { context: QueueItemContext; event: ChartEvent }) =>
  event.type === 'TimerElapsed' && event.data.gen === context.timer?.gen;
/** Results are fenced: only those of the attempt that runs count. */
const isOfAttempt = ({ context, event }: { context: QueueItemContext; event: ChartEvent }) => {
  const { attempt, epoch } = event.data as AttemptName;
  return attempt === context.attempt && epoch === context.epoch;
};

export const queueItemChart = vocabulary.createMachine({
  id: 'queueItem',
  context: fresh,
  initial: 'waiting',
  states: {
    waiting: {
      entry: sinceNow,
      on: {
        RequestQueued: { actions: enqueue },
        RetryStarted: { target: 'retrying', actions: begin },
        RetryAsked: { actions: ask },
        QueuedRequestDied: { target: 'dead', actions: die },
        QueuedRequestCancelled: { target: 'cancelled', actions: cancel },
        TimerElapsed: { guard: isCurrent, actions: disarm },
      },
    },
    retrying: {
      entry: sinceNow,
      on: {
        RetryStarted: { actions: begin },
        RetryAnswered: { guard: isOfAttempt, actions: noteStatus },
        RetrySucceeded: { guard: isOfAttempt, target: 'answered', actions: keepAnswer },
        RetryFailed: { guard: isOfAttempt, target: 'waiting', actions: goBack },
        RetryAbandoned: { guard: isOfAttempt, target: 'unknown', actions: abandon },
        QueuedRequestDied: { target: 'dead', actions: die },
        QueuedRequestCancelled: { target: 'cancelled', actions: cancel },
        TimerElapsed: { guard: isCurrent, actions: disarm },
      },
    },
    answered: {
      entry: sinceNow,
      on: { AnswerCollected: { actions: collect }, TimerElapsed: { guard: isCurrent, actions: disarm } },
    },
    dead: {
      entry: sinceNow,
      on: {
        RetryAsked: { target: 'waiting', actions: ask },
        QueuedRequestCancelled: { target: 'cancelled', actions: cancel },
        TimerElapsed: { guard: isCurrent, actions: disarm },
      },
    },
    unknown: {
      entry: sinceNow,
      on: {
        RetryAsked: { target: 'waiting', actions: ask },
        QueuedRequestCancelled: { target: 'cancelled', actions: cancel },
        TimerElapsed: { guard: isCurrent, actions: disarm },
      },
    },
    cancelled: { entry: sinceNow, on: { TimerElapsed: { guard: isCurrent, actions: disarm } } },
  },
});

export type QueueItemSnapshot = SnapshotFrom<typeof queueItemChart>;
export type QueueItem = QueueItemContext & { readonly state: QueueItemState };

export function itemStatus(snapshot: QueueItemSnapshot): QueueItem {
  return { ...snapshot.context, state: snapshot.value };
}

export function timerOfItem({ context }: QueueItemSnapshot): Timer<'expiry'> | null {
  return context.timer;
}

const over: ReadonlySet<QueueItemState> = new Set(['answered', 'dead', 'cancelled']);

/** Nothing more happens to it by itself. */
export function isOver(state: QueueItemState): boolean {
  return over.has(state);
}

/** Given up, or cleared: no client joins it. */
export function isNobodys(state: QueueItemState): boolean {
  return state === 'dead' || state === 'cancelled';
}

const targetStates: Readonly<Record<string, QueueItemState>> = {
  RetryStarted: 'retrying',
  RetrySucceeded: 'answered',
  RetryFailed: 'waiting',
  RetryAbandoned: 'unknown',
  RetryAsked: 'waiting',
  QueuedRequestDied: 'dead',
  QueuedRequestCancelled: 'cancelled',
};

export function targetStateOfItem({ type }: { readonly type: string }): QueueItemState | null {
  return targetStates[type] ?? null;
}
