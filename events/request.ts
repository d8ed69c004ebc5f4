/** How a request ended: one fact a request, with its attempts inside. */
import type { Failure } from './endpoint.ts';
import type { Fact, Millis } from './fact.ts';
import type { AdaptationReason } from './reason.ts';
import type { TokenInstance } from './token.ts';
import { bad, plain, type TraitsOf } from './trait.ts';

export interface Attempt {
  readonly endpoint: string;
  readonly at: Millis;
  /** `noNetwork`: it failed, and says nothing about the endpoint (offline, slept through, the proxy on the way). */
  readonly outcome: 'answered' | 'cancelled' | 'noNetwork' | Failure;
  readonly status: number | null;
  readonly ttfbMs: Millis | null;
  /** Why this endpoint was chosen: a word of the route. */
  readonly because: string;
  /** The name of the model that it was asked for, where that is not the client's. */
  readonly sent?: string;
  /** What was odd about it, and did no harm. */
  readonly noted?: AttemptNote;
  /** What else differed from what the client has sent. */
  readonly adapted?: readonly AdaptationReason[];
}

/** `noMessageStop`: the stream ended in good order, without its last event. */
export type AttemptNote = 'noMessageStop';

/** Tokens as the upstream told them; null where it did not. */
export interface Usage {
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
}

/** What was asked. */
interface Asked {
  readonly session: string | null;
  readonly model: string | null;
  readonly stream: boolean;
  readonly path: string;
  /** The profile of a `/p/PROFILE` path; null for the ladder. */
  readonly within: string | null;
  /** The named token that it came with, and the day of the gateway's calendar that counts it; left out without one. */
  readonly token?: string;
  readonly day?: string;
  /** When that token was added: another one may have had its name. */
  readonly tokenAt?: Millis;
}

/** An endpoint that has refused the session's thinking, and the request in which it said so. */
export interface PassedOver {
  readonly endpoint: string;
  readonly request: string;
}

/** How it went. */
interface Course {
  readonly attempts: readonly Attempt[];
  readonly status: number;
  readonly durationMs: Millis;
  /** The `seq` of the routing view that chose first; a further attempt looks at a newer one. */
  readonly view: number;
  /** Endpoints that its session is not sent to. Nearly never there. */
  readonly passedOver?: readonly PassedOver[];
}

interface Ended extends Asked, Course {}

/** Which endpoint answered, and what it sent. */
interface AnsweredBy {
  readonly endpoint: string;
  readonly profile: string;
  readonly ttfbMs: Millis;
  readonly ttftMs: Millis | null;
  readonly bytes: number;
  readonly usage: Usage | null;
}

export interface Served extends Ended, AnsweredBy {}

export type RequestFact =
  | Fact<'RequestServed', Served>
  | Fact<'RequestFailed', Ended & { because: string }>
  | Fact<'RequestCancelled', Ended>
  /** The endpoint broke after content had gone out; the client's connection was cut. */
  | Fact<'AnswerBroken', Served & { failure: Failure }>;

// Written out: one is made for each request, and a spread costs ten times as much.

export function endedOf({ session, model, stream, path, within }: Asked, course: Course): Ended {
  const { attempts, status, durationMs, view, passedOver } = course;
  const ended = { session, model, stream, path, within, attempts, status, durationMs, view };
  return passedOver === undefined ? ended : { ...ended, passedOver };
}

export function servedBy(ended: Ended, { endpoint, profile, ttfbMs, ttftMs, bytes, usage }: AnsweredBy): Served {
  const { session, model, stream, path, within, attempts, status, durationMs, view, passedOver } = ended;
  const served = {
    session,
    model,
    stream,
    path,
    within,
    attempts,
    status,
    durationMs,
    view,
    endpoint,
    profile,
    ttfbMs,
    ttftMs,
    bytes,
    usage,
  };
  return passedOver === undefined ? served : { ...served, passedOver };
}

/** The same, by whom: nearly no request has a named token, and none pays for those that have. */
export function ofToken(fact: RequestFact, { name: token, addedAt: tokenAt }: TokenInstance, day: string): RequestFact {
  return { ...fact, data: { ...fact.data, token, day, tokenAt } } as RequestFact;
}

export const requestTraits: TraitsOf<RequestFact> = {
  RequestServed: plain,
  RequestFailed: bad,
  RequestCancelled: plain,
  AnswerBroken: bad,
};
