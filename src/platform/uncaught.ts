/**
 * The last handler of a serving process: an unexpected error ends the operation that it happened in, but no other stream. It is counted and
 * logged. An error's message may quote a request or a key, so that only its kind, its code and its origin are kept.
 */
import { writeSync } from 'node:fs';
import { minuteMs } from '../../events/units.ts';
import { QccError } from '../errors/qcc-error.ts';
import { iso } from './time.ts';

const stderr = 2;
// A fault in an operation that runs a thousand times a second must not fill the disk.
const toldEachMinute = 20;
const framesMax = 20;

export class UncaughtErrors {
  #count = 0;
  #told = 0;
  #minute = 0;

  get count(): number {
    return this.#count;
  }

  /** From here on no error ends this process. Unhandled rejections arrive by the same event. */
  watch(): void {
    process.on('uncaughtException', (error) => this.take(error));
  }

  take(error: unknown, now = Date.now()): void {
    this.#count++;
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) this.#told = 0;
    this.#minute = minute;
    this.#told++;
    if (this.#told <= toldEachMinute) say(`${iso(now)} error: ${sketch(error)}\n`);
    else if (this.#told === toldEachMinute + 1) say(`${iso(now)} error: and more of them\n`);
  }
}

/** Not by a stream: a stream whose reader has gone would raise the next error. */
function say(line: string): void {
  try {
    writeSync(stderr, line);
  } catch {
    // The reader of stderr has gone; the error is counted all the same.
  }
}

/** The part of an error that may be logged. */
export function sketch(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected ${typeof error}`;
  const { code, syscall } = error as NodeJS.ErrnoException;
  const words = [error.name, code, syscall].filter((word) => typeof word === 'string' && /^[\w-]{1,64}$/.test(word));
  const own = error instanceof QccError ? `: ${error.message}` : '';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`unexpected ${words.join(' ') || 'error'}${own}`, ...frames.slice(0, framesMax)].join('\n');
}
