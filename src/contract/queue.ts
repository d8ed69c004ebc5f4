/** The contract of the retry queue. */

import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { QueuePriority, QueueStrategy } from '../../events/queue.ts';
import type { QueueReason, ReasonOrWord } from '../../events/reason.ts';
import type { QueueItemState } from '../../machines/queue-item.ts';
import { flag, name, nothing, number, one, optional, pathMax, text, whole } from './fields.ts';
import type { FactRow } from './history.ts';
import { moment } from './moment.ts';
import { asks, changes, changesWhatIs, showsOrChanges } from './operation.ts';

export interface QueueItemRow {
  readonly id: string;
  readonly requestId: string;
  readonly state: QueueItemState;
  readonly priority: QueuePriority;
  readonly strategy: QueueStrategy;
  readonly enqueuedAt: string;
  readonly since: string;
  readonly expiresAt: string;
  /** The gateway's own retries, after the client's attempts. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly nextRetryAt: string | null;
  readonly reason: ReasonOrWord<QueueReason>;
  /** The endpoint that was asked last. */
  readonly endpoint: string | null;
  readonly model: string | null;
  readonly session: string | null;
  readonly bytes: number;
}

/** What became of an item that was dropped, with what it was before. */
export interface DroppedItem {
  readonly id: string;
  readonly requestId: string;
  readonly was: QueueItemState;
  /** A cancelled item stays to be seen for a week; a forgotten one is in the history alone. */
  readonly is: 'cancelled' | 'forgotten';
}

const queueState = one(['waiting', 'retrying', 'answered', 'dead', 'unknown', 'cancelled']);
const settingValue = v.union([text(pathMax), number, flag], 'a text, a number, or true or false');

export const queueContract = {
  'queue.status': asks('read', nothing).answers<
    Readonly<Record<QueueItemState, number>> & {
      readonly enabled: boolean;
      /** All that are kept, in whatever state. */
      readonly size: number;
      /** Of stored requests and answers. */
      readonly bytes: number;
      /** Of open items. */
      readonly oldestAt: string | null;
      readonly totals: {
        readonly enqueued: number;
        readonly retried: number;
        readonly succeeded: number;
        readonly died: number;
        readonly dropped: number;
      };
    }
  >(),
  /** Without a moment: now. */
  'queue.list': asks(
    'read',
    v.strictObject({ limit: optional(whole), state: optional(queueState), moment: optional(moment) }),
  ).answers<{
    readonly items: readonly QueueItemRow[];
  }>(),
  'queue.show': asks('read', v.strictObject({ id: name })).answers<
    QueueItemRow & { readonly facts: readonly FactRow[] }
  >(),
  /** `body` in base64: an answer is bytes. */
  'queue.answer': asks('never', v.strictObject({ id: name })).answers<{
    readonly id: string;
    readonly status: number;
    readonly bytes: number;
    readonly body: string;
  }>(),
  'queue.retry': changesWhatIs('write', v.strictObject({ id: name })).answers<QueueItemRow>(),
  /** Cancels an open item, and forgets a finished one. In both cases its data key is destroyed. */
  'queue.drop': changesWhatIs('write', v.strictObject({ id: name })).answers<DroppedItem>(),
  'queue.retryAll': changesWhatIs('write', nothing).answers<{ readonly retried: number }>(),
  'queue.clear': changes('write', v.strictObject({ state: optional(queueState) })).answers<{
    readonly cleared: number;
  }>(),
  /** By the name after `queue.`; all or nothing. */
  'queue.config': showsOrChanges('write', v.record(name, settingValue)).answers<{
    readonly settings: Readonly<Record<string, SettingValue>>;
  }>(),
};
