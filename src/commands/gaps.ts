/** Facts that were asked for and cannot be read: said beside the answer, whatever the answer is. */
import type { GapRow } from '../contract/moment.ts';
import { exitCodes } from '../errors/qcc-error.ts';
import type { Context } from './context.ts';

/** What was asked for and is not there: said beside the facts, and in the exit code where nobody has told of it. */
export class Gaps {
  readonly #context: Context;
  readonly #found = new Map<number, GapRow>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Two pages may meet in one. */
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

/** Of an answer that is made of many facts, as a whole. */
export function tellGaps(context: Context, gaps: readonly GapRow[] = []): number | undefined {
  const all = new Gaps(context);
  all.add(gaps);
  return all.tell();
}
