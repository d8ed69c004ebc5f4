/** A request as a waterfall: what it waited for, and each attempt from its beginning to its end. All in milliseconds after it came. */
import type { RequestStory } from '../contract/history.ts';

export interface WaterfallRow {
  readonly endpoint: string;
  readonly name: string | null;
  readonly outcome: string;
  readonly because: string;
  readonly status: number | null;
  readonly from: number;
  /** The head of an answer; null: there was none. */
  readonly head: number | null;
  /** The first content; null: there was none. */
  readonly content: number | null;
  readonly to: number;
}

export interface Waterfall {
  readonly durationMs: number;
  /** Before the first attempt: admission, and the wait for an endpoint. */
  readonly waitedMs: number;
  readonly rows: readonly WaterfallRow[];
}

export function waterfallOf(story: RequestStory): Waterfall {
  const began = Date.parse(story.startedAt);
  const after = (at: string) => Math.max(0, Date.parse(at) - began);
  const ttft = ttftOf(story);
  const durationMs = Math.max(1, story.durationMs);
  const rows = story.attempts.map((attempt, place): WaterfallRow => {
    const from = after(attempt.at);
    const next = story.attempts[place + 1];
    const isLast = next === undefined;
    const failedAt = failureOf(story, attempt.endpoint, from, began);
    const to = isLast ? durationMs : (failedAt ?? after(next.at));
    const head = attempt.ttfbMs === null ? null : from + attempt.ttfbMs;
    const content = isLast && ttft !== null ? from + ttft : null;
    const { endpoint, name, outcome, because, status } = attempt;
    return { endpoint, name, outcome, because, status, from, head, content, to: Math.max(from, to) };
  });
  return { durationMs, waitedMs: rows[0]?.from ?? durationMs, rows };
}

/** Since the attempt that answered began. */
function ttftOf({ facts, request }: RequestStory): number | null {
  const own = facts.findLast(({ stream }) => stream === `request/${request}`);
  return (own?.data as { readonly ttftMs?: number | null } | undefined)?.ttftMs ?? null;
}

/** The endpoint's own fact says when an attempt ended; between that and the next one the request waited. */
function failureOf({ facts, request }: RequestStory, endpoint: string, from: number, began: number): number | null {
  const found = facts.find(
    ({ stream, type, at, data }) =>
      stream === `endpoint/${endpoint}` &&
      type === 'AttemptFailed' &&
      (data as { readonly request?: unknown }).request === request &&
      Date.parse(at) - began >= from,
  );
  return found ? Date.parse(found.at) - began : null;
}
