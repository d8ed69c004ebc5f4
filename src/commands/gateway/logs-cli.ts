/** `qcc proxy logs`: the access log, read from its files, with or without a running gateway. */

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../../config/files/home.ts';
import { type Context, chosenFlag, isOn, numberFlag } from '../context.ts';

const linesDefault = 50;
const followMs = 200;
const levels = ['error', 'warn', 'info', 'debug'];

export async function logs(context: Context): Promise<undefined> {
  const file = paths(context.home).accessLog;
  const wanted = numberFlag(context, 'lines') ?? linesDefault;
  const level = chosenFlag(context, 'level', levels);
  const fits = (line: string) => level === undefined || levels.indexOf(levelOf(line)) <= levels.indexOf(level);
  let kept: string[] = [];
  for (const name of [...rotated(file), file].reverse()) {
    if (kept.length >= wanted) break;
    kept = [...linesOf(name).filter(fits), ...kept];
  }
  // The access log is always JSON: it is made for programs, and people have `jq`.
  for (const line of wanted === 0 ? [] : kept.slice(-wanted)) context.out.line(line);
  if (isOn(context, 'follow')) await follow(context, file, fits);
  return undefined;
}

function levelOf(line: string): string {
  return /"level":"(\w+)"/.exec(line)?.[1] ?? 'info';
}

function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

/** Oldest first: the names of rotated files begin with their time. */
function rotated(file: string): readonly string[] {
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name !== basename(file) && name.endsWith(basename(file)));
  return names.sort().map((name) => join(folder, name));
}

async function follow({ out }: Context, file: string, fits: (line: string) => boolean): Promise<void> {
  let at = existsSync(file) ? statSync(file).size : 0;
  let rest = '';
  for (;;) {
    await sleep(followMs);
    const size = existsSync(file) ? statSync(file).size : 0;
    // The file was rotated: the new one is read from its beginning.
    if (size < at) at = 0;
    if (size === at) continue;
    const lines = (rest + piece(file, at, size - at)).split('\n');
    rest = lines.pop() ?? '';
    at = size;
    for (const line of lines.filter(fits)) out.line(line);
  }
}

function piece(file: string, from: number, bytes: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, bytes, from));
  } finally {
    closeSync(descriptor);
  }
}
