/** What would move a queued request, where to, and when: for `qcc debug`. */
import type { Next } from './moment.ts';
import { itemStatus, type QueueItem, type QueueItemSnapshot } from './queue-item.ts';

export function nextOfItem(snapshot: QueueItemSnapshot): readonly Next[] {
  const item = itemStatus(snapshot);
  const { state, timer } = item;
  const steps = [nextStep(item)].filter((step) => step !== null);
  if (timer === null) return steps;
  const to = state === 'waiting' ? 'dead' : 'forgotten';
  return [...steps, { on: 'expiry', to, at: timer.dueAt, rule: 'expiry', params: {} }];
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
      };
    case 'retrying':
      return {
        on: 'answer',
        to: 'answered',
        at: null,
        rule: 'answerAwaited',
        params: {},
      };
    case 'unknown':
      return {
        on: 'queue retry',
        to: 'waiting',
        at: null,
        rule: 'maybeBilled',
        params: {},
      };
    case 'dead':
      if (isGone) return null;
      return {
        on: 'queue retry',
        to: 'waiting',
        at: null,
        rule: 'retriesUsedUp',
        params: {},
      };
    default:
      return null;
  }
}
