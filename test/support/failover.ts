/** One request's machine over endpoints that a test sets, and what they say. */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { classifyCount, type Verdict } from '../../machines/classify.ts';
import { Failover } from '../../machines/failover.ts';
import type { Command, FailoverDeps, FailoverRequest, Input } from '../../machines/failover-commands.ts';
import type { FailoverPolicy, Refused } from '../../machines/failover-policy.ts';
import { plan } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { minute, second, start } from './given.ts';
import { viewOf } from './routing-view.ts';

export const failoverPolicy: FailoverPolicy = {
  maxAttempts: 8,
  rules: { strategy: 'failover', healthAware: true },
  stickyMs: 5 * minute,
  timeouts: { headersMs: minute, firstContentMs: 90 * second, idleMs: 2 * minute, totalMs: 10 * minute },
};

/** What an endpoint says instead of an answer: a failure, that there is no such thing, or that the request is wrong. */
export type Saying = Failure | 'missing' | 'invalid';

const statuses: Readonly<Partial<Record<Saying, number>>> = {
  credential: 401,
  billing: 402,
  noModel: 404,
  misconfigured: 404,
  missing: 404,
  quota: 429,
  rateLimited: 429,
  serverError: 503,
  overloaded: 529,
  invalid: 400,
};

export function saying(what: Saying, retryAfterMs: Millis | null = null): Refused {
  const status = statuses[what];
  const head = status === undefined ? null : { status };
  const detail = status === undefined ? reason('told', { text: what }) : reason('status', { status, type: what });
  if (what === 'missing') return { verdict: classifyCount, detail, head };
  const verdict: Verdict = { failure: what === 'invalid' ? null : what, retryAfterMs, resetAt: null };
  return { verdict, detail, head };
}

/** It would answer without what it names. */
export const saidRepairable = (thing: string): Input => {
  const said = saying('invalid');
  return { type: 'failed', said: { ...said, verdict: { ...said.verdict, repair: thing } } };
};

export const saidNo = (what: Saying, retryAfterMs: Millis | null = null): Input => ({
  type: 'failed',
  said: saying(what, retryAfterMs),
});

/** A world that is changed in place; time is what the test says. */
export class FailoverWorld {
  now = start;
  policy = failoverPolicy;
  patienceMs: Millis = 0;
  /** Of the retry budget. */
  budget = 10;
  spent = 0;
  bound: string | null = null;
  readonly busy = new Map<string, number>();
  view: RoutingView;

  constructor(...endpoints: readonly RoutableEndpoint[]) {
    this.view = viewOf({ main: endpoints });
  }

  show(...endpoints: readonly RoutableEndpoint[]): void {
    this.view = viewOf({ main: endpoints });
  }

  readonly deps: FailoverDeps = {
    view: () => this.view,
    policy: () => this.policy,
    inFlight: {
      count: (id) => this.busy.get(id) ?? 0,
      isHalfOpenPermitFree: () => true,
      panicAt: () => Number.NEGATIVE_INFINITY,
      turn: () => 0,
      spend: () => {
        if (this.spent >= this.budget) return false;
        this.spent++;
        return true;
      },
    },
    sessions: { bound: () => this.bound as EndpointId | null, avoided: () => null },
    patienceMs: () => this.patienceMs,
    route: plan,
    dice: () => 0.5,
  };

  request(more: Partial<FailoverRequest> = {}) {
    const asked = { within: null, model: 'm', session: 's', isPassthrough: false, isCount: false, bytes: 1_000 };
    const request: FailoverRequest = { ...asked, awaitedSince: this.now, ...more };
    const machine = new Failover(request, this.deps);
    return (input: Input | Input['type']): Command =>
      machine.step(typeof input === 'string' ? ({ type: input } as Input) : input, this.now);
  }
}

/** A command in one line. */
export function told(command: Command): string {
  switch (command.do) {
    case 'try':
      return `try ${command.candidate.endpoint.name} (${command.candidate.because})`;
    case 'pause':
      return `pause ${command.ms} ms`;
    case 'room':
      return `wait for room at ${command.full.join(', ')}, ${command.ms / second} s at most`;
    case 'park':
      return `park: ${command.why.failure} (${reasonText(command.why.detail, 'en')})`;
    case 'pass':
      return `pass on: ${reasonText(command.said.detail, 'en')}`;
    case 'refuse': {
      const { reason: ground, why } = command;
      const what = ground.kind === 'told' ? `told ${reasonText(ground.word.said.detail, 'en')}` : ground.kind;
      return `refuse: ${what}${why.failure === null ? '' : `, and may be tried again (${why.failure})`}`;
    }
    case 'end':
      return `end: ${command.as}`;
  }
}
