/** Queries of an incident file, run in a process that holds nothing else, because the file is untrusted. */
import type { Params } from '../contract/operations.ts';
import { QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { headOf } from './incident-facts.ts';
import { damagedIncident, openIncident } from './incident-log.ts';
import { KeptStates, keepStates } from './kept-states.ts';
import { ask, type QuestionName } from './questions.ts';

/** `history.head` does not read the log, and is answered here as an installation answers it. */
export interface IncidentQuestion {
  readonly path: string;
  readonly name: QuestionName | 'history.head';
  readonly params: object;
}

// Read once, because a reader of one page asks for the next one.
let opened: { readonly path: string; readonly log: ReadableLog } | undefined;

/** The answer is JSON. @throws {QccError} `QCC_CAPSULE_…`, or the query's error */
export async function askIncident({ path, name, params }: IncidentQuestion): Promise<string> {
  if (opened?.path !== path) {
    opened = { path, log: await openIncident(path) };
    keepStates(opened.log, new KeptStates());
  }
  const { log } = opened;
  try {
    return JSON.stringify(name === 'history.head' ? await headOf(log) : await ask(log, name, params as Params<never>));
  } catch (error) {
    if (error instanceof QccError) throw error;
    // Its checksum is right, but its content is not what qcc writes: it is forged.
    throw damagedIncident(path, { fault: 'impossible', said: (error as Error).message });
  }
}
