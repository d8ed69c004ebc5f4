/** Files left by killed processes: the next process that has the log open removes those that are certainly ours. */
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writerOf } from '../platform/atomic-file.ts';
import { isListed } from '../platform/processes.ts';

// It was written for a start of Claude Code, and holds this installation's token.
const launch = /^claude-(\d+)\.json$/;

/** Left by commands that started Claude Code and have ended. */
export function sweepLaunches(run: string): void {
  sweep(run, (name) => Number(launch.exec(name)?.[1] ?? Number.NaN));
}

/** Beside the home: a restored home that was not yet moved into place. */
export function sweepRestores(home: string): void {
  sweep(dirname(home), (name) => writerOf(name, basename(home)) ?? Number.NaN);
}

/** @param maker the pid of the process that made the file of that name; NaN for a file that is not ours */
function sweep(folder: string, maker: (name: string) => number): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = maker(name);
      if (!Number.isNaN(pid) && !isListed(pid)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // The folder does not exist or is not ours: it holds no leftovers.
  }
}
