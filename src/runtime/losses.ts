/** What the log lost becomes part of the history: each number once, over all starts. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import type { FactsLost, LogSalvaged } from '../../events/gateway.ts';
import { streams } from '../../events/ids.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import type { Damage, Log } from '../log/log.ts';

/** The losses that the history tells of, oldest first. One whose own fact was lost is not among them: it is told again. */
export async function toldLosses(
  log: Pick<Log, 'readStream'> & Partial<Pick<Log, 'flush'>>,
): Promise<readonly FactsLost['data'][]> {
  await log.flush?.();
  const told: FactsLost['data'][] = [];
  for await (const facts of log.readStream(streams.gateway)) {
    for (const fact of facts) told.push(...lossesOf(fact));
  }
  return told;
}

/** What a fact tells to be lost: a gateway found it, or a repair could not bring it back. */
export function lossesOf(fact: Recorded): readonly FactsLost['data'][] {
  if (fact.type === 'FactsLost') return [(upcast(fact) as Recorded<FactsLost>).data];
  if (fact.type !== 'LogSalvaged') return [];
  const { ranges } = (fact as Recorded<LogSalvaged>).data;
  return ranges.map(([from, to]) => ({ from, to, because: 'missing', since: null }));
}

/** All that is known to be lost, told or not; only what this process met itself while the log cannot be read. */
export async function knownLosses(log: Log): Promise<readonly FactsLost['data'][]> {
  const told = log.state === 'open' && log.isTrusted !== false ? await toldLosses(log) : [];
  return [...told, ...lossesToTell(log.damage, told.map(rangeOf)).map(({ data }) => data)];
}

// A log in shreds is told all the same; from when on is of use for its first losses.
const lookedUp = 50;

/** By the first number of each loss: when the fact before it happened, where that can be read. */
async function lastBefore(log: Log, damage: readonly Damage[]): Promise<ReadonlyMap<number, Millis>> {
  const since = new Map<number, Millis>();
  for (const { from } of damage.slice(0, lookedUp)) {
    if (from <= log.tail) continue;
    for await (const facts of log.read(from - 1, from - 1)) for (const { at } of facts) since.set(from, at);
  }
  return since;
}

/** One fact for each run of numbers that were lost for the same reason and are not told of yet. */
export function lossesToTell(
  damage: readonly Damage[],
  told: readonly Range[],
  since: ReadonlyMap<number, Millis> = new Map(),
): readonly FactsLost[] {
  const losses: FactsLost['data'][] = [];
  for (const one of [...damage].sort((a, b) => a.from - b.from)) {
    for (const [from, to] of without(rangeOf(one), told)) {
      const last = losses.at(-1);
      if (last?.because === one.why && last.to === from - 1) losses[losses.length - 1] = { ...last, to };
      else losses.push({ from, to, because: one.why, since: since.get(from) ?? null });
    }
  }
  return losses.map((data) => ({ type: 'FactsLost', data }));
}

/** What the log has found lost, and the history does not tell of yet. */
export class UntoldLosses {
  readonly #log: Log;
  #told: Promise<Range[]> | undefined;
  #damageLooked = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Each loss once, from whatever source. */
  async take(): Promise<readonly FactsLost[]> {
    const { damage } = this.#log;
    if (damage.length === this.#damageLooked) return [];
    this.#told ??= toldLosses(this.#log).then((losses) => losses.map(rangeOf));
    const told = await this.#told.catch((error: unknown) => {
      this.#told = undefined;
      throw error;
    });
    const since = await lastBefore(this.#log, [...damage]);
    // From here on nothing waits: two that take at once would tell twice.
    const losses = lossesToTell(damage, told, since);
    this.#damageLooked = damage.length;
    told.push(...losses.map(({ data }) => rangeOf(data)));
    return losses;
  }
}
