/** "Did you mean": the candidate that takes the fewest edits. */

/** Undefined when even the nearest one is too different. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    // People mistype the first letter least: of two at the same distance, the one with the same first letter is chosen.
    const edits = editDistance(word, candidate) + (candidate[0] === word[0] ? 0 : 0.5);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Damerau's distance: transposing two neighbours is one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(isSwapped ? Math.min(edits, (beforeLast[j - 2] ?? 0) + 1) : edits);
    }
    [beforeLast, last] = [last, row];
  }
  return last.at(-1) ?? 0;
}
