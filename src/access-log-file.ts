/** The access log's file: one JSON object a line, rotated, gathered for a moment so that no request waits for the disk. */
import { basename, dirname } from 'node:path';
import { createStream } from 'rotating-file-stream';

const flushMs = 100;
// Lines that gather between two flushes at full speed; more are written at once.
const gatheredMax = 512;
const rotation = { size: '10M', maxFiles: 5, mode: 0o600 } as const;

export interface AccessLogFile {
  readonly write: (line: string) => void;
  close(): Promise<void>;
}

export function openAccessLog(path: string): AccessLogFile {
  const stream = createStream(basename(path), { path: dirname(path), ...rotation });
  // A full disk must not stop traffic: the gateway's status tells of the log's own trouble.
  stream.on('error', () => {});
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    stream.write(text);
  };
  return {
    write(line) {
      lines.push(line.endsWith('\n') ? line : `${line}\n`);
      if (lines.length >= gatheredMax) flush();
      else timer ??= setTimeout(flush, flushMs);
    },
    close() {
      flush();
      return new Promise((resolve) => stream.end(() => resolve()));
    },
  };
}
