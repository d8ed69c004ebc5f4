/** Facts that were requested and cannot be read: reported beside every answer. */
import type { GapRow } from '../contract/moment.ts';
import { exitCodes } from '../errors/qcc-error.ts';
import type { Context } from './context.ts';

/**
 * Collects facts that were requested and are missing: reported beside the facts, and in the exit code unless the loss was reported before.
 */
export class Gaps {
  readonly #context: Context;
  readonly #found = new Map<number, GapRow>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Two pages may overlap in one gap. */
  add(gaps: readonly GapRow[]): void {
    for (const gap of gaps) this.#found.set(gap.from, gap);
  }

  tell(): number | undefined {
    const { out, words } = this.#context;
    const all = [...this.#found.values()].sort((a, b) => a.from - b.from);
    for (const { from, to, because } of all) {
      const which = from === to ? `#${from}` : `#${from}–#${to}`;
      out.warn(because === 'missing' ? words.factsMissing(which) : words.factsChanged(which));
    }
    if (all.every(({ told }) => told)) return undefined;
    out.note('  qcc history verify');
    return exitCodes.checkFailed;
  }
}

/** For an answer that is computed from many facts. */
export function tellGaps(context: Context, gaps: readonly GapRow[] = []): number | undefined {
  const all = new Gaps(context);
  all.add(gaps);
  return all.tell();
}
