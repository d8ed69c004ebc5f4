/**
 * Every query that a log alone can answer, by its name. All callers run them in the same way: the worker of a running gateway, a command
 * that opened the log itself, and a command that reads an incident file.
 */
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { shortName } from '../proxy/request/short-name.ts';
import { beginIncident, incidentFacts } from './incident.ts';
import { answerFrom, portableQuestions, type Questions } from './portable-questions.ts';
import { sizesOfLog } from './sizes.ts';
import { verifyLog } from './verify.ts';
import { whatIf } from './what-if.ts';

const questions = {
  ...portableQuestions,
  'history.verify': verifyLog,
  'history.stats': sizesOfLog,
  'history.whatIf': (log: ReadableLog, params: Params<'history.whatIf'>) =>
    whatIf(log, params, { env: params.foreign ? {} : process.env, recordedName: shortName }),
  'capsule.begin': beginIncident,
  'capsule.facts': incidentFacts,
} satisfies Questions;

export type QuestionName = keyof typeof questions;

export const questionNames = Object.keys(questions) as readonly QuestionName[];

export function ask<Name extends QuestionName>(
  log: ReadableLog,
  name: Name,
  params: Params<Name>,
): Promise<Answer<Name>> {
  return answerFrom(questions, log, name, params);
}
