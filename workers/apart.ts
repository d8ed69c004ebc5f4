/**
 * The program that reads strangers' bytes, and what would leave too much memory behind: one task after the other, each with one answer.
 * Nothing of this installation is open in it.
 */
import { Worker } from 'node:worker_threads';
import type { Backup } from '../src/backup/manifest.ts';
import type { Incoming } from '../src/config/importers/incoming.ts';
import type { ImportText } from '../src/config/importers/reading.ts';
import { exitCodes, QccError } from '../src/errors/qcc-error.ts';
import { type ToldError, toldOf } from '../src/errors/told-error.ts';
import type { IncidentQuestion } from '../src/history/incident-reading.ts';
import type { FrozenVerification } from '../src/history/verify-frozen.ts';

interface Tasks {
  /** What a file of a configuration brings. */
  import: [ImportText, Incoming];
  /** A backup, unpacked into an empty folder and looked at. */
  restore: [{ readonly file: string; readonly folder: string; readonly home: string }, Omit<Backup, 'file'>];
  /** A question to an incident file; the answer is JSON. */
  capsule: [IncidentQuestion, string];
  /** A long log, on a copy; the answer is JSON. */
  verify: [FrozenVerification, string];
}

export type ApartName = keyof Tasks;
export type ApartGiven<Name extends ApartName> = Tasks[Name][0];
export type ApartAnswer<Name extends ApartName> = Tasks[Name][1];

export interface ApartTask<Name extends ApartName = ApartName> {
  readonly name: Name;
  readonly given: ApartGiven<Name>;
  readonly timeMs: number;
}

export type ApartReply<Name extends ApartName> =
  | { readonly answer: ApartAnswer<Name> }
  | {
      readonly error: ToldError;
    };

const readers: { readonly [Name in ApartName]: (given: ApartGiven<Name>) => Promise<ApartAnswer<Name>> } = {
  import: async (given) => (await import('../src/config/importers/reading.ts')).readIncoming(given),
  restore: async (given) => (await import('../src/backup/unpacking.ts')).unpack(given),
  capsule: async (given) => (await import('../src/history/incident-reading.ts')).askIncident(given),
  verify: async (given) => (await import('../src/history/verify-frozen.ts')).verifyFrozen(given),
};

async function replyTo<Name extends ApartName>({ name, given }: ApartTask<Name>): Promise<ApartReply<Name>> {
  try {
    return { answer: await readers[name](given) };
  } catch (error) {
    if (error instanceof QccError) return { error: toldOf(error) };
    const { message } = error as Error;
    const fault = { code: 'QCC_COMMAND_FAULT', hint: 'set QCC_DEBUG=1 to see where', exit: exitCodes.failed };
    return { error: { ...fault, message, params: { message } } };
  }
}

// The asking process ends this when its time is over. Should that process be gone by then, this thread does: what runs for ever in the
// main one hears nothing. A moment later, so that who asked can say why.
const graceMs = 5_000;
const watch = new Worker(
  `let timer;
  require('node:worker_threads').parentPort.on('message', (ms) => {
    clearTimeout(timer);
    if (ms !== null) timer = setTimeout(() => process.kill(process.pid, 'SIGKILL'), ms);
  });`,
  { eval: true, execArgv: [] },
);
watch.unref();

process.on('message', async (task: ApartTask) => {
  watch.postMessage(task.timeMs + graceMs);
  const reply = await replyTo(task);
  watch.postMessage(null);
  process.send?.(reply);
});
// Not an exit, which waits for what reads from a pipe that says nothing.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
