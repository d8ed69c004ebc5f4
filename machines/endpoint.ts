/**
 * The endpoint machine: which fact may follow which. What a report leads to is decided in `endpoint-decisions.ts`.
 *
 *   healthy ──EndpointDegraded, EndpointPaused──▶ degraded ──EndpointFailed──▶ failed
 *      ▲                                             │                          │ its time is up, or a success
 *      ├──────────────EndpointRecovered──────────────┘                          ▼
 *      └──────────────EndpointRecovered────────────────────────────────── recovering ──a failure──▶ failed
 *
 * From anywhere: EndpointFailed, EndpointPaused, EndpointDisabled. A pause is no failure: the endpoint is degraded with `until` set.
 */

import { type SnapshotFrom, setup } from 'xstate';
import type { Belief, EndpointFact, Failure, TimerName } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type { CallReason, ReasonOrWord } from '../events/reason.ts';
import { withMissing, withoutMissing } from './capabilities.ts';
import * as rules from './endpoint-policy.ts';
import { restore } from './fold.ts';
import * as hearsay from './hearsay.ts';
import type { Timer } from './moment.ts';
import type { EndpointState, Lacking, Missing, TooLarge } from './routing-view.ts';

export type Because = Failure | 'slow' | 'limitsWarning';
type Data<Type extends EndpointFact['type']> = Extract<EndpointFact, { type: Type }>['data'];
type ChartEvent = {
  [Type in EndpointFact['type']]: { type: Type; at: Millis; data: Data<Type> };
}[EndpointFact['type']];

interface EndpointContext {
  readonly since: Millis | null;
  /** In a row: whole ones, and halves for overload. */
  readonly strikes: number;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  /** A failure's word where nothing more is known. */
  readonly lastError: ReasonOrWord<CallReason> | null;
  readonly because: Because | null;
  readonly until: Millis | null;
  readonly held: boolean;
  readonly belief: Belief | null;
  /** Times out in a row: the exponent of the back-off. */
  readonly times: number;
  readonly pauses: number;
  /** Where a pause goes back to. */
  readonly resume: 'healthy' | 'recovering';
  readonly ramp: number;
  readonly healthySince: Millis | null;
  readonly gen: number;
  readonly timer: Timer<TimerName> | null;
  /** A list: names are a client's, and may be those that every object has. */
  readonly lacks: readonly Lacking[];
  /** Until then it is believed not to count tokens. */
  readonly countsNotUntil: Millis | null;
  /** The smallest body that was too large for it, and until when that is believed. */
  readonly tooLarge: TooLarge | null;
  /** Its probes are refused for what they look like, and tell nothing: real requests must. */
  readonly isProbeless: boolean;
  /** What it has refused of requests. */
  readonly missing: readonly Missing[];
  /** What other gateways of the fleet have said of it. */
  readonly hearsay: hearsay.Hearsay;
}

const fresh: EndpointContext = {
  since: null,
  strikes: 0,
  consecutiveFailures: 0,
  consecutiveSuccesses: 0,
  lastError: null,
  because: null,
  until: null,
  held: false,
  belief: null,
  times: 0,
  pauses: 0,
  resume: 'healthy',
  ramp: 1,
  healthySince: null,
  gen: 0,
  timer: null,
  lacks: [],
  countsNotUntil: null,
  tooLarge: null,
  isProbeless: false,
  missing: [],
  hearsay: hearsay.noHearsay,
};

const vocabulary = setup({ types: {} as { context: EndpointContext; events: ChartEvent } });

const without = (lacks: readonly Lacking[], model: string | null) =>
  lacks.length === 0 ? lacks : lacks.filter((one) => one.model !== model);

const armed = (context: EndpointContext, name: TimerName, dueAt: Millis) => ({
  gen: context.gen + 1,
  timer: { name, gen: context.gen + 1, dueAt },
});

const noteFailure = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'AttemptFailed' && event.type !== 'ProbeFailed') return {};
  const { failure, detail } = event.data;
  return {
    strikes: context.strikes + rules.strikesOf(failure),
    consecutiveFailures: context.consecutiveFailures + 1,
    consecutiveSuccesses: 0,
    lastError: detail ?? failure,
    hearsay: hearsay.afterOwnResult(context.hearsay, null),
  };
});
const noteSuccess = vocabulary.assign(({ context, event }) => ({
  strikes: 0,
  consecutiveFailures: 0,
  pauses: 0,
  consecutiveSuccesses: context.consecutiveSuccesses + 1,
  lacks: event.type === 'ProbeSucceeded' ? without(context.lacks, event.data.model) : context.lacks,
  isProbeless: event.type === 'ProbeSucceeded' ? false : context.isProbeless,
  hearsay: hearsay.afterOwnResult(context.hearsay, event as hearsay.Success),
}));
const noteProbe = vocabulary.assign(({ context, event }) =>
  event.type === 'ProbeNoted' ? { isProbeless: context.isProbeless || event.data.isForLooks === true } : {},
);
const noteLacking = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'ModelNotFound') return {};
  const { model, until } = event.data;
  return { lacks: rules.withLacking(context.lacks, { model, until }) };
});
const noteHaving = vocabulary.assign(({ context, event }) =>
  event.type === 'ModelFound' ? { lacks: without(context.lacks, event.data.model) } : {},
);
const noteRefusing = vocabulary.assign(({ context, event }) => {
  if (event.type === 'CountRefused') return { countsNotUntil: event.data.until };
  if (event.type !== 'BodyRefused') return {};
  const { bytes, until } = event.data;
  const known = context.tooLarge !== null && context.tooLarge.until > event.at ? context.tooLarge.bytes : bytes;
  return { tooLarge: { bytes: Math.min(bytes, known), until } };
});
const forgetWords = vocabulary.assign({ lacks: [], countsNotUntil: null, tooLarge: null, isProbeless: false });
/** Another account, or another endpoint. */
const forgetMissing = vocabulary.assign({ missing: [] });
const noteMissing = vocabulary.assign(({ context, event }) => {
  if (event.type === 'CapabilityForgotten') return { missing: withoutMissing(context.missing, event.data.what) };
  if (event.type !== 'CapabilityMissing') return {};
  const { model, what, limit, until } = event.data;
  return { missing: withMissing(context.missing, { model, what, limit, until }) };
});
const hear = vocabulary.assign(({ context, event }) => {
  switch (event.type) {
    case 'FailureHeard':
      return { hearsay: hearsay.withHeard(context.hearsay, event.data) };
    case 'HearsayLifted':
      return { hearsay: hearsay.withLifted(context.hearsay, event.data) };
    case 'HearsayExpired':
      return { hearsay: hearsay.withExpired(context.hearsay, event.data.before) };
    case 'HearsayForgotten':
      return { hearsay: hearsay.withForgotten(context.hearsay, event.data) };
    default:
      return {};
  }
});
/** Another credential: nothing was said of it. */
const forgetHearsay = vocabulary.assign({ hearsay: hearsay.noHearsay });
/** Quiet seconds are counted from the last failure; a warning ends no sooner for it. */
const waitForQuiet = vocabulary.assign(({ context, event }) =>
  context.timer?.name === 'pause'
    ? {}
    : armed(context, 'quiet', Math.max(event.at + rules.quietMs, context.timer?.dueAt ?? 0)),
);
const degrade = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'EndpointDegraded') return {};
  const { because, until } = event.data;
  return {
    because,
    until: null,
    belief: until === null ? null : ('advertised' as const),
    // The streak that heals begins after what speaks against it.
    consecutiveSuccesses: 0,
    ...armed(context, 'quiet', until ?? event.at + rules.quietMs),
  };
});
const pause = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'EndpointPaused') return {};
  const { because, until, belief, times } = event.data;
  return { because, until, belief, pauses: times, ...armed(context, 'pause', until) };
});
const resumeHealthy = vocabulary.assign({ resume: 'healthy' });
const resumeRecovering = vocabulary.assign({ resume: 'recovering' });
const fail = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'EndpointFailed') return {};
  const { because, until, belief, times, held } = event.data;
  return {
    because,
    until,
    belief,
    times,
    held,
    ramp: 1,
    healthySince: null,
    consecutiveSuccesses: 0,
    ...armed(context, 'out', until),
  };
});
const recoverTo = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'EndpointRecovering') return {};
  const { ramp, nextAt } = event.data;
  const wait = nextAt === null ? { timer: null } : armed(context, 'ramp', nextAt);
  return { ramp, until: null, held: false, belief: null, healthySince: null, ...wait };
});
/** The failures that ejected it have been paid for: it is half-open without strikes. */
const forgive = vocabulary.assign({ strikes: 0 });
const recover = vocabulary.assign(({ context, event }) => ({
  // After a pause the half strikes stay: only a success or quiet clears them. A new key is a new beginning.
  strikes: context.until === null || context.held ? 0 : context.strikes,
  because: null,
  until: null,
  held: false,
  belief: null,
  ramp: 1,
  resume: 'healthy' as const,
  timer: null,
  healthySince: context.healthySince ?? event.at,
}));
const disable = vocabulary.assign(({ context }) => ({
  ...fresh,
  gen: context.gen,
  lastError: context.lastError,
  missing: context.missing,
}));
const disarm = vocabulary.assign({ timer: null });
// The first entry follows no fact, and has no instant.
const sinceNow = vocabulary.assign(({ event }) => ({ since: event.at ?? null }));
const isCurrent = ({ context, event }: { context: EndpointContext; event: ChartEvent }) =>
  event.type === 'TimerElapsed' && event.data.gen === context.timer?.gen;

/** What was seen is noted in every state that is in use. */
const noted = {
  AttemptFailed: { actions: noteFailure },
  ProbeFailed: { actions: noteFailure },
  AttemptSucceeded: { actions: noteSuccess },
  ProbeSucceeded: { actions: noteSuccess },
} as const;

const elapsed = { guard: isCurrent, actions: disarm };

export const endpointChart = vocabulary.createMachine({
  id: 'endpoint',
  context: fresh,
  initial: 'healthy',
  on: {
    EndpointDisabled: { target: '.disabled', actions: disable },
    EndpointFailed: { target: '.failed', actions: fail },
    EndpointRecovered: { target: '.healthy', actions: recover },
    EndpointRecovering: { target: '.recovering', actions: [recoverTo] },
    ModelNotFound: { actions: noteLacking },
    ModelFound: { actions: noteHaving },
    CapabilityMissing: { actions: noteMissing },
    CapabilityForgotten: { actions: noteMissing },
    CountRefused: { actions: noteRefusing },
    BodyRefused: { actions: noteRefusing },
    ProbeNoted: { actions: noteProbe },
    FailureHeard: { actions: hear },
    HearsayLifted: { actions: hear },
    HearsayExpired: { actions: hear },
    HearsayForgotten: { actions: hear },
    // A person, or a new key or address: what was said before says nothing any more.
    EndpointReset: { actions: forgetWords },
    KeyChanged: { actions: [forgetWords, forgetMissing, forgetHearsay] },
  },
  states: {
    healthy: {
      entry: sinceNow,
      on: {
        ...noted,
        EndpointDegraded: { target: 'degraded', actions: degrade },
        EndpointPaused: { target: 'degraded', actions: [pause, resumeHealthy] },
      },
    },
    degraded: {
      entry: sinceNow,
      on: {
        ...noted,
        AttemptFailed: { actions: [noteFailure, waitForQuiet] },
        ProbeFailed: { actions: [noteFailure, waitForQuiet] },
        EndpointDegraded: { actions: degrade },
        EndpointPaused: { actions: pause },
        TimerElapsed: elapsed,
      },
    },
    failed: {
      entry: sinceNow,
      on: {
        ...noted,
        EndpointFailed: { actions: fail },
        EndpointRecovering: { target: 'recovering', actions: [forgive, recoverTo] },
        TimerElapsed: elapsed,
      },
    },
    recovering: {
      entry: sinceNow,
      on: {
        ...noted,
        EndpointRecovering: { actions: recoverTo },
        EndpointPaused: { target: 'degraded', actions: [pause, resumeRecovering] },
        TimerElapsed: elapsed,
      },
    },
    disabled: { entry: sinceNow },
  },
});

export type EndpointSnapshot = SnapshotFrom<typeof endpointChart>;

/** From a snapshot of the state. What the machine did not remember when it was written begins empty. */
export function restoreEndpoint(data: unknown): EndpointSnapshot {
  const { value, context } = data as { readonly value: string; readonly context: Partial<EndpointContext> };
  return restore(endpointChart, { value, context: { ...fresh, ...context } });
}

/** The state in which a decision must land: what replay holds today's chart against. */
export function targetState({ type }: { readonly type: string }): EndpointState | null {
  return targetStates[type] ?? null;
}

const targetStates: Readonly<Record<string, EndpointState>> = {
  EndpointDegraded: 'degraded',
  EndpointPaused: 'degraded',
  EndpointFailed: 'failed',
  EndpointRecovering: 'recovering',
  EndpointRecovered: 'healthy',
  EndpointDisabled: 'disabled',
};

export type EndpointStatus = EndpointContext & { readonly state: EndpointState };

/** The machine as others may see it. */
export function endpointStatus(snapshot: EndpointSnapshot): EndpointStatus {
  return { ...snapshot.context, state: snapshot.value as EndpointState };
}

export function timerOf(snapshot: EndpointSnapshot): Timer<TimerName> | null {
  return snapshot.context.timer;
}

/** When what other gateways have said is over next. */
export function hearsayDueAt(snapshot: EndpointSnapshot): Millis | null {
  return snapshot.context.hearsay.dueAt;
}
