/**
 * File descriptors of this process. A server uses as many as its clients demand, and without a free one neither the log nor the control
 * socket works. So connections are bounded by the system's limit, some descriptors are reserved, and when they run out all the same, the
 * reserve goes to the log and the control socket, while requests are refused until some are free again.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

const lookEveryMs = 1_000;
// The control socket with a query or two, a journal and two tables of the log, a rotated file.
const sparesMax = 8;
// With fewer free ones than one query and its answer need, they count as run out.
const freeLeast = 4;
// Beside what is open at the start: threads, probes, bodies of the queue, tables of the log.
const reserve = { share: 0.25, least: 16, most: 256 };
// One to the client, one to the endpoint.
const eachConnection = 2;
const connectionsLeast = 4;
// Assumed where the number of open ones cannot be determined.
const usualAtStart = 48;
const askMs = 2_000;
const shortage: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

export interface DescriptorOptions {
  /** Null: no known limit. */
  readonly limit: number | null;
  readonly inUse: number;
  /** Called with one sentence when they run out, and when they are available again. */
  readonly tell: (sentence: string) => void;
  /** For tests: simulates a system without free descriptors. */
  readonly open?: () => number;
  readonly close?: (descriptor: number) => void;
}

export class Descriptors {
  readonly limit: number | null;
  /** The limit of simultaneous clients, and of connections to endpoints. */
  readonly connectionsMax: number;
  readonly #tell: (sentence: string) => void;
  readonly #open: () => number;
  readonly #close: (descriptor: number) => void;
  readonly #spares: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isShort = false;
  #shortages = 0;
  /** Called when they run out, and when they are available again. */
  changed: () => void = () => {};

  constructor({ limit, inUse, tell, open, close }: DescriptorOptions) {
    this.limit = limit;
    this.connectionsMax = connectionsIn(limit, inUse);
    this.#tell = tell;
    this.#open = open ?? (() => openSync(devNull, 'r'));
    this.#close = close ?? closeSync;
  }

  get isShort(): boolean {
    return this.#isShort;
  }

  /** How often they ran out. */
  get shortages(): number {
    return this.#shortages;
  }

  start(): void {
    this.#takeSpares();
    this.#timer = setInterval(() => this.look(), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#giveSpares();
  }

  /** Takes the error code of an operation that needed a descriptor. */
  heard(code: string | null): void {
    if (code !== null && shortage.has(code)) this.ranOut();
  }

  /** An operation was refused a descriptor. */
  ranOut(): void {
    if (this.#isShort) return;
    this.#isShort = true;
    this.#shortages++;
    this.#giveSpares();
    const most = this.limit === null ? '' : ` (${this.limit} are allowed)`;
    this.#tell(`no open files are left${most}: new connections and requests are turned away - run: ulimit -n`);
    this.changed();
  }

  look(): void {
    if (!this.#isShort) {
      if (!this.#areFree()) this.ranOut();
      return;
    }
    // The whole reserve is free again, and some more.
    if (!this.#takeSpares() || !this.#areFree()) {
      this.#giveSpares();
      return;
    }
    this.#isShort = false;
    this.#tell('there are open files again: connections and requests are taken');
    this.changed();
  }

  /** False when they ran out on the way. Other errors of opening a file do not matter here. */
  #takeSpares(): boolean {
    while (this.#spares.length < sparesMax) {
      const spare = this.#one();
      if (spare === 'none') return false;
      if (spare === undefined) return true;
      this.#spares.push(spare);
    }
    return true;
  }

  #giveSpares(): void {
    for (const spare of this.#spares.splice(0)) this.#close(spare);
  }

  #areFree(): boolean {
    const opened: number[] = [];
    let one = this.#one();
    while (typeof one === 'number') {
      opened.push(one);
      one = opened.length < freeLeast ? this.#one() : undefined;
    }
    for (const descriptor of opened) this.#close(descriptor);
    return one !== 'none';
  }

  #one(): number | 'none' | undefined {
    try {
      return this.#open();
    } catch (error) {
      return shortage.has((error as NodeJS.ErrnoException).code ?? '') ? 'none' : undefined;
    }
  }
}

/** The number of clients that leaves enough descriptors for their endpoints, and for everything that is not a connection. */
export function connectionsIn(limit: number | null, inUse = usualAtStart): number {
  if (limit === null) return Number.MAX_SAFE_INTEGER;
  const kept = Math.min(reserve.most, Math.max(reserve.least, Math.floor(limit * reserve.share)));
  return Math.max(connectionsLeast, Math.floor((limit - inUse - kept - sparesMax) / eachConnection));
}

/** The system's limit for this process. Node raises the soft limit to the hard one when it starts, so that it cannot be raised further. */
export function openFilesMax(): number | null {
  try {
    if (process.platform === 'win32') return null;
    if (process.platform === 'linux') return numberIn(/^Max open files\s+(\S+)/m.exec(limits())?.[1]);
    return numberIn(execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8', timeout: askMs }).trim());
  } catch {
    return null;
  }
}

function limits(): string {
  return readFileSync('/proc/self/limits', 'utf8');
}

/** `unlimited` means no limit. */
function numberIn(text: string | undefined): number | null {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}

export function openFilesNow(): number {
  try {
    return readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length;
  } catch {
    return usualAtStart;
  }
}
