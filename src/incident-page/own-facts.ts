/** The facts that an incident page holds, and the answers to what the page asks: folded here, by the rules that the gateway has. */
import type { Recorded } from '../../events/fact.ts';
import type { PageState } from '../contract/dashboard.ts';
import type { IncidentHead } from '../contract/incident.ts';
import type { Answer, OperationName, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { headOf, IncidentLog, incidentForm } from '../history/incident-facts.ts';
import { answerFrom, portableQuestions, type Questions } from '../history/portable-questions.ts';
import { whatIf } from '../history/what-if.ts';
import type { ReadableLog } from '../log/log.ts';
import type { Fault } from '../messages/errors/faults.ts';
import { foldLog, snapshotOf } from '../runtime/fold-log.ts';
import { State } from '../runtime/state.ts';

// A step through the past folds no more facts than these, unless there are very many.
const betweenMin = 250;
// A state of a busy home has some hundred kilobytes.
const snapshotsMax = 200;

const questions = {
  ...portableQuestions,
  'history.head': headOf,
  'history.whatIf': (log: ReadableLog, params: Params<'history.whatIf'>) =>
    // Of the environment in which it is read nothing applies. Models are not tried on the page.
    whatIf(log, params, { env: {}, recordedName: (name) => name }),
} satisfies Questions;

export interface Answering {
  /** After the last fact. */
  readonly state: PageState;
  /** @throws {QccError} the question's, or `QCC_CAPSULE_LACKS` for one that only a gateway can answer */
  call<Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>>;
}

/**
 * @param text as `qcc history export --html` has written it: the state before, the facts, and the seal, a line each
 * @param path the file's name, for errors
 * @throws {QccError} `QCC_CAPSULE_DAMAGED`, `QCC_CAPSULE_VERSION`
 */
export async function openOwnFacts(text: string, path: string): Promise<Answering> {
  const lines = text.split('\n').filter((line) => line !== '');
  const end = lines.pop();
  const [first, ...rest] = lines;
  const head = headIn(first ?? '', path);
  await checkSeal(lines, end ?? '', path);
  const log = new IncidentLog(
    head,
    rest.map((line) => parsed<Recorded>(line) ?? damaged(path, { fault: 'altered' })),
  );
  await keepSnapshots(log, rest.length);
  const call = <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> =>
    Object.hasOwn(questions, name)
      ? answerFrom(questions, log, name, params)
      : Promise.reject(new QccError('QCC_CAPSULE_LACKS', { name }, exitCodes.failed));
  return { state: await call('dashboard.state', {}), call };
}

function headIn(line: string, path: string): IncidentHead {
  const head = parsed<IncidentHead>(line);
  if (typeof head?.capsule !== 'number') return damaged(path, { fault: 'notIncident' });
  if (head.capsule > incidentForm || !State.from(head.state))
    throw new QccError('QCC_CAPSULE_VERSION', { path, version: String(head.qcc), qcc: head.qcc });
  return head;
}

/** A page that was cut off on its way, or changed by hand, would tell another story. */
async function checkSeal(lines: readonly string[], end: string, path: string): Promise<void> {
  const seal = parsed<{ readonly facts: number; readonly sha256: string }>(end);
  if (typeof seal?.sha256 !== 'string') return damaged(path, { fault: 'noEnd' });
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (seal.facts !== lines.length - 1 || seal.sha256 !== hex) damaged(path, { fault: 'altered' });
}

/** The whole is folded once; from then on every moment is close to a state. */
async function keepSnapshots(log: IncidentLog, facts: number): Promise<void> {
  const between = Math.max(betweenMin, Math.ceil(facts / snapshotsMax));
  for (let seq = log.tail + between; seq < log.head; seq += between) {
    const state = await foldLog(log, seq);
    await log.saveSnapshot('state', snapshotOf(state.toJSON()));
  }
}

function parsed<Line>(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

function damaged(path: string, fault: Fault<'incident'>): never {
  throw new QccError('QCC_CAPSULE_DAMAGED', { path, ...fault });
}
