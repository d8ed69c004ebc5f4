/**
 * Questions to the history, answered beside the main loop on the gateway's own database: folding years of facts must not
 * hold up a request. Data in, data out; the log is opened for a question and closed after it, and nothing is written. What stays for the
 * next question are states of the past: they follow from facts, and go with the thread.
 */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, type MessagePort } from 'node:worker_threads';
import type { Params } from '../src/contract/operations.ts';
import { QccError } from '../src/errors/qcc-error.ts';
import { type ToldError, toldOf } from '../src/errors/told-error.ts';
import { KeptStates, keepStates } from '../src/history/kept-states.ts';
import { ask, type QuestionName } from '../src/history/questions.ts';
import { rollUpOf } from '../src/history/rolled.ts';
import { LevelLog } from '../src/log/level-log.ts';
import { checkTable } from '../src/log/tables.ts';

/**
 * Where requests and questions want the same core, requests go first. Linux knows threads by numbers of their own, and a link that
 * each of them finds itself behind; other systems have no such thing, and go without.
 */
function stepBack(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A question that competes is still answered.
  }
}

if (!isMainThread) stepBack();

export interface ReplayTask<Name extends QuestionName = QuestionName> {
  /** The folder of the log. */
  readonly dir: string;
  readonly name: Name;
  readonly params: Params<Name>;
  readonly stop: Stop;
}

/** Any message ends the task early: it fails, and has closed the log by then. */
type Stop = MessagePort;

/** `answer` is JSON: the main loop passes it on, and neither clones nor parses it. */
export type ReplayReply =
  | { readonly answer: string }
  | {
      readonly error: ToldError;
    };

// A table of 1 MB takes some 5 ms, a slice of a roll-up three: four fifths of the time are left to others.
const restShare = 4;

/** Waits as long as others are due their share of a core, counted from when it was last called. */
function resting(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    await sleep((performance.now() - begun) * restShare);
    begun = performance.now();
  };
}

/** Tables that are not what was written. Questions that come meanwhile are answered between two of them. */
export async function scrub({ dir, names }: { dir: string; names: readonly string[] }): Promise<readonly string[]> {
  const bad: string[] = [];
  const rest = resting();
  for (const name of names) {
    const finding = checkTable(join(dir, name));
    if (finding === 'damaged' || finding === 'unreadable') bad.push(name);
    await rest();
  }
  return bad;
}

export interface RollUpTask {
  readonly dir: string;
  readonly from: number;
  readonly stop: Stop;
}

/** The roll-up of one block as JSON: the main loop, the only writer, stores it. Undefined where facts are missing. */
export function rollUp({ dir, from, stop }: RollUpTask): Promise<string | undefined> {
  return withLog(dir, stop, async (log) => {
    const made = await rollUpOf(log, from, resting());
    return made && JSON.stringify(made);
  });
}

/**
 * A thread that is ended while LevelDB reads for it ends the whole process (a segmentation fault in one of eight stops during roll-ups). So
 * the log is closed first, which waits for the read that is under way, and lets the next one fail.
 */
async function withLog<T>(dir: string, stop: Stop, work: (log: LevelLog) => Promise<T>): Promise<T> {
  try {
    const log = await LevelLog.open(dir, { beside: true });
    stop.on('message', () => log.close().catch(() => {}));
    try {
      return await work(log);
    } finally {
      await log.close();
    }
  } finally {
    stop.close();
  }
}

const kept = new Map<string, KeptStates>();

function keptOf(dir: string): KeptStates {
  const known = kept.get(dir) ?? new KeptStates();
  kept.set(dir, known);
  return known;
}

export default async function replay<Name extends QuestionName>({
  dir,
  name,
  params,
  stop,
}: ReplayTask<Name>): Promise<ReplayReply> {
  return await withLog(dir, stop, async (log) => {
    keepStates(log, keptOf(dir));
    try {
      return { answer: JSON.stringify(await ask(log, name, params)) };
    } catch (error) {
      if (!(error instanceof QccError)) throw error;
      return { error: toldOf(error) };
    }
  });
}
