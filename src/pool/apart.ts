/**
 * Untrusted bytes are read by a process of its own, which is killed when it takes too much time or memory. A thread would not do: SQLite,
 * scrypt or LevelDB cannot be interrupted within their process, and LevelDB aborts over some damage.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ApartAnswer, ApartGiven, ApartName, ApartReply, ApartTask } from '../../workers/apart.ts';
import { QccError } from '../errors/qcc-error.ts';
import { errorOf } from '../errors/told-error.ts';
import { programAt } from './program.ts';

export interface ApartLimits {
  /** For each task. */
  readonly timeMs: number;
  /** Of its JavaScript heap; SQLite's own memory is limited where it is opened. */
  readonly heapMb: number;
}

/** The limits for each kind of file. A genuine file takes a hundredth of it. */
const limitsOf: { readonly [Name in ApartName]: ApartLimits } = {
  // 900 KB of JSON, and at most one scrypt of a third of a second.
  import: { timeMs: 15_000, heapMb: 192 },
  // Gigabytes may be unpacked, synced and folded.
  restore: { timeMs: 1_800_000, heapMb: 512 },
  // Half a million facts are parsed and folded; what-if holds two states of them.
  capsule: { timeMs: 300_000, heapMb: 2_048 },
  // Ten million facts take two minutes of a core, and may have a fifth of one.
  verify: { timeMs: 1_800_000, heapMb: 1_024 },
};

/** One process for all tasks of a kind: it keeps what it has read for the next task. */
export class Apart<Name extends ApartName> {
  readonly #name: Name;
  readonly #limits: ApartLimits;
  readonly #child: ChildProcess;
  readonly #gone: Promise<undefined>;

  constructor(name: Name, limits: ApartLimits = limitsOf[name]) {
    this.#name = name;
    this.#limits = limits;
    this.#child = fork(fileURLToPath(programAt('workers/apart')), [], {
      // One thread beside the main one collects garbage: it competes with requests.
      execArgv: [`--max-old-space-size=${limits.heapMb}`, '--v8-pool-size=1'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#gone = new Promise((resolve) => {
      // A failed start is handled like an exit.
      this.#child.on('error', () => resolve(undefined));
      this.#child.once('exit', () => resolve(undefined));
    });
  }

  /** One task at a time. @throws {QccError} the reader's error, or `QCC_APART_LIMIT` when it was killed */
  async ask(given: ApartGiven<Name>): Promise<ApartAnswer<Name>> {
    const { timeMs } = this.#limits;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.close();
    }, timeMs);
    try {
      const reply = await Promise.race([this.#gone, this.#replyTo({ name: this.#name, given, timeMs })]);
      if (reply === undefined) throw ended(isLate, this.#limits);
      if ('answer' in reply) return reply.answer;
      throw errorOf(reply.error);
    } finally {
      clearTimeout(timer);
    }
  }

  #replyTo(task: ApartTask<Name>): Promise<ApartReply<Name>> {
    return new Promise((resolve) => {
      this.#child.once('message', (message) => resolve(message as ApartReply<Name>));
      // The process may end before it has read everything: its exit is reported elsewhere.
      this.#child.send(task, () => {});
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/** One task, in a process that ends after it. @throws {QccError} as above */
export async function apart<Name extends ApartName>(
  name: Name,
  given: ApartGiven<Name>,
  limits?: ApartLimits,
): Promise<ApartAnswer<Name>> {
  const reader = new Apart(name, limits);
  try {
    return await reader.ask(given);
  } finally {
    reader.close();
  }
}

function ended(isLate: boolean, { timeMs, heapMb }: ApartLimits): QccError {
  const seconds = timeMs / 1_000;
  return new QccError('QCC_APART_LIMIT', { isLate: Number(isLate), seconds, heapMb });
}
