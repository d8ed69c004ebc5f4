/** How good an answer was, 0 to 100: valid 50, quick 30, brief 20. */

const points = { valid: 50, time: 30, brief: 20 };
// All points within the first, none from ten times that on; a linear slope between them.
const quickMs = 1_000;
const briefTokens = 16;
const patience = 10;

/** The score of a valid answer; one that is not valid has none. */
export function scoreOf({ responseMs, outputTokens }: { responseMs: number; outputTokens: number }): number {
  const time = points.time * share(responseMs, quickMs);
  return Math.round(points.valid + time + points.brief * share(outputTokens, briefTokens));
}

function share(value: number, full: number): number {
  const none = full * patience;
  return Math.max(0, Math.min(1, (none - value) / (none - full)));
}
