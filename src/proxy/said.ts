/** What the endpoints of a request have said instead of answering it: what the queue is told of it, and what its client is. */
import type { AttemptFailure, Failure } from '../../events/endpoint.ts';
import type { EndpointId, RequestId } from '../../events/ids.ts';
import { maybeBilled } from '../../machines/classify.ts';
import { isLasting, mostTelling } from '../../machines/failover.ts';
import type { Candidate } from '../../machines/route.ts';
import type { Why } from './parking.ts';
import type { Refusal } from './response/refusal.ts';

interface Word {
  readonly candidate: Candidate;
  readonly refusal: Refusal;
}

const notFound = 404;

const isMissing = ({ refusal }: Word) => refusal.verdict.isMissing === true;

export class Said {
  /** The last word of each, in the order in which they spoke. */
  readonly #words = new Map<EndpointId, Word>();

  get isNothing(): boolean {
    return this.#words.size === 0;
  }

  note(candidate: Candidate, refusal: Refusal): void {
    const { id } = candidate.endpoint;
    this.#words.delete(id);
    this.#words.set(id, { candidate, refusal });
  }

  failures(): ReadonlyMap<EndpointId, Failure | null> {
    return new Map([...this.#words].map(([id, { refusal }]) => [id, refusal.verdict.failure]));
  }

  /** All that was said is that there is no such thing, which is no endpoint's failure. */
  get isMissing(): boolean {
    return !this.isNothing && [...this.#words.values()].every(isMissing);
  }

  /** What the client must see; undefined while it may be otherwise next time. */
  telling(): Word | undefined {
    const words = [...this.#words.values()];
    // Of those who have no such thing, one who says just that.
    if (this.isMissing)
      return (
        words.find(({ refusal }) => refusal.head?.status === notFound) ??
        words.findLast(({ refusal }) => refusal.head !== null)
      );
    const failed = words.filter((word) => !isMissing(word));
    return failed[mostTelling(failed.map(({ refusal }) => refusal.verdict.failure))];
  }

  /** What the queue is told; `failure` is null where waiting heals nothing. */
  why(isSomebodyLeft: () => boolean): Why {
    const words = [...this.#words.values()];
    const refusals = words.filter((word) => !isMissing(word)).map(({ refusal }) => refusal);
    const last = refusals.at(-1);
    const missing = words.at(-1)?.refusal;
    // Who asks for a count does better with none than with waiting for it.
    if (!last && missing) return { failure: null, retryAfterMs: null, detail: missing.detail };
    if (!last) return { failure: 'unreachable', retryAfterMs: null, detail: 'no endpoint is usable' };
    // What may be otherwise next time says when that is.
    const open = refusals.findLast(({ verdict }) => !isLasting(verdict.failure));
    if (open) return { ...open.verdict, detail: open.detail };
    return { failure: isSomebodyLeft() ? 'unreachable' : null, retryAfterMs: null, detail: last.detail };
  }
}

/** What the endpoint's machine is told of an answer that was none. */
export function attemptFailure({ verdict, head, detail }: Refusal, request: RequestId): AttemptFailure {
  const { retryAfterMs, resetAt } = verdict;
  const failure = verdict.failure as Failure;
  const status = head?.status ?? null;
  return { failure, status, request, retryAfterMs, resetAt, maybeBilled: maybeBilled(failure), detail };
}

/** What it is told of one that broke off after its first content. */
export function brokenFailure(detail: string, request: RequestId): AttemptFailure {
  const untold = { retryAfterMs: null, resetAt: null };
  return { failure: 'brokenAnswer', status: 200, request, ...untold, maybeBilled: true, detail };
}
