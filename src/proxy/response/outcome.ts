/** What an attempt is given, and what it comes to. */
import type { Millis } from '../../../events/fact.ts';
import type { CallReason } from '../../../events/reason.ts';
import type { Attempt, AttemptNote } from '../../../events/request.ts';
import type { Verdict } from '../../../machines/classify.ts';
import type { Head } from '../upstream/headers.ts';

export interface Asked {
  readonly wantsStream: boolean;
  readonly isMessages: boolean;
  /** `count_tokens`: only a number is an answer to it. */
  readonly isCount: boolean;
  /** An answer that has no body, whatever it says of its length. */
  readonly isHead: boolean;
  readonly model: string | null;
  /** This endpoint has answered messages before: its address and path are right. */
  readonly hasAnswered?: boolean;
  /** The request's; looked at until something of an answer has gone out. */
  readonly body?: Buffer | null;
  readonly now: () => Millis;
  /** Our own headers, as flat pairs. */
  readonly added: (ttfbMs: Millis) => string[];
}

export type Outcome =
  /** The answer went out whole. */
  | { readonly kind: 'served'; readonly status: number; readonly noted?: AttemptNote }
  /** The client has seen nothing; another endpoint may be asked. `head` and `body` are there for an answer that had a status. */
  | {
      readonly kind: 'failed';
      readonly verdict: Verdict;
      readonly head: Head | null;
      readonly body: Buffer;
      readonly detail: CallReason;
      /** The system's, where no answer came; null otherwise. */
      readonly code: string | null;
      readonly stale: boolean;
    }
  /** Content was given on, and the rest will not come: the receiver is aborted. */
  | { readonly kind: 'broken'; readonly detail: CallReason }
  | { readonly kind: 'cancelled' };

/** As it stands in the request's fact. */
export function outcomeWord(outcome: Outcome): Attempt['outcome'] {
  if (outcome.kind === 'served') return 'answered';
  if (outcome.kind === 'cancelled') return 'cancelled';
  if (outcome.kind === 'broken') return 'brokenAnswer';
  // What is the client's own affair was answered, as far as the endpoint goes.
  return outcome.verdict.failure ?? 'answered';
}
