/** What would move a queued request, where to, and when: for `qcc debug`. */
import type { Next } from './moment.ts';
import { itemStatus, type QueueItem, type QueueItemSnapshot } from './queue-item.ts';

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
