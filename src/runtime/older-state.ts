/** Converts a state saved by a former version to the present form: the facts that led to it may be gone from the log. */
import { callReasonOf, ladderReasonOf, queueReasonOf, reasonGiven } from '../../events/old-sentences.ts';

interface Older {
  readonly endpoints: readonly (readonly [string, { readonly context: { readonly lastError: string | null } }])[];
  readonly recent: readonly (readonly [string, { readonly lastError: string | null }])[];
  readonly switches: readonly { readonly kind: string; readonly reason: string }[];
  readonly queue: { readonly items: readonly (readonly [string, { readonly context: OlderItem }])[] };
}

interface OlderItem {
  readonly reason: string;
  readonly asked: { readonly because: string } | null;
}

/** Form 3 had reasons as English sentences. */
export function upgradedState(saved: object): object {
  const { endpoints, recent, switches, queue } = saved as Older;
  return {
    ...saved,
    endpoints: endpoints.map(([id, one]) => [id, { ...one, context: withErrorCode(one.context) }]),
    recent: recent.map(([id, row]) => [id, withErrorCode(row)]),
    switches: switches.map((one) => ({
      ...one,
      reason: one.kind === 'manual' ? reasonGiven(one.reason) : ladderReasonOf(one.reason),
    })),
    queue: { ...queue, items: queue.items.map(([id, one]) => [id, { ...one, context: withReasonCode(one.context) }]) },
  };
}

function withErrorCode<Row extends { readonly lastError: string | null }>(row: Row): object {
  const { lastError } = row;
  // The words of a failure were one word already.
  if (lastError === null || /^[a-z][A-Za-z]*$/.test(lastError)) return row;
  return { ...row, lastError: callReasonOf(lastError) };
}

function withReasonCode(item: OlderItem): object {
  const { reason, asked } = item;
  return {
    ...item,
    reason: queueReasonOf(reason),
    asked: asked && { ...asked, because: queueReasonOf(asked.because) },
  };
}
