/**
 * Which tables LevelDB knows, by its manifest: a log of changes, each with tables that came and went. A table that it does not name is what
 * a merge had begun when its process ended. LevelDB deletes it when it opens the log, and nothing in it is missing elsewhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { varintAt } from './snappy.ts';

const blockBytes = 32_768;
/** Checksum, length, and whether it is a whole record, or the first, a middle or the last part of one. */
const headerBytes = 7;
const [whole, first, middle, last] = [1, 2, 3, 4];

/** What stands behind each tag of a change: numbers, and texts with their length before them. */
const shapes: Readonly<Record<number, readonly ('number' | 'text')[]>> = {
  1: ['text'],
  2: ['number'],
  3: ['number'],
  4: ['number'],
  5: ['number', 'text'],
  6: ['number', 'number'],
  7: ['number', 'number', 'number', 'text', 'text'],
  9: ['number'],
};
const [tableGone, tableNew] = [6, 7];

/** Numbers of the tables; undefined when the manifest cannot be read with certainty. */
export function tablesInUse(dir: string): ReadonlySet<number> | undefined {
  const records = manifestOf(dir);
  if (!records) return undefined;
  const tables = new Set<number>();
  for (const record of records) if (!change(tables, record)) return undefined;
  return tables;
}

function manifestOf(dir: string): readonly Buffer[] | undefined {
  try {
    const name = readFileSync(join(dir, 'CURRENT'), 'utf8').trim();
    return /^MANIFEST-\d+$/.test(name) ? recordsOf(readFileSync(join(dir, name))) : undefined;
  } catch {
    // Whatever the system says, LevelDB will hear it too, and its error is told.
    return undefined;
  }
}

function recordsOf(bytes: Buffer): readonly Buffer[] | undefined {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const left = blockBytes - (at % blockBytes);
    if (left < headerBytes) {
      at += left;
      continue;
    }
    const [length, kind] = [bytes.readUInt16LE(at + 4), bytes[at + 6]];
    const end = at + headerBytes + length;
    // A change that was cut off while it was written did not happen.
    if (end > bytes.length) break;
    if (kind !== whole && kind !== first && kind !== middle && kind !== last) return undefined;
    if (kind === whole || kind === first) parts = [];
    parts.push(bytes.subarray(at + headerBytes, end));
    if (kind === whole || kind === last) records.push(Buffer.concat(parts));
    at = end;
  }
  return records;
}

/** False for a change that this reader does not know. */
function change(tables: Set<number>, record: Buffer): boolean {
  for (let at = 0; at < record.length; ) {
    const tag = varintAt(record, at);
    const shape = tag && shapes[tag.value];
    if (!shape) return false;
    const read = numbersAt(record, tag.end, shape);
    if (!read) return false;
    at = read.end;
    const [, table = 0] = read.numbers;
    if (tag.value === tableNew) tables.add(table);
    else if (tag.value === tableGone) tables.delete(table);
  }
  return true;
}

/** The numbers of a change, and the lengths of its texts. */
function numbersAt(record: Buffer, from: number, shape: readonly string[]) {
  const numbers: number[] = [];
  let end = from;
  for (const kind of shape) {
    const found = varintAt(record, end);
    if (!found) return undefined;
    numbers.push(found.value);
    end = kind === 'text' ? found.end + found.value : found.end;
  }
  return { numbers, end };
}
