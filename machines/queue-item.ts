/**
 * The queue item machine: which fact may follow which (`queueItemChart`), and what a report leads to (`decideQueueItem`).
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
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type {
  AskedBy,
  AttemptName,
  QueueDecision,
  QueuedAnswer,
  QueuedRequest,
  QueueFact,
  QueueReport,
} from '../events/queue.ts';
import type { Moment, Next, Timer } from './moment.ts';
import { delayMs, keptMs, type QueuePolicy } from './queue-policy.ts';

type Data<Type extends QueueFact['type']> = Extract<QueueFact, { type: Type }>['data'];
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
  readonly reason: string;
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

/** Given up, or cleared: nobody joins it. */
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

// ------------------------------------------------------------------------------------------------ decisions

/** How an attempt ended without an answer. `failure` null: it was refused for what it is. */
export interface FailedTry extends AttemptName {
  readonly failure: Failure | null;
  readonly retryAfterMs: Millis | null;
  readonly detail: string | null;
  /** Its client waits for it still: it is not given up before that client is. */
  readonly isAwaited: boolean;
}

type Told = Extract<
  QueueAsk,
  { type: 'BodyLost' | 'AnswerCollected' | 'QueuedRequestCancelled' | 'QueuedRequestForgotten' | 'TimerElapsed' }
>;

export type QueueAsk =
  | Exclude<QueueReport, { type: 'RetryStarted' | 'RetrySucceeded' | 'RetryAsked' }>
  | { readonly type: 'Ask'; readonly data: { readonly by: AskedBy } }
  | { readonly type: 'Start'; readonly data: { readonly endpoint: string; readonly epoch: string } }
  | {
      readonly type: 'Answered';
      readonly data: AttemptName & QueuedAnswer;
    }
  | { readonly type: 'Failed'; readonly data: FailedTry }
  /** The last client that waited for it has gone. */
  | { readonly type: 'Unawaited'; readonly data: Record<never, never> }
  /** What was kept of it cannot be read. */
  | { readonly type: 'BodyLost'; readonly data: Record<never, never> }
  /** A life of the gateway begins: what ran in another one was cut off. */
  | { readonly type: 'Found'; readonly data: { readonly epoch: string } };

/** The facts that follow from a report, itself included where it counts. None: it comes too late, or at a wrong place. */
export function decideQueueItem(
  snapshot: QueueItemSnapshot,
  report: QueueAsk,
  { now, dice }: Moment,
  policy: QueuePolicy,
): readonly QueueFact[] {
  const item = itemStatus(snapshot);
  switch (report.type) {
    case 'RequestQueued':
      return item.asked === null ? [report] : [];
    case 'Start':
      return started(item, report.data);
    case 'RetryAnswered':
    case 'RetryAbandoned':
      return runs(item, report.data) ? [report] : [];
    case 'Answered':
      if (!runs(item, report.data)) return [];
      return [{ type: 'RetrySucceeded', data: { ...report.data, expiresAt: now + policy.ttlMs } }];
    case 'Failed':
      return runs(item, report.data) ? failed(item, report.data, { now, dice }, policy) : [];
    case 'Unawaited':
      if (item.state !== 'waiting' || !isUsedUp(item)) return [];
      return [{ type: 'QueuedRequestDied', data: { because: 'retriesUsedUp', detail: item.reason } }];
    case 'Found':
      return found(item, report.data.epoch);
    case 'Ask':
      if (!mayBeAsked(item)) return [];
      return [{ type: 'RetryAsked', data: { by: report.data.by, expiresAt: now + policy.ttlMs } }];
    default:
      return takes(item, report);
  }
}

/** Reports that stand for themselves, where the state takes them. */
function takes(item: QueueItem, report: Told): readonly QueueFact[] {
  const { state } = item;
  switch (report.type) {
    case 'BodyLost':
      if (state !== 'waiting') return [];
      return [{ type: 'QueuedRequestDied', data: { because: 'bodyLost', detail: null } }];
    case 'AnswerCollected':
      return state === 'answered' ? [report] : [];
    case 'QueuedRequestCancelled':
      return state === 'answered' || state === 'cancelled' ? [] : [report];
    case 'QueuedRequestForgotten':
      return isOver(state) ? [report] : [];
    case 'TimerElapsed':
      return report.data.gen === item.timer?.gen ? elapsed(item, report) : [];
  }
}

function mayBeAsked({ state, isGone }: QueueItem): boolean {
  return (state === 'waiting' || state === 'dead' || state === 'unknown') && !isGone;
}

function found({ state, attempt, epoch }: QueueItem, now: string): readonly QueueFact[] {
  if (state !== 'retrying' || epoch === null || epoch === now) return [];
  return [{ type: 'RetryAbandoned', data: { attempt, epoch, because: 'gatewayDied' } }];
}

function runs({ state, attempt, epoch }: QueueItem, named: AttemptName): boolean {
  return state === 'retrying' && named.attempt === attempt && named.epoch === epoch;
}

function started(item: QueueItem, { endpoint, epoch }: { endpoint: string; epoch: string }): readonly QueueFact[] {
  if (item.state !== 'waiting' && item.state !== 'retrying') return [];
  return [{ type: 'RetryStarted', data: { attempt: item.attempt + 1, epoch, endpoint } }];
}

function failed(
  item: QueueItem,
  { attempt, epoch, failure, retryAfterMs, detail, isAwaited }: FailedTry,
  { now, dice }: Moment,
  policy: QueuePolicy,
): readonly QueueDecision[] {
  const asked = item.asked as QueuedRequest;
  const retryable = failure !== null;
  // Its tries are used up, and somebody waits still: only news of an endpoint makes one more.
  const isExtra = retryable && isAwaited && isUsedUp(item);
  const usual = retryable ? delayMs(asked.strategy, item.tries, retryAfterMs, policy, dice) : 0;
  const delay = isExtra ? Math.max(usual, item.expiresAt - now) : usual;
  const back: QueueDecision = {
    type: 'RetryFailed',
    data: { attempt, epoch, failure, detail, retryable, delayMs: delay, nextRetryAt: now + delay },
  };
  const because = whyItDies(item, retryable, isAwaited, now);
  return because === null ? [back] : [back, { type: 'QueuedRequestDied', data: { because, detail } }];
}

function isUsedUp({ tries, asked }: QueueItem): boolean {
  return tries >= (asked?.maxAttempts ?? 0);
}

function whyItDies(
  item: QueueItem,
  retryable: boolean,
  isAwaited: boolean,
  now: Millis,
): Data<'QueuedRequestDied'>['because'] | null {
  if (!retryable) return 'refused';
  if (now >= item.expiresAt) return 'expired';
  return isUsedUp(item) && !isAwaited ? 'retriesUsedUp' : null;
}

/** A try that runs is let end; what waits is too late; what is over has been kept long enough. */
function elapsed({ state }: QueueItem, report: Extract<QueueReport, { type: 'TimerElapsed' }>): readonly QueueFact[] {
  if (state === 'waiting') return [report, { type: 'QueuedRequestDied', data: { because: 'expired', detail: null } }];
  if (state === 'retrying') return [report];
  return [report, { type: 'QueuedRequestForgotten', data: { because: 'expired' } }];
}

/** For `qcc debug`: what would move it, and when. */
export function nextOfItem(snapshot: QueueItemSnapshot): readonly Next[] {
  const item = itemStatus(snapshot);
  const { state, timer } = item;
  const steps = [nextStep(item)].filter((step) => step !== null);
  if (timer === null) return steps;
  const to = state === 'waiting' ? 'dead' : 'forgotten';
  return [...steps, { on: 'expiry', to, at: timer.dueAt, rule: 'expiry', params: {}, because: 'its time is up then' }];
}

function nextStep({ state, nextRetryAt, tries, asked, isGone }: QueueItem): Next | null {
  const most = asked?.maxAttempts ?? 0;
  switch (state) {
    case 'waiting':
      return {
        on: 'retry',
        to: 'retrying',
        at: nextRetryAt,
        rule: 'retriesLeft',
        params: { tries, most },
        because: `${tries} of ${most} retries are made; it goes then, or when an endpoint comes back`,
      };
    case 'retrying':
      return {
        on: 'answer',
        to: 'answered',
        at: null,
        rule: 'answerAwaited',
        params: {},
        because: 'it was sent, and its answer is awaited',
      };
    case 'unknown':
      return {
        on: 'queue retry',
        to: 'waiting',
        at: null,
        rule: 'maybeBilled',
        params: {},
        because: 'it was sent and cut off, and may have been billed: its client or you must ask for it again',
      };
    case 'dead':
      if (isGone) return null;
      return {
        on: 'queue retry',
        to: 'waiting',
        at: null,
        rule: 'retriesUsedUp',
        params: {},
        because: 'it was given up: qcc queue retry',
      };
    default:
      return null;
  }
}
