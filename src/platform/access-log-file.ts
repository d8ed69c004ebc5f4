/** The access log's file: one JSON object a line, rotated, and buffered for a moment so that no request waits for the disk. */
import { basename, dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { createStream } from 'rotating-file-stream';

const flushMs = 100;
// Lines are buffered as bytes: strings would be copied by each garbage collection.
const gatheredBytes = 65_536;
const newline = 0x0a;
const bytesPerUnit = 3;
const againMs = 5_000;
const rotation = { size: '10M', maxFiles: 5, mode: 0o600 } as const;

export interface AccessLogFile {
  readonly write: (line: string) => void;
  close(): Promise<void>;
}

export function openAccessLog(path: string, again = againMs): AccessLogFile {
  const file = new Reopening(path, again);
  const gathered = Buffer.allocUnsafeSlow(gatheredBytes);
  let used = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (used === 0) return;
    file.write(Buffer.from(gathered.subarray(0, used)));
    used = 0;
  };
  return {
    write(line) {
      const most = line.length * bytesPerUnit + 1;
      if (used + most > gatheredBytes) flush();
      if (most > gatheredBytes) {
        file.write(Buffer.from(`${line}\n`));
        return;
      }
      used += gathered.write(line, used);
      gathered[used++] = newline;
      timer ??= setTimeout(flush, flushMs);
    },
    close() {
      flush();
      return file.close();
    },
  };
}

/**
 * A full disk or a lack of file descriptors must not stop traffic: the gateway's status reports the log's own fault. A failed stream
 * accepts nothing more, so that another one is opened; lines in between are not written.
 */
class Reopening {
  readonly #path: string;
  readonly #againMs: number;
  #stream: Writable | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, again: number) {
    this.#path = path;
    this.#againMs = again;
    this.#open();
  }

  write(bytes: Buffer): void {
    this.#stream?.write(bytes);
  }

  close(): Promise<void> {
    clearTimeout(this.#timer);
    const stream = this.#stream;
    this.#stream = undefined;
    if (!stream) return Promise.resolve();
    return new Promise((resolve) => {
      stream.once('close', () => resolve());
      stream.end(() => resolve());
    });
  }

  #open(): void {
    const stream = createStream(basename(this.#path), { path: dirname(this.#path), ...rotation });
    this.#stream = stream;
    stream.on('error', () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      stream.destroy();
      this.#timer = setTimeout(() => this.#open(), this.#againMs).unref();
    });
  }
}
