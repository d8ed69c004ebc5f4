/** Collects the intact content of a damaged log in a new database: facts and snapshots by their own checksums. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorded } from '../../events/fact.ts';
import type { LogSalvaged } from '../../events/gateway.ts';
import {
  allFacts,
  allIntents,
  allSnapshots,
  DamagedRecord,
  factKey,
  numberOf,
  numberValue,
  seqOf,
  streamHead,
  streamKey,
  trimmedKey,
  unpack,
} from './codec.ts';
import { type Range, without } from './damage.ts';
import { readHead } from './head-file.ts';
import { IndexChecksum } from './index-checksum.ts';
import { factsIn, hasDropped, journalsAside, journalsIn } from './journal.ts';
import { type Database, openDatabase } from './level-database.ts';
import { sumOf } from './level-index.ts';
import { damagedTables, entriesIn, mendTable, tablesIn } from './tables.ts';
import { type Entry, readable } from './unreadable.ts';

const slice = 1_000;

interface Salvaged {
  readonly facts: number;
  readonly head: number;
  readonly lost: readonly Range[];
  /** The log as it is has everything: nothing needs to be done. */
  readonly isWhole: boolean;
}

/**
 * Facts of the log as it is take precedence over those of LevelDB's repair, and those over facts of the journals.
 * @param others copies of former logs; every other source takes precedence over them
 * @param dir the log itself; only its journals and the files beside it are read
 */
export async function salvage(
  dir: string,
  copies: readonly [string, string],
  to: string,
  others: readonly string[] = [],
): Promise<Salvaged> {
  const [asItIs, repaired] = copies;
  mkdirSync(to, { mode: 0o700 });
  const target = openDatabase(to, true);
  await target.open();
  try {
    // Before the copies are opened: opening turns their journals into tables.
    const places = [dir, ...others].filter((place) => existsSync(place) && statSync(place).isDirectory());
    for (const journal of [...journalsAside(dir), ...places.flatMap(journalsIn)])
      await put(
        target,
        [...factsIn(journal)].map(({ seq, value }): Entry => [factKey(seq), value]),
      );
    for (const other of others) await takeFrom(other, target);
    const second = await takeFrom(repaired, target);
    const own = await takeFrom(asItIs, target);
    // Taken from one of them as a whole: an intent that one has carried out must not return from another.
    await put(target, own.intents ?? second.intents ?? []);
    const { facts, lost, head } = await settled(dir, target);
    // The copies were repaired, where that was possible.
    const isWhole = own.isWhole && damagedTables(dir).length === 0 && own.facts === facts && lost.length === 0;
    return { facts, head, lost, isWhole };
  } finally {
    await target.close();
  }
}

interface Taken {
  readonly isWhole: boolean;
  readonly facts: number;
  /** The pending intents of commands; undefined when they are unknown. */
  readonly intents?: readonly Entry[];
}

/** The whole content of a copy. One that cannot be opened yields nothing; LevelDB does not read one whose tables are damaged. */
async function takeFrom(dir: string, target: Database): Promise<Taken> {
  const nothing = { isWhole: false, facts: 0 };
  for (const name of damagedTables(dir)) mendTable(join(dir, name));
  if (damagedTables(dir).length > 0) {
    for (const name of tablesIn(dir)) await takeTable(join(dir, name), target);
    return nothing;
  }
  if (!existsSync(join(dir, 'CURRENT'))) return nothing;
  const source = openDatabase(dir, false);
  try {
    await source.open();
    let [isWhole, facts] = [!hasDropped(dir), 0];
    const places = new IndexChecksum();
    for await (const part of readable(source)) {
      const whole = part.entries.filter((entry) => isFact(entry, places));
      if (!part.isWhole || whole.length < part.entries.length) isWhole = false;
      facts += whole.length;
      await put(target, whole);
    }
    await takeRest(source, target);
    const intents = await intentsOf(source);
    return { isWhole: isWhole && places.equals(await sumOf(source)), facts, ...(intents && { intents }) };
  } catch {
    return nothing;
  } finally {
    await source.close().catch(() => {});
  }
}

/** A fact is accepted by its own checksum, even if its key is damaged; other records only if their block is intact. */
async function takeTable(path: string, target: Database): Promise<void> {
  let batch: Entry[] = [];
  for (const { key, value, isPut, isSure } of entriesIn(path)) {
    if (!isPut) continue;
    if (isSure && key.equals(trimmedKey)) await noteTrimmed(target, value);
    const found = factOf(value);
    if (isRecorded(found)) batch.push([factKey(found.seq), value]);
    else if (isSure && found !== undefined && isSnapshotKey(key)) batch.push([key, value]);
    if (batch.length < slice) continue;
    await put(target, batch);
    batch = [];
  }
  await put(target, batch);
}

function isRecorded(value: unknown): value is Recorded {
  const { seq, version, stream, type } = Object(value) as Partial<Recorded>;
  return Number.isSafeInteger(seq) && Number.isSafeInteger(version) && typeof stream === 'string' && !!type;
}

const isSnapshotKey = (key: Buffer) => allSnapshots.gte.compare(key) <= 0 && allSnapshots.lt.compare(key) > 0;

/** The highest known number: trimmed facts stay removed. */
async function noteTrimmed(target: Database, value: Buffer): Promise<void> {
  const known = await target.get(trimmedKey);
  if (value.length === 8 && (!known || numberOf(value) > numberOf(known))) await target.put(trimmedKey, value);
}

/** The intact ones; undefined when they cannot be read. */
async function intentsOf(source: Database): Promise<readonly Entry[] | undefined> {
  try {
    const entries: readonly Entry[] = await source.iterator(allIntents).all();
    return entries.filter(([, value]) => factOf(value) !== undefined);
  } catch {
    return undefined;
  }
}

/** Adds the fact's place in its stream to the expected index. */
function isFact([key, value]: Entry, places: IndexChecksum): boolean {
  const fact = factOf(value) as Recorded | undefined;
  if (fact?.seq !== seqOf(key)) return false;
  places.add(streamHead(fact.stream), fact.version, fact.seq);
  return true;
}

function factOf(value: Buffer): unknown {
  try {
    return unpack(value);
  } catch (error) {
    if (error instanceof DamagedRecord || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function put(target: Database, entries: readonly Entry[]): Promise<void> {
  const batch = target.batch();
  for (const [key, value] of entries) batch.put(key, value);
  await batch.write();
}

/** Snapshots, and the number up to which the log was trimmed. */
async function takeRest(source: Database, target: Database): Promise<void> {
  try {
    const trimmed = await source.get(trimmedKey);
    if (trimmed) await noteTrimmed(target, trimmed);
    for await (const entry of source.iterator(allSnapshots))
      if (factOf(entry[1]) !== undefined) await put(target, [entry]);
  } catch {
    // Snapshots are made anew from the facts.
  }
}

/** Rebuilds the index of streams from the existing facts, and returns the gaps between them. */
async function settled(dir: string, target: Database): Promise<Omit<Salvaged, 'isWhole'>> {
  const trimmed = await target.get(trimmedKey);
  const tail = Math.max(1, trimmed ? numberOf(trimmed) : 0);
  // Trimmed facts may still be in a journal.
  await target.clear({ gte: factKey(0), lt: factKey(tail) });
  const [lost, told]: [Range[], Range[]] = [[], []];
  let [next, facts] = [tail, 0];
  const iterator = target.iterator({ ...allFacts, gte: factKey(tail) });
  for (;;) {
    const entries = await iterator.nextv(slice);
    if (entries.length === 0) break;
    const batch = target.batch();
    for (const [key, value] of entries) {
      const { seq, stream, version, type, data } = unpack(value) as Recorded;
      if (type === 'LogSalvaged') told.push(...(data as LogSalvaged['data']).ranges);
      if (seq > next) lost.push([next, seq - 1]);
      next = seq + 1;
      batch.put(streamKey(stream, version), numberValue(seqOf(key)));
    }
    facts += entries.length;
    await batch.write();
  }
  await iterator.close();
  const head = Math.max(next - 1, readHead(dir).seq, await newestSnapshot(target));
  if (head >= next) lost.push([next, head]);
  await target.put(Buffer.of(0), Buffer.of(0), { sync: true });
  // Losses that a former repair could not restore either are recorded already.
  return { facts, head, lost: lost.flatMap((range) => without(range, told)) };
}

async function newestSnapshot(target: Database): Promise<number> {
  const keys = await target.keys(allSnapshots).all();
  return Math.max(0, ...keys.map(seqOf));
}
