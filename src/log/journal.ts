/**
 * LevelDB's journal: the writes since the last table. When a byte of it is wrong, LevelDB drops the rest of its block, notes that in a log
 * file of its own, and removes the journal. Here the journal is kept until that file was read, and facts are recovered from it by their own
 * checksums.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DamagedRecord, unpack } from './codec.ts';

const journalName = /^\d+\.log$/;
const keptEnding = '.kept';
const dropped = /dropping \d+ bytes/;
// LevelDB's format: blocks of fragments, each with a checksum, a length and a type.
const blockBytes = 32_768;
const fragmentHeadBytes = 7;
const lengthAt = 4;
const typeAt = 6;
const typeMax = 4;
// The beginning of a fact in a batch: "put", a key of nine bytes, the prefix of facts.
const factMark = Buffer.of(1, 9, 1);
const keyBytes = 8;

/** Adds a hard link to each journal, so that opening the database cannot remove its bytes. */
export function keepJournals(dir: string): void {
  for (const name of readdirSync(dir).filter((one) => journalName.test(one))) {
    const path = join(dir, name);
    try {
      const found = statSync(path);
      if (found.isFile() && found.size > 0) linkSync(path, `${path}.${process.pid}${keptEnding}`);
    } catch {
      // No hard links on this file system, or the link exists already: the database opens all the same.
    }
  }
}

/** Removes only links of this process: the database did not open, perhaps because another process has it open. */
export function dropKept(dir: string): void {
  for (const name of readdirSync(dir))
    if (name.endsWith(`.${process.pid}${keptEnding}`)) rmSync(join(dir, name), { force: true });
}

/** Links made by this life, or by a life that was killed while it had them. */
export function keptIn(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(keptEnding))
    .map((name) => join(dir, name));
}

/** Whether one of them was damaged when the database was opened. */
export function areBroken(dir: string, kept: readonly string[]): boolean {
  return kept.length > 0 && (hasDropped(dir) || !kept.every(isFramed));
}

/** After the database was opened: damaged journals are set aside, the other links are removed. */
export function settleJournals(dir: string, lostSomething: boolean): void {
  for (const name of readdirSync(dir).filter((one) => one.endsWith(keptEnding))) {
    const path = join(dir, name);
    if (!lostSomething) {
      rmSync(path, { force: true });
      continue;
    }
    const aside = join(dirname(dir), 'quarantine');
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    const place = join(aside, `journal-${Number.parseInt(name, 10)}-${Math.round(statSync(path).mtimeMs)}`);
    renameSync(path, place);
  }
}

/** Journals that were found damaged at a former opening. */
export function journalsAside(dir: string): readonly string[] {
  const aside = join(dirname(dir), 'quarantine');
  if (!existsSync(aside)) return [];
  return readdirSync(aside).flatMap((name) => (name.startsWith('journal-') ? [join(aside, name)] : []));
}

/** The journals of a database that is not open. */
export function journalsIn(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => journalName.test(name))
    .map((name) => join(dir, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/**
 * Whether its records follow each other to its end. LevelDB skips zeros silently, as unwritten space, and drops the rest of their block. An
 * incomplete last record was being written when the process died: that is no damage.
 */
function isFramed(path: string): boolean {
  const journal = readFileSync(path);
  for (let at = 0; at + fragmentHeadBytes <= journal.length; ) {
    const left = blockBytes - (at % blockBytes);
    if (left < fragmentHeadBytes) {
      at += left;
      continue;
    }
    const next = at + fragmentHeadBytes + journal.readUInt16LE(at + lengthAt);
    const type = journal[at + typeAt] ?? 0;
    if (next > at - (at % blockBytes) + blockBytes || type === 0 || type > typeMax) return false;
    at = next;
  }
  return true;
}

/** Whether LevelDB dropped a part of a journal when it last opened this database. */
export function hasDropped(dir: string): boolean {
  try {
    return dropped.test(readFileSync(join(dir, 'LOG'), 'utf8'));
  } catch {
    return false;
  }
}

/** Every fact in a journal whose own checksum is right, whatever LevelDB's checksums say. The value is the fact's bytes. */
export function* factsIn(path: string): Iterable<{ readonly seq: number; readonly value: Buffer }> {
  const bytes = Buffer.concat([...fragmentsOf(readFileSync(path))]);
  for (let at = bytes.indexOf(factMark); at >= 0; ) {
    const found = factAt(bytes, at);
    if (found) yield found;
    at = bytes.indexOf(factMark, found ? found.end : at + 1);
  }
}

/** The content of the fragments. If a fragment's header is damaged, the rest of its block is returned as it is. */
function* fragmentsOf(journal: Buffer): Iterable<Buffer> {
  for (let block = 0; block < journal.length; block += blockBytes) {
    const end = Math.min(block + blockBytes, journal.length);
    let at = block;
    while (at + fragmentHeadBytes <= end) {
      const length = journal.readUInt16LE(at + lengthAt);
      const next = at + fragmentHeadBytes + length;
      const type = journal[at + typeAt] ?? 0;
      if (type > typeMax || next > end) {
        yield journal.subarray(at, end);
        break;
      }
      yield journal.subarray(at + fragmentHeadBytes, next);
      at = next;
    }
  }
}

function factAt(bytes: Buffer, mark: number) {
  const key = mark + factMark.length;
  const length = varintAt(bytes, key + keyBytes);
  if (length === undefined) return undefined;
  const end = length.end + length.value;
  if (end > bytes.length) return undefined;
  const value = bytes.subarray(length.end, end);
  const seq = Number(bytes.readBigUInt64BE(key));
  try {
    return (unpack(value) as { seq: number }).seq === seq ? { seq, value, end } : undefined;
  } catch (error) {
    if (error instanceof DamagedRecord || error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A varint: seven bits a byte, the lowest first; five bytes at most. */
function varintAt(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  return undefined;
}
