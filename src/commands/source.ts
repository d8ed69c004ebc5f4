/** Which source answers a question about the past: this installation, or the file that `--from-log` names. */
import { resolve } from 'node:path';
import type { Moment } from '../contract/moment.ts';
import type { Answer, Call, Connection, OperationName, Params } from '../contract/operations.ts';
import { usage } from '../errors/qcc-error.ts';
import { momentOf } from '../messages/times.ts';
import type { Apart } from '../pool/apart.ts';
import { type Context, flag, withInstallation } from './context.ts';

export type Asking = Pick<Connection, 'call' | 'viaGateway'>;

export async function withHistory<T>(context: Context, work: (asking: Asking) => Promise<T>): Promise<T> {
  const file = flag(context, 'from-log');
  if (file === undefined) return withInstallation(context, work);
  const { Apart } = await import('../pool/apart.ts');
  const reader = new Apart('capsule');
  try {
    return await work({ call: await ofFile(reader, resolve(file)), viaGateway: false });
  } finally {
    reader.close();
  }
}

/** Answers the same questions from another log: nothing of this installation is opened. */
async function ofFile(reader: Apart<'capsule'>, path: string): Promise<Call> {
  const { questionNames } = await import('../history/questions.ts');
  const ask = async <Answer>(name: (typeof questionNames)[number] | 'history.head', params: object) =>
    JSON.parse(await reader.ask({ path, name, params })) as Answer;
  const head = await ask<Answer<'history.head'>>('history.head', {});
  const now = { moment: { seq: head.head } };
  const own: Readonly<Record<string, (params: object) => unknown>> = {
    'history.head': () => head,
    'debug.machines': async (params) => {
      const { seq, at, machines } = await ask<Answer<'history.at'>>('history.at', { ...params, ...now });
      return { seq, at, machines, live: null };
    },
    'history.whatIf': (params) => ask('history.whatIf', { ...params, foreign: true }),
  };
  return async <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> => {
    const question = questionNames.find((one) => one === name);
    const asked = own[name] ?? (question && ((given: object) => ask(question, given)));
    if (!asked) throw new Error(`a file cannot answer ${name}`);
    return (await asked(params)) as Answer<Name>;
  };
}

// Relative to an implicit moment: `now`, `-15m`, `14:03`, `yesterday`.
const isRelative = (text: string | undefined) => text !== undefined && !/^(#|\d{4}-)/.test(text);

/**
 * The reference of relative times: the log's own time. A clock that was set back would point to before the log's beginning. Absolute times
 * do not need it.
 */
export async function nowFor(context: Context, ...texts: readonly (string | undefined)[]): Promise<number> {
  if (!texts.some(isRelative)) return Date.now();
  return withHistory(context, async ({ call }) => (await call('history.head', {})).now ?? Date.now());
}

type Span = Readonly<Partial<Record<'since' | 'until' | 'fromSeq' | 'toSeq', number>>>;

/** The moments of `--since` and `--until`, given by time or by a fact's number. @throws {QccError} usage */
export async function spanOf(context: Context): Promise<Span> {
  const [since, until] = [await momentFlag(context, 'since'), await momentFlag(context, 'until')];
  return {
    ...(since && ('seq' in since ? { fromSeq: since.seq } : { since: since.at })),
    ...(until && ('seq' in until ? { toSeq: until.seq } : { until: until.at })),
  };
}

/**
 * A flag that names a moment: `15m` (ago), `-15m`, `14:03`, `yesterday`, ISO, `#1234`. All commands have this one reader.
 * @param other another name that the command has for the same flag
 * @throws {QccError} usage
 */
export async function momentFlag(context: Context, name: string, other?: string): Promise<Moment | undefined> {
  const { words } = context;
  const [text, same] = [flag(context, name), other === undefined ? undefined : flag(context, other)];
  if (text !== undefined && same !== undefined) throw usage(words.contradict(`--${name}`, `--${other}`), words.sayOne);
  const given = text ?? same;
  return given === undefined ? undefined : momentOf(given, await nowFor(context, given), words);
}

/** A moment for a question that takes instants alone: a fact's number means when it was written. One that is still to come: now. */
export async function instantFlag(context: Context, name: string): Promise<number | undefined> {
  const moment = await momentFlag(context, name);
  if (moment === undefined || 'at' in moment) return moment?.at;
  const { seq } = moment;
  return withHistory(context, async ({ call }) => {
    const [fact] = (await call('history.read', { fromSeq: seq, toSeq: seq + 1 })).facts;
    return fact === undefined ? ((await call('history.head', {})).now ?? Date.now()) : Date.parse(fact.at);
  });
}
