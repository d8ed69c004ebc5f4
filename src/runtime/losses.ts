/** Records what the log lost as part of the history: each number once, over all starts. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import type { FactsLost, LogSalvaged } from '../../events/gateway.ts';
import { streams } from '../../events/ids.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import type { Damage, Log } from '../log/log.ts';

/** The losses that the history records, oldest first. A loss whose own fact was lost is not among them, and is recorded again. */
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

/** The losses that a fact records: a gateway found them, or a repair could not restore them. */
export function lossesOf(fact: Recorded): readonly FactsLost['data'][] {
  if (fact.type === 'FactsLost') return [(upcast(fact) as Recorded<FactsLost>).data];
  if (fact.type !== 'LogSalvaged') return [];
  const { ranges } = (fact as Recorded<LogSalvaged>).data;
  return ranges.map(([from, to]) => ({ from, to, because: 'missing', since: null }));
}

/** All known losses, recorded or not; while the log cannot be read, only those that this process found itself. */
export async function knownLosses(log: Log): Promise<readonly FactsLost['data'][]> {
  const told = log.state === 'open' && log.isTrusted !== false ? await toldLosses(log) : [];
  return [...told, ...lossesToTell(log.damage, told.map(rangeOf)).map(({ data }) => data)];
}

// All losses of a badly damaged log are recorded; the time is looked up for the first ones only.
const lookedUp = 50;

/** By the first number of each loss: the instant of the fact before it, where that can be read. */
async function lastBefore(log: Log, damage: readonly Damage[]): Promise<ReadonlyMap<number, Millis>> {
  const since = new Map<number, Millis>();
  for (const { from } of damage.slice(0, lookedUp)) {
    if (from <= log.tail) continue;
    for await (const facts of log.read(from - 1, from - 1)) for (const { at } of facts) since.set(from, at);
  }
  return since;
}

/** One fact for each run of numbers that were lost for the same reason and are not recorded yet. */
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

/** Losses that the log has found and the history does not record yet. */
export class UntoldLosses {
  readonly #log: Log;
  #told: Promise<Range[]> | undefined;
  #damageLooked = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Each loss once, from any source. */
  async take(): Promise<readonly FactsLost[]> {
    const { damage } = this.#log;
    if (damage.length === this.#damageLooked) return [];
    this.#told ??= toldLosses(this.#log).then((losses) => losses.map(rangeOf));
    const told = await this.#told.catch((error: unknown) => {
      this.#told = undefined;
      throw error;
    });
    const since = await lastBefore(this.#log, [...damage]);
    // No await from here on: two concurrent calls would record a loss twice.
    const losses = lossesToTell(damage, told, since);
    this.#damageLooked = damage.length;
    told.push(...losses.map(({ data }) => rangeOf(data)));
    return losses;
  }
}
