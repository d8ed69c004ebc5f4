/**
 * The last number that the log has given out, in a file beside it: `log.head`. A log that lost its end has no gap, and its snapshots end
 * with it; only a record outside of it can reveal the loss. It is overwritten in place with every batch, a few bytes that the system keeps
 * when the process dies; two lines alternate, so that a torn write leaves the other one intact, and each has a checksum.
 */
import { closeSync, constants, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { readPlain } from '../platform/plain-file.ts';

const pathOf = (dir: string) => `${dir}.head`;
const digits = 16;
const sumDigits = 8;
// Number, space, checksum, newline.
const lineBytes = digits + sumDigits + 2;
const line = /^(\d{16}) ([0-9a-f]{8})$/;
// A link may lead to a file of another user, and reading a pipe would block.
const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const asItIs = constants.O_RDWR | careful;
const anew = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | careful;
// The form of former versions, which replaced the file as a whole.
const former = /^\d{1,16}\n$/;

/** The content of the file. */
export interface Head {
  /** 0 when no number can be read. */
  readonly seq: number;
  /** `damaged`: the file exists, and part of it is not what was written. */
  readonly state: 'whole' | 'damaged' | 'none';
}

export function readHead(dir: string): Head {
  let text: string;
  try {
    text = readPlain(pathOf(dir)).toString('latin1');
  } catch (error) {
    return { seq: 0, state: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'damaged' };
  }
  if (former.test(text)) return { seq: Number(text), state: 'whole' };
  const numbers = [text.slice(0, lineBytes), text.slice(lineBytes)].flatMap((one) => numberIn(one.slice(0, -1)));
  const seq = Math.max(0, ...numbers);
  // An intact file equals its canonical form, except for the older number in one of its lines.
  const isWhole = numbers.length === 2 && numbers.map(lineOf).join('') === text;
  return { seq, state: isWhole ? 'whole' : 'damaged' };
}

function numberIn(text: string): readonly number[] {
  const [, number = '', sum] = line.exec(text) ?? [];
  return sum !== undefined && sumOf(number) === sum ? [Number(number)] : [];
}

const sumOf = (number: string) => crc32(number).toString(16).padStart(sumDigits, '0');

/** Writes the number. Never throws: a full disk must not keep a log from being written or closed. */
export class HeadFile {
  readonly #path: string;
  #file: number | undefined;
  #turn = 0;

  constructor(dir: string) {
    this.#path = pathOf(dir);
  }

  /** Covers facts that the system has: if one of them is missing later, it was lost. */
  write(seq: number): void {
    try {
      this.#file ??= this.#create(seq);
      writeSync(this.#file, lineOf(seq), lineBytes * this.#turn);
      this.#turn = 1 - this.#turn;
    } catch {
      // The number in the file is older, but still true. The next batch tries again.
      this.#release();
    }
  }

  /** Synced to the disk. */
  close(seq: number): void {
    this.write(seq);
    this.write(seq);
    try {
      if (this.#file !== undefined) fsyncSync(this.#file);
    } catch {
      // As above.
    }
    this.#release();
  }

  /** Opened without truncation: an existing number stays until a newer one is beside it. */
  #create(seq: number): number {
    const text = existing(this.#path);
    const isOurs = text !== undefined && text.length === 2 * lineBytes;
    // A former form, or an incomplete one: it is replaced as a whole at once, and the file never disappears.
    const file = openSync(this.#path, isOurs ? asItIs : anew, 0o600);
    if (isOurs) this.#turn = newestIn(text) === 0 ? 1 : 0;
    else writeSync(file, lineOf(seq) + lineOf(seq), 0);
    return file;
  }

  #release(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#turn = 0;
    try {
      if (file !== undefined) closeSync(file);
    } catch {
      // The file holds nothing of ours.
    }
  }
}

/** Written at once, as a whole: for a new log. */
export function writeHead(dir: string, seq: number): void {
  new HeadFile(dir).close(seq);
}

/** Left by former versions that were killed while they replaced the file. */
export function sweepHead(dir: string): void {
  rmSync(`${pathOf(dir)}.new`, { force: true });
}

function lineOf(seq: number): string {
  const number = String(seq).padStart(digits, '0');
  return `${number} ${sumOf(number)}\n`;
}

function existing(path: string): string | undefined {
  try {
    return readPlain(path).toString('latin1');
  } catch {
    return undefined;
  }
}

/** Which of the two lines has the newer number: the other one is overwritten next. */
function newestIn(text: string): number {
  const [first = 0] = numberIn(text.slice(0, lineBytes - 1));
  const [second = 0] = numberIn(text.slice(lineBytes, -1));
  return second > first ? 1 : 0;
}
