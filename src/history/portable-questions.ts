/** The queries that need nothing but the log and its rules: they are answered wherever a log can be folded, in a browser too. */
import type { Answer, OperationName, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import {
  checksAtEnd,
  configurationDiff,
  metricsAtEnd,
  queueThen,
  settingsListThen,
  snapshotsThen,
  statsAtEnd,
  usageAtEnd,
} from './as-was.ts';
import { readAudit } from './audit.ts';
import { showBands } from './bands.ts';
import { configurationThen } from './configuration.ts';
import { diffMoments } from './diff.ts';
import { explain } from './explain.ts';
import { gapsIn, pageOfLook, readFacts, startOfLook } from './facts.ts';
import { pastChecks, recentSince, statsSince } from './health.ts';
import { listIncidents, showIncident } from './incidents.ts';
import { resolveFilters } from './known.ts';
import { showPage } from './page-state.ts';
import { listRequests } from './request-list.ts';
import { nextRoute } from './route.ts';
import { showThen } from './then.ts';
import { usageRows } from './usage.ts';

export type Questions = {
  readonly [Name in OperationName]?: (log: ReadableLog, params: Params<Name>) => Promise<Answer<Name>>;
};

export const portableQuestions = {
  'config.at': configurationThen,
  'config.audit': readAudit,
  'config.diff': configurationDiff,
  'config.list': settingsListThen,
  'config.snapshots': snapshotsThen,
  'history.filters': resolveFilters,
  'history.read': readFacts,
  'history.start': startOfLook,
  'history.page': pageOfLook,
  'history.at': showThen,
  'incidents.list': listIncidents,
  'incidents.show': showIncident,
  'route.next': nextRoute,
  'history.diff': diffMoments,
  'history.explain': explain,
  'health.checks': pastChecks,
  'health.since': recentSince,
  'health.history': checksAtEnd,
  'health.metrics': metricsAtEnd,
  'queue.list': queueThen,
  'stats.read': statsAtEnd,
  'stats.since': statsSince,
  'stats.usage': usageAtEnd,
  'stats.usageRows': usageRows,
  'dashboard.state': showPage,
  'dashboard.bands': showBands,
  'dashboard.requests': listRequests,
} satisfies Questions;

/** A result that is folded from many facts does not show that some were missing. By the number of the last fact that it is made from. */
const folded: { readonly [Name in OperationName]?: (log: ReadableLog, answer: Answer<Name>) => number } = {
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

/** Asks a table of questions, and adds to what is folded which facts were missing. */
export async function answerFrom<Name extends OperationName>(
  questions: Questions,
  log: ReadableLog,
  name: Name,
  params: Params<Name>,
): Promise<Answer<Name>> {
  const question = questions[name] as unknown as (log: ReadableLog, params: Params<Name>) => Promise<Answer<Name>>;
  const answer = await question(log, params);
  const last = folded[name]?.(log, answer);
  return last === undefined ? answer : { ...answer, ...(await gapsIn(log, 1, last)) };
}
