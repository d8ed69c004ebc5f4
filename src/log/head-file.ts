/**
 * The last number that the log has taken, beside it: `log.head`. A log that ends early shows no hole, and its snapshots end with it;
 * only something outside of it can miss its end. It is written over in its place with every batch, a few bytes that the system
 * keeps when the process dies; two lines take turns, so that one that was torn leaves the other, and each has a checksum.
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
// A link may lead to somebody else's file, and a pipe would be waited for.
const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const asItIs = constants.O_RDWR | careful;
const anew = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | careful;
// As former versions wrote it, and replaced it as a whole.
const former = /^\d{1,16}\n$/;

/** What stands there. */
export interface Head {
  /** 0 when no number can be read. */
  readonly seq: number;
  /** `damaged`: something is there, and not all of it is what was written. */
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
  // Written anew, it would be the same but for an older number in one of its lines.
  const isWhole = numbers.length === 2 && numbers.map(lineOf).join('') === text;
  return { seq, state: isWhole ? 'whole' : 'damaged' };
}

function numberIn(text: string): readonly number[] {
  const [, number = '', sum] = line.exec(text) ?? [];
  return sum !== undefined && sumOf(number) === sum ? [Number(number)] : [];
}

const sumOf = (number: string) => crc32(number).toString(16).padStart(sumDigits, '0');

/** Writes it down. Never throws: a full disk must not keep a log from being written or closed. */
export class HeadFile {
  readonly #path: string;
  #file: number | undefined;
  #turn = 0;

  constructor(dir: string) {
    this.#path = pathOf(dir);
  }

  /** Of facts that the system has: what is told here and is not in the log later was lost. */
  write(seq: number): void {
    try {
      this.#file ??= this.#create(seq);
      writeSync(this.#file, lineOf(seq), lineBytes * this.#turn);
      this.#turn = 1 - this.#turn;
    } catch {
      // The number that stands there is an older one, and still true. The next batch tries again.
      this.#release();
    }
  }

  /** On the disk. */
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

  /** Opened as it is: a number that is there stays until one that is newer stands beside it. */
  #create(seq: number): number {
    const text = existing(this.#path);
    const isOurs = text !== undefined && text.length === 2 * lineBytes;
    // A former one, or half a one: whole at once, and never away.
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
      // Nothing of ours is left in it.
    }
  }
}

/** At once, as a whole: for whoever makes a log. */
export function writeHead(dir: string, seq: number): void {
  new HeadFile(dir).close(seq);
}

/** What former versions left when they were killed in the middle of replacing it. */
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

/** Which of the two lines has the newer number: the other one is written over next. */
function newestIn(text: string): number {
  const [first = 0] = numberIn(text.slice(0, lineBytes - 1));
  const [second = 0] = numberIn(text.slice(lineBytes, -1));
  return second > first ? 1 : 0;
}
