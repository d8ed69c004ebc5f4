/** Gathers what is whole of a damaged log into a new database: facts by their own checksums, snapshots by theirs. */
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
  /** The log as it is has all of it: nothing needs to be done. */
  readonly isWhole: boolean;
}

/**
 * What is read of the log as it is goes over what a repair brought back, and that over what stands in the journals.
 * @param others copies of logs that were there before; whatever else is found goes over what is read of them
 * @param dir the log itself; only its journals and what stands beside it are read
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
    // Before the copies are opened: that makes tables out of their journals.
    const places = [dir, ...others].filter((place) => existsSync(place) && statSync(place).isDirectory());
    for (const journal of [...journalsAside(dir), ...places.flatMap(journalsIn)])
      await put(
        target,
        [...factsIn(journal)].map(({ seq, value }): Entry => [factKey(seq), value]),
      );
    for (const other of others) await takeFrom(other, target);
    const second = await takeFrom(repaired, target);
    const own = await takeFrom(asItIs, target);
    // Of one of them as a whole: what one has carried out is not to come back from the other.
    await put(target, own.intents ?? second.intents ?? []);
    const { facts, lost, head } = await settled(dir, target);
    // The copies were mended, where that was possible.
    const isWhole = own.isWhole && damagedTables(dir).length === 0 && own.facts === facts && lost.length === 0;
    return { facts, head, lost, isWhole };
  } finally {
    await target.close();
  }
}

interface Taken {
  readonly isWhole: boolean;
  readonly facts: number;
  /** What commands were about to do; undefined when nobody can say. */
  readonly intents?: readonly Entry[];
}

/** All that a copy gives. One that cannot be opened gives nothing; one whose tables are damaged is not shown to LevelDB. */
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

/** A fact goes by its own checksum, whatever became of its key; the rest only where its block is whole. */
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

/** The highest that anybody knows: what was trimmed stays away. */
async function noteTrimmed(target: Database, value: Buffer): Promise<void> {
  const known = await target.get(trimmedKey);
  if (value.length === 8 && (!known || numberOf(value) > numberOf(known))) await target.put(trimmedKey, value);
}

/** Those that are whole; undefined when they cannot be read. */
async function intentsOf(source: Database): Promise<readonly Entry[] | undefined> {
  try {
    const entries: readonly Entry[] = await source.iterator(allIntents).all();
    return entries.filter(([, value]) => factOf(value) !== undefined);
  } catch {
    return undefined;
  }
}

/** Adds where it stands in its stream to what the index ought to say. */
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

/** Snapshots, and up to where the log was trimmed. */
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

/** The index of streams made anew from the facts that are there, and what is missing between them. */
async function settled(dir: string, target: Database): Promise<Omit<Salvaged, 'isWhole'>> {
  const trimmed = await target.get(trimmedKey);
  const tail = Math.max(1, trimmed ? numberOf(trimmed) : 0);
  // What was trimmed may still stand in a journal.
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
  // What a former repair could not bring back either is told already.
  return { facts, head, lost: lost.flatMap((range) => without(range, told)) };
}

async function newestSnapshot(target: Database): Promise<number> {
  const keys = await target.keys(allSnapshots).all();
  return Math.max(0, ...keys.map(seqOf));
}
