/**
 * Every query that a log alone can answer, by its name. All callers run them in the same way: the worker of a running gateway, a command
 * that opened the log itself, and a command that reads an incident file.
 */
import type { Answer, OperationName, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { readAudit } from './audit.ts';
import { showBands } from './bands.ts';
import { configurationThen } from './configuration.ts';
import { diffMoments } from './diff.ts';
import { explain } from './explain.ts';
import { gapsIn, pageOfLook, readFacts, startOfLook } from './facts.ts';
import { pastChecks, recentSince, statsSince } from './health.ts';
import { beginIncident, incidentFacts } from './incident.ts';
import { listIncidents, showIncident } from './incidents.ts';
import { resolveFilters } from './known.ts';
import { showPage } from './page-state.ts';
import { listRequests } from './request-list.ts';
import { nextRoute } from './route.ts';
import { sizesOfLog } from './sizes.ts';
import { showThen } from './then.ts';
import { verifyLog } from './verify.ts';
import { whatIf } from './what-if.ts';

const questions = {
  'config.at': configurationThen,
  'config.audit': readAudit,
  'history.filters': resolveFilters,
  'history.read': readFacts,
  'history.start': startOfLook,
  'history.page': pageOfLook,
  'history.at': showThen,
  'history.verify': verifyLog,
  'history.stats': sizesOfLog,
  'capsule.begin': beginIncident,
  'capsule.facts': incidentFacts,
  'incidents.list': listIncidents,
  'incidents.show': showIncident,
  'route.next': nextRoute,
  'history.diff': diffMoments,
  'history.explain': explain,
  'history.whatIf': whatIf,
  'health.checks': pastChecks,
  'health.since': recentSince,
  'stats.since': statsSince,
  'dashboard.state': showPage,
  'dashboard.bands': showBands,
  'dashboard.requests': listRequests,
} satisfies { readonly [Name in OperationName]?: (log: ReadableLog, params: Params<Name>) => Promise<Answer<Name>> };

export type QuestionName = keyof typeof questions;

export const questionNames = Object.keys(questions) as readonly QuestionName[];

/** A result that is folded from many facts does not show that some were missing. By the number of the last fact that it is made from. */
const folded: { readonly [Name in QuestionName]?: (log: ReadableLog, answer: Answer<Name>) => number } = {
  'history.at': (_, { seq }) => seq,
  'history.diff': (_, { from, to }) => Math.max(from, to),
  'config.audit': (log) => log.head,
  'history.explain': (log) => log.head,
  'route.next': (log) => log.head,
  'incidents.list': (log) => log.head,
  'incidents.show': (log) => log.head,
  'history.whatIf': (log) => log.head,
  'dashboard.state': (_, { seq }) => seq,
  'dashboard.bands': (_, { toSeq }) => toSeq,
};

export async function ask<Name extends QuestionName>(
  log: ReadableLog,
  name: Name,
  params: Params<Name>,
): Promise<Answer<Name>> {
  const question = questions[name] as unknown as (log: ReadableLog, params: Params<Name>) => Promise<Answer<Name>>;
  const answer = await question(log, params);
  const last = folded[name]?.(log, answer);
  return last === undefined ? answer : { ...answer, ...(await gapsIn(log, 1, last)) };
}
