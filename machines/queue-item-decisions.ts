/** What a report about a queued request leads to: the report itself where it counts, and the decisions that follow from it. */
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
import type { QueueReason } from '../events/reason.ts';
import type { Moment } from './moment.ts';
import { type Data, isOver, itemStatus, type QueueItem, type QueueItemSnapshot } from './queue-item.ts';
import { delayMs, type QueuePolicy } from './queue-policy.ts';

/** How an attempt ended without an answer. `failure` null: it was refused for what it is. */
export interface FailedTry extends AttemptName {
  readonly failure: Failure | null;
  readonly retryAfterMs: Millis | null;
  readonly detail: QueueReason | null;
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
  // Its attempts are used up, and a client still waits: only news of an endpoint makes one more.
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
