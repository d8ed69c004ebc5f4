/** All that can happen to an endpoint. */
import type { Fact, Millis } from './fact.ts';
import type { CallReason } from './reason.ts';
import { bad, deed, good, plain, type TraitsOf } from './trait.ts';

/** What an upstream did wrong, in one word. `design`: the failover table of the gateway's contract. */
export type Failure =
  | 'unreachable'
  | 'certificate'
  | 'timeout'
  | 'serverError'
  | 'overloaded'
  | 'quota'
  | 'rateLimited'
  | 'credential'
  | 'billing'
  | 'noModel'
  /** It cannot answer this request, and can others: what it needs for it is not in the account's plan. */
  | 'notForThis'
  /** The body is too large for what stands before it. */
  | 'tooLargeHere'
  /** It takes nothing from this network. */
  | 'blocked'
  | 'misconfigured'
  | 'badAnswer'
  | 'brokenAnswer';

/** How we know when something ends: seen by us, told by the endpoint, or guessed from its past. */
export type Belief = 'observed' | 'advertised' | 'inferred';

export type Verdict = 'success' | 'failure' | 'timeout' | 'rate_limited' | 'invalid_key' | 'model_error';

/** Does it take a connection; does it list its models, which takes a key; does it answer. */
export type ProbeDepth = 'connection' | 'api' | 'conversation';

/** How an endpoint has said that it does not know a part of a request, or takes less of it. */
export type CapabilityEvidence =
  | 'betaValue'
  /** It refuses some value of `anthropic-beta`, and does not say which. */
  | 'someBeta'
  | 'extraInput'
  | 'unknownField'
  | 'unsupported'
  | 'tooManyTokens';

/** What it has refused. */
export interface FoundMissing {
  /** As it was sent. */
  readonly model: string | null;
  /** A name of `machines/capabilities.ts`. */
  readonly what: string;
  /** Of `max_tokens` alone: the most that it takes. */
  readonly limit: number | null;
  readonly evidence: CapabilityEvidence;
}

/** What a gateway of the fleet has said: who, and the number of the fact in its log. */
export interface Said {
  /** Derived from the key that it signs with. */
  readonly member: string;
  readonly seq: number;
}

export interface AttemptFailure {
  readonly failure: Failure;
  readonly status: number | null;
  readonly request: string | null;
  /** What `retry-after` asked for. */
  readonly retryAfterMs: Millis | null;
  /** The instant that a limit's reset header named. */
  readonly resetAt: Millis | null;
  /** The endpoint may have billed what we did not get. */
  readonly maybeBilled: boolean;
  /** For a person; never a key, a prompt or a header's value. */
  readonly detail: CallReason | null;
}

export type EndpointReport =
  | Fact<'AttemptFailed', AttemptFailure>
  | Fact<'AttemptSucceeded', { request: string; ttfbMs: Millis; ttftMs: Millis | null }>
  | Fact<
      'ProbeSucceeded',
      { responseMs: Millis; ttftMs: Millis | null; score: number; model: string | null; tokens: number }
    >
  | Fact<'ProbeFailed', { verdict: Verdict; failure: Failure; detail: CallReason | null; responseMs: Millis }>
  /** A probe that speaks neither for nor against: a free depth that passed, a model that is not there, a refusal of the probe itself. */
  | Fact<
      'ProbeNoted',
      {
        depth: ProbeDepth;
        verdict: Verdict;
        responseMs: Millis;
        ttftMs: Millis | null;
        score: number;
        model: string | null;
        tokens: number;
        detail: CallReason | null;
        /** It was refused for what it looks like: probes prove nothing here. Not in older logs. */
        isForLooks?: true;
      }
    >
  /** It has said that it lacks this model, and is asked for it last until then. */
  | Fact<'ModelNotFound', { model: string; until: Millis; request: string | null }>
  /** It has answered for a model that it had been said to lack. */
  | Fact<'ModelFound', { model: string; request: string | null }>
  /** It does not count tokens, as it has shown, and is not asked for that until then. */
  | Fact<'CountRefused', { until: Millis; request: string | null }>
  /** A body of this size was too large for it: such bodies are sent elsewhere until then. */
  | Fact<'BodyRefused', { bytes: number; until: Millis; request: string | null }>
  /** This machine is in another network: what was said of the last one says nothing any more. */
  | Fact<'NetworkChanged'>
  | Fact<'LimitsSeen', { status: 'allowed_warning'; resetAt: Millis | null }>
  /** It has refused a part of a request, and is sent none with it until then. */
  | Fact<'CapabilityMissing', FoundMissing & { until: Millis; request: string | null }>
  /** A person wants it asked again. `what` null: with all that it has refused. */
  | Fact<'CapabilityForgotten', { what: string | null }>
  /**
   * Another gateway of the fleet has said that its own call failed so, of this credential or of this vendor. `saidAt` is by that gateway's
   * clock, the others by ours. `seq` is its number in that gateway's log.
   */
  | Fact<
      'FailureHeard',
      Said & {
        name: string;
        because: Failure;
        status: number | null;
        saidAt: Millis;
        heardAt: Millis;
        until: Millis;
      }
    >
  /** A gateway of the fleet has had an answer since: what these said does not count any more. */
  | Fact<'HearsayLifted', { by: string; name: string; of: readonly Said[]; heardAt: Millis }>
  /** What was heard is over that should count until then. */
  | Fact<'HearsayExpired', { before: Millis }>
  /** By hand: what was heard does not count. `member` null: from all. They are not listened to before `deafUntil`. */
  | Fact<'HearsayForgotten', { member: string | null; deafUntil: Millis }>
  | Fact<'EndpointEnabled'>
  | Fact<'EndpointDisabled'>
  | Fact<'EndpointReset'>
  | Fact<'KeyChanged'>
  | Fact<'TimerElapsed', { name: TimerName; gen: number }>;

export type TimerName = 'quiet' | 'pause' | 'out' | 'ramp';

export type EndpointDecision =
  /** `until`: when it ends, as the endpoint has told; null: after a quiet minute. */
  | Fact<'EndpointDegraded', { because: Failure | 'slow' | 'limitsWarning'; until: Millis | null }>
  | Fact<'EndpointPaused', { because: Failure; until: Millis; belief: Belief; times: number }>
  | Fact<
      'EndpointFailed',
      {
        because: Failure;
        until: Millis;
        belief: Belief;
        /** How many times in a row it has been out, this one included: the exponent of the back-off. */
        times: number;
        /** It stays out until its key or address changes or a probe passes: no trial by traffic alone. */
        held: boolean;
      }
    >
  /** `ramp` is the share of traffic, 0 while single trials decide. */
  | Fact<'EndpointRecovering', { ramp: number; nextAt: Millis | null }>
  | Fact<'EndpointRecovered'>
  | Fact<'WeightAdjusted', { from: number; to: number; reasons: Readonly<Record<string, number>> }>;

export type EndpointFact = EndpointReport | EndpointDecision;

export const endpointTraits: TraitsOf<EndpointFact> = {
  AttemptFailed: bad,
  AttemptSucceeded: plain,
  ProbeSucceeded: plain,
  ProbeFailed: bad,
  ProbeNoted: plain,
  ModelNotFound: bad,
  ModelFound: good,
  CountRefused: plain,
  BodyRefused: plain,
  NetworkChanged: plain,
  LimitsSeen: plain,
  CapabilityMissing: bad,
  CapabilityForgotten: deed('endpoint.forget'),
  FailureHeard: bad,
  HearsayLifted: good,
  HearsayExpired: plain,
  HearsayForgotten: deed('fleet.forget'),
  EndpointEnabled: { ...deed('endpoint.enable'), endsRefusal: true },
  EndpointDisabled: deed('endpoint.disable'),
  EndpointReset: { ...deed('health.reset'), endsRefusal: true },
  KeyChanged: { ...plain, endsRefusal: true },
  TimerElapsed: plain,
  EndpointDegraded: { ...plain, decision: true },
  EndpointPaused: { ...plain, decision: true },
  EndpointFailed: { ...bad, decision: true },
  EndpointRecovering: { ...plain, decision: true },
  EndpointRecovered: { ...good, decision: true, endsRefusal: true },
  WeightAdjusted: plain,
};
