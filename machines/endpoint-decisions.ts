/** What a report about an endpoint leads to: the report itself, when it is worth a fact, and the decisions that follow from it. */
import type { EndpointDecision, EndpointFact, EndpointReport, Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import { lacksUntil } from './available.ts';
import { isNewMissing, withoutMissing } from './capabilities.ts';
import { type Because, type EndpointSnapshot, type EndpointStatus, endpointStatus } from './endpoint.ts';
import type { EndpointPolicy, Recent } from './endpoint-policy.ts';
import * as rules from './endpoint-policy.ts';
import * as hearsay from './hearsay.ts';
import type { Moment } from './moment.ts';

/** Whether a success can change anything: the machine of a healthy endpoint with a clean streak has no use for it. */
export function worthTelling(
  snapshot: EndpointSnapshot,
  success: { readonly ttftMs: Millis | null },
  /** Looked at only where it matters: this is asked once a request. */
  recent: () => Recent,
): boolean {
  const { strikes, pauses, hearsay: heard } = snapshot.context;
  if (snapshot.value !== 'healthy' || strikes > 0 || pauses > 0 || heard.until !== null) return true;
  return success.ttftMs !== null && rules.isSlow(success.ttftMs, recent());
}

/** What a report leads to: the report itself, when it is worth a fact, and the decisions that follow from it. */
export function decideEndpoint(
  snapshot: EndpointSnapshot,
  report: EndpointReport,
  moment: Moment,
  policy: EndpointPolicy,
  recent: Recent,
): readonly EndpointFact[] {
  const status = endpointStatus(snapshot);
  if (status.state === 'disabled') return whileDisabled(status, report);
  switch (report.type) {
    case 'AttemptFailed':
    case 'ProbeFailed':
      return rules.isNeutral(report.data.failure)
        ? []
        : [report, ...afterFailure(status, report, moment, policy, recent)];
    case 'AttemptSucceeded':
      return orDisproof(
        status,
        report,
        afterSuccess(status, report, rules.isSlow(report.data.ttftMs, recent), moment, policy),
      );
    case 'FailureHeard':
    case 'HearsayLifted':
    case 'HearsayExpired':
    case 'HearsayForgotten':
      return afterHearsay(status, report, moment.now);
    case 'ProbeSucceeded':
      return afterProbe(status, report, moment, policy);
    case 'ProbeNoted':
      return [report, ...afterLooks(status, report, moment.now, policy)];
    case 'ModelNotFound':
    case 'ModelFound':
    case 'CountRefused':
    case 'BodyRefused':
      return isNewWord(status, report, moment.now) ? [report] : [];
    case 'NetworkChanged':
      return afterNetworkChange(status, report, moment.now);
    case 'CapabilityMissing':
      return isNewMissing(status.missing, report.data, moment.now) ? [report] : [];
    case 'CapabilityForgotten':
      return afterForgetting(status, report);
    case 'LimitsSeen':
      return status.state === 'healthy'
        ? [report, degraded('limitsWarning', rules.warnedUntil(report.data.resetAt, moment))]
        : [];
    case 'EndpointDisabled':
      return [report];
    case 'EndpointEnabled':
      return [];
    case 'EndpointReset':
      return afterReset(status, report, moment.now);
    case 'KeyChanged':
      return afterNewKey(status, report, moment.now);
    case 'TimerElapsed':
      return status.timer?.gen === report.data.gen ? [report, ...afterTimer(status, moment, policy)] : [];
  }
}

const halfOpen: EndpointDecision = { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } };
const recovered: EndpointDecision = { type: 'EndpointRecovered', data: {} };
const degraded = (because: Because, until: Millis | null = null): EndpointDecision => ({
  type: 'EndpointDegraded',
  data: { because, until },
});

function whileDisabled(status: EndpointStatus, report: EndpointReport): readonly EndpointFact[] {
  if (report.type === 'EndpointEnabled') return [report, halfOpen];
  if (report.type === 'CapabilityForgotten') return afterForgetting(status, report);
  return report.type === 'KeyChanged' && status.missing.length > 0 ? [report] : [];
}

function afterForgetting(
  { missing }: EndpointStatus,
  report: Extract<EndpointReport, { type: 'CapabilityForgotten' }>,
): readonly EndpointFact[] {
  return withoutMissing(missing, report.data.what).length < missing.length ? [report] : [];
}

type Word = Extract<EndpointReport, { type: 'ModelNotFound' | 'ModelFound' | 'CountRefused' | 'BodyRefused' }>;

/** What it says of itself is worth a fact once. */
function isNewWord({ lacks, countsNotUntil, tooLarge }: EndpointStatus, { type, data }: Word, now: Millis): boolean {
  switch (type) {
    case 'ModelNotFound':
      return lacksUntil(lacks, data.model, now) === null;
    case 'ModelFound':
      return lacksUntil(lacks, data.model, now) !== null;
    case 'CountRefused':
      return (countsNotUntil ?? 0) <= now;
    case 'BodyRefused':
      return tooLarge === null || tooLarge.until <= now || data.bytes < tooLarge.bytes;
  }
}

/** What was refused to the last network may be served to this one. */
function afterNetworkChange(status: EndpointStatus, report: EndpointReport, now: Millis): readonly EndpointFact[] {
  if (status.because !== 'blocked' || !isPaused(status, now)) return [];
  return [report, status.resume === 'recovering' ? halfOpen : recovered];
}

/**
 * It is held, and its probe was refused for what it looks like: no probe will ever tell that it is well. A real request may, when it has
 * been held for as long as a probe is waited for.
 */
function afterLooks(
  { state, held, since }: EndpointStatus,
  { data }: Extract<EndpointReport, { type: 'ProbeNoted' }>,
  now: Millis,
  { credentialIntervalMs }: EndpointPolicy,
): readonly EndpointDecision[] {
  const hasWaited = state === 'failed' && held && now - (since ?? now) >= credentialIntervalMs;
  return data.isForLooks && hasWaited ? [halfOpen] : [];
}

/** Something that it has said is still believed. */
function believesSome({ lacks, countsNotUntil, tooLarge }: EndpointStatus, now: Millis): boolean {
  return rules.isLacking(lacks, now) || (countsNotUntil ?? 0) > now || (tooLarge?.until ?? 0) > now;
}

function afterReset(status: EndpointStatus, report: EndpointReport, now: Millis): readonly EndpointFact[] {
  if (status.state !== 'healthy' && status.state !== 'recovering') return [report, halfOpen];
  return believesSome(status, now) ? [report] : [];
}

function afterNewKey(status: EndpointStatus, report: EndpointReport, now: Millis): readonly EndpointFact[] {
  if (status.state === 'failed') return [report, status.held ? recovered : halfOpen];
  return believesSome(status, now) || status.missing.length > 0 ? [report] : [];
}

/** A success that is no news for its machine is one against what other gateways have said. */
function orDisproof(
  status: EndpointStatus,
  report: hearsay.Success,
  facts: readonly EndpointFact[],
): readonly EndpointFact[] {
  return facts.length === 0 && hearsay.isDisproved(status.hearsay, report) ? [report] : facts;
}

type HearsayReport = Extract<
  EndpointReport,
  { type: 'FailureHeard' | 'HearsayLifted' | 'HearsayExpired' | 'HearsayForgotten' }
>;

function afterHearsay(status: EndpointStatus, report: HearsayReport, now: Millis): readonly EndpointFact[] {
  const { hearsay: heard, state } = status;
  switch (report.type) {
    case 'FailureHeard':
      return hearsay.isNews(heard, report.data, now) ? [report] : [];
    case 'HearsayLifted':
      return hearsay.isLift(heard, report.data.of) ? [report] : [];
    case 'HearsayForgotten':
      return heard.words.length > 0 ? [report] : [];
    case 'HearsayExpired':
      if (heard.dueAt === null || heard.dueAt > now) return [];
      // Whether the credential is of use again is found out by one request at a time.
      return state === 'healthy' && hearsay.endsHalfOpen(heard, now) ? [report, halfOpen] : [report];
  }
}

type FailureReport = Extract<EndpointReport, { type: 'AttemptFailed' | 'ProbeFailed' }>;

function afterFailure(
  status: EndpointStatus,
  { type, data }: FailureReport,
  moment: Moment,
  policy: EndpointPolicy,
  recent: Recent,
): readonly EndpointDecision[] {
  const { failure } = data;
  // What a probe found out comes without the headers of an answer.
  const advice: rules.Advice = type === 'AttemptFailed' ? data : {};
  const out = rules.outAtOnce(failure, advice, status, moment, policy);
  if (status.state === 'failed') return whileOut(status, out ?? stillOut(status, type, failure, moment, policy));
  if (out) return [{ type: 'EndpointFailed', data: out }];
  if (putsOut(status, failure, policy, recent))
    return [{ type: 'EndpointFailed', data: rules.backedOff(failure, status, moment, policy) }];
  const isPassing = failure === 'overloaded' && !advice.retryAfterMs && rules.isPassing(streakOf(status), recent);
  const pausing = isPassing ? undefined : pauseAfter(status, failure, advice, moment);
  if (pausing) return pausing;
  return status.state === 'healthy' && strikesWith(status, failure) >= 1 ? [degraded(failure)] : [];
}

/** This failure included. */
const strikesWith = ({ strikes }: EndpointStatus, failure: Failure): number => strikes + rules.strikesOf(failure);
const streakOf = ({ consecutiveFailures }: EndpointStatus): number => consecutiveFailures + 1;

function putsOut(status: EndpointStatus, failure: Failure, { maxFailures }: EndpointPolicy, recent: Recent): boolean {
  if (rules.strikesOf(failure) === 0) return false;
  if (rules.failsTooOften(recent)) return true;
  // A number of one is the choice of a user who wants no second failure, whatever the share.
  const isChance = maxFailures > 1 && rules.isByChance(streakOf(status), recent);
  if (strikesWith(status, failure) >= maxFailures && !isChance) return true;
  // While half-open, each answer decides. In slow start, one failure among hundreds of answers says nothing new.
  return status.state === 'recovering' && failure !== 'overloaded' && (status.ramp === 0 || !isChance);
}

/**
 * While it is paused, only requests that were on their way tell of a limit: no pause of its own, and none that is shorter.
 * Undefined: this is nothing that pauses.
 */
function pauseAfter(
  status: EndpointStatus,
  failure: Failure,
  advice: rules.Advice,
  moment: Moment,
): readonly EndpointDecision[] | undefined {
  const paused = isPaused(status, moment.now);
  const pausing = rules.pauseFor(failure, advice, paused ? Math.max(0, status.pauses - 1) : status.pauses, moment);
  if (!pausing) return undefined;
  return paused && pausing.until <= (status.until ?? 0) ? [] : [{ type: 'EndpointPaused', data: pausing }];
}

/** It may be out for longer, and is not out once more. */
function whileOut(status: EndpointStatus, longer: rules.Out | undefined): readonly EndpointDecision[] {
  const isNews = longer !== undefined && !status.held && (longer.held || longer.until > (status.until ?? 0));
  return isNews ? [{ type: 'EndpointFailed', data: { ...longer, times: status.times } }] : [];
}

/** A probe asked it just now. Attempts tell nothing about when it ends: most were on their way before it was put out. */
function stillOut(
  status: EndpointStatus,
  type: FailureReport['type'],
  failure: Failure,
  moment: Moment,
  policy: EndpointPolicy,
): rules.Out | undefined {
  const isNews = type === 'ProbeFailed' && rules.strikesOf(failure) >= 1;
  return isNews ? rules.outStill(failure, status, moment, policy) : undefined;
}

function afterSuccess(
  status: EndpointStatus,
  report: EndpointReport,
  slow: boolean,
  moment: Moment,
  policy: EndpointPolicy,
): readonly EndpointFact[] {
  const successes = status.consecutiveSuccesses + 1;
  switch (status.state) {
    case 'healthy':
      if (slow) return [report, degraded('slow')];
      return status.strikes > 0 || status.pauses > 0 ? [report] : [];
    case 'degraded':
      return whileDegraded(status, report, slow, moment.now);
    case 'failed':
      return [report, halfOpen];
    case 'recovering':
      if (status.ramp > 0) return status.strikes > 0 ? [report] : [];
      return successes >= rules.halfOpenSuccesses ? [report, slowStartStep(0, moment.now, policy)] : [report];
    case 'disabled':
      return [];
  }
}

function whileDegraded(
  status: EndpointStatus,
  report: EndpointReport,
  slow: boolean,
  now: Millis,
): readonly EndpointFact[] {
  // A pause ends in its time, and a warning when its limits are reset: answers say nothing about that, and only the first is news.
  if (isPaused(status, now) || status.because === 'limitsWarning') return isNews(status) ? [report] : [];
  if (slow) return slowAgain(status, report, now);
  return status.consecutiveSuccesses + 1 >= rules.cleanStreak ? [report, recovered] : [report];
}

/** The first success after a failure: those that follow it change nothing. */
function isNews({ strikes, pauses, consecutiveSuccesses }: EndpointStatus): boolean {
  return strikes > 0 || pauses > 0 || consecutiveSuccesses === 0;
}

/** It breaks a streak, or it has lasted: otherwise nothing has changed. */
function slowAgain(status: EndpointStatus, report: EndpointReport, now: Millis): readonly EndpointFact[] {
  if (status.because !== 'slow' || status.strikes > 0) return [report, degraded('slow')];
  const isOld = status.timer !== null && status.timer.dueAt - now < rules.slowAgainMs;
  return status.consecutiveSuccesses > 0 || isOld ? [report, degraded('slow')] : [];
}

function afterProbe(
  status: EndpointStatus,
  report: EndpointReport,
  moment: Moment,
  policy: EndpointPolicy,
): readonly EndpointFact[] {
  const isWarned = status.because === 'limitsWarning';
  if (status.state === 'degraded' && !isWarned && !isPaused(status, moment.now)) return [report, recovered];
  // Every probe is kept: it is what a person asks the history of an endpoint for.
  const after = afterSuccess(status, report, false, moment, policy);
  return after.length > 0 ? after : [report];
}

function afterTimer(status: EndpointStatus, { now }: Moment, policy: EndpointPolicy): readonly EndpointDecision[] {
  switch (status.timer?.name) {
    case 'quiet':
      // Silence is no success: it may show now what it can. Limits that have warned are reset, and it answered all along.
      return [status.because === 'limitsWarning' ? recovered : halfOpen];
    case 'pause':
      // A limit is no fault, and answers that came meanwhile are proof; what was overloaded has to show that it is not any more.
      return [
        status.resume === 'recovering' || (status.strikes > 0 && status.consecutiveSuccesses === 0)
          ? halfOpen
          : recovered,
      ];
    case 'out':
      return status.held && policy.probing && !status.isProbeless ? [rules.heldOn(status, now, policy)] : [halfOpen];
    case 'ramp':
      return [slowStartStep(status.ramp, now, policy)];
    case undefined:
      return [];
  }
}

/** The next step of the way back: a larger share of the traffic, or all of it. */
function slowStartStep(from: number, now: Millis, { slowStartMs }: EndpointPolicy): EndpointDecision {
  const ramp = rules.slowStartSteps.find((step) => step > from);
  if (ramp === undefined || slowStartMs === 0) return recovered;
  return { type: 'EndpointRecovering', data: { ramp, nextAt: now + slowStartMs / (rules.slowStartSteps.length + 1) } };
}

function isPaused({ until }: EndpointStatus, now: Millis): boolean {
  return until !== null && until > now;
}
