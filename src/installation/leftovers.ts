/** What processes that were killed have left: swept by whoever comes next and has the log, as long as it is surely ours. */
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writerOf } from '../platform/atomic-file.ts';
import { isListed } from '../platform/processes.ts';

// Claude Code was started with it, and the token of this installation is in it.
const launch = /^claude-(\d+)\.json$/;

/** Of commands that started Claude Code and live no more. */
export function sweepLaunches(run: string): void {
  sweep(run, (name) => Number(launch.exec(name)?.[1] ?? Number.NaN));
}

/** Beside the home: one that a restore was about to put in its place. */
export function sweepRestores(home: string): void {
  sweep(dirname(home), (name) => writerOf(name, basename(home)) ?? Number.NaN);
}

/** @param maker whose process made what has that name; NaN for what is not ours */
function sweep(folder: string, maker: (name: string) => number): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = maker(name);
      if (!Number.isNaN(pid) && !isListed(pid)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // There is no such folder, or it is not ours: nothing is left in it.
  }
}
