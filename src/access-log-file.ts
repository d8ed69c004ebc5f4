/** The access log's file: one JSON object a line, rotated, gathered for a moment so that no request waits for the disk. */
import { basename, dirname } from 'node:path';
import { createStream } from 'rotating-file-stream';

const flushMs = 100;
// Lines gather as bytes: as strings they would be what each collection of garbage has to copy.
const gatheredBytes = 65_536;
const newline = 0x0a;
const bytesPerUnit = 3;
const rotation = { size: '10M', maxFiles: 5, mode: 0o600 } as const;

export interface AccessLogFile {
  readonly write: (line: string) => void;
  close(): Promise<void>;
}

export function openAccessLog(path: string): AccessLogFile {
  const stream = createStream(basename(path), { path: dirname(path), ...rotation });
  // A full disk must not stop traffic: the gateway's status tells of the log's own trouble.
  stream.on('error', () => {});
  const gathered = Buffer.allocUnsafeSlow(gatheredBytes);
  let used = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (used === 0) return;
    stream.write(Buffer.from(gathered.subarray(0, used)));
    used = 0;
  };
  return {
    write(line) {
      const most = line.length * bytesPerUnit + 1;
      if (used + most > gatheredBytes) flush();
      if (most > gatheredBytes) {
        stream.write(`${line}\n`);
        return;
      }
      used += gathered.write(line, used);
      gathered[used++] = newline;
      timer ??= setTimeout(flush, flushMs);
    },
    close() {
      flush();
      return new Promise((resolve) => stream.end(() => resolve()));
    },
  };
}
