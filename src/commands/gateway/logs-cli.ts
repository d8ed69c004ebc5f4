/** `qcc proxy logs`: the access log, read from its files, with or without a running gateway. */

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../../config/files/home.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { accessLogWordsOf } from '../../messages/access-log.ts';
import { type Context, chosenFlag, isOn, wholeFlag } from '../context.ts';
import { namesOf } from '../names.ts';
import { withHistory } from '../source.ts';
import { LogTeller } from './log-lines.ts';

const linesDefault = 50;
const followMs = 200;
const levels = ['error', 'warn', 'info', 'debug'];

export async function logs(context: Context): Promise<undefined> {
  const file = paths(context.home).accessLog;
  const wanted = wholeFlag(context, 'lines') ?? linesDefault;
  const level = chosenFlag(context, 'level', levels);
  const fits = (line: string) => level === undefined || levels.indexOf(levelOf(line)) <= levels.indexOf(level);
  let kept: string[] = [];
  for (const name of [...rotated(file), file].reverse()) {
    if (kept.length >= wanted) break;
    kept = [...linesOf(name).filter(fits), ...kept];
  }
  const tell = await tellerFor(context);
  const last = wanted === 0 ? [] : kept.slice(-wanted);
  for (const line of last) tell(line);
  if (isOn(context, 'follow')) await follow(file, (line) => fits(line) && tell(line));
  else if (last.length === 0 && isForPeople(context)) context.out.note(accessLogWordsOf(context.language).empty);
  return undefined;
}

/** Into a pipe, and with `--json`, the log's own lines go, which are JSON. */
const isForPeople = ({ json }: Context) => process.stdout.isTTY === true && !json;

async function tellerFor(context: Context): Promise<(line: string) => void> {
  if (!isForPeople(context)) return (line) => context.out.line(line);
  const teller = new LogTeller(context, await endpointNames(context));
  return (line) => teller.tell(line);
}

/** The log can be read when nothing else of the home can: its endpoints then have their ids. */
async function endpointNames(context: Context): Promise<Readonly<Record<string, string>>> {
  try {
    return (await withHistory(context, ({ call }) => namesOf(call))).latest;
  } catch (error) {
    if (error instanceof QccError) return {};
    throw error;
  }
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

async function follow(file: string, tell: (line: string) => unknown): Promise<void> {
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
    for (const line of lines) tell(line);
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
