/** The contract of the page in the browser: its whole state in one answer, and its lists and charts as the gateway computes them. */
import * as v from 'valibot';
import type { Failure } from '../../events/endpoint.ts';
import type { ReadinessReason } from '../../events/reason.ts';
import type { Usage } from '../../events/request.ts';
import type { Because } from '../../machines/endpoint.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { InFlightRow } from './debug.ts';
import type { EndpointRow } from './endpoint.ts';
import { flag, instant, name, one, optional, sentenceMax, text, whole } from './fields.ts';
import type { RunningRow, StatusRow } from './gateway.ts';
import type { HealthRow } from './health.ts';
import type { FactRow } from './history.ts';
import { moment, type WithGaps } from './moment.ts';
import { type AnswerOf, asks, asksGateway } from './operation.ts';
import type { priorityContract } from './priority.ts';
import type { ProfileRow } from './profile.ts';
import type { queueContract } from './queue.ts';

/** The longest page of a list. */
export const pageRowsMax = 100;
/** The most facts after a moment whose changes are told with it. */
export const pageStepsMax = 48;
/** The most parts that a chart is divided into. */
export const pageBucketsMax = 600;

export interface PageEndpoint
  extends HealthRow,
    Pick<EndpointRow, 'baseUrl' | 'priority' | 'enabled' | 'maxFailures' | 'maxConcurrent' | 'timeoutMs'> {
  /** Routing may give it traffic now. */
  readonly available: boolean;
  /** What another gateway of the fleet met, and why requests pass it over until then; null: nothing. */
  readonly heard: { readonly rule: 'heard' | 'hinted'; readonly until: string | null } | null;
  /** It is quarantined: time alone does not bring it back. */
  readonly held: boolean;
  /** Its share of traffic while it recovers, 0 while single requests decide. Otherwise 1. */
  readonly ramp: number;
}

export interface PageProfile {
  readonly name: string;
  readonly tier: ProfileRow['tier'];
  readonly active: boolean;
  readonly pinned: boolean;
  /** Requests reach it without being confined to it. */
  readonly isOnLadder: boolean;
  readonly endpoints: readonly PageEndpoint[];
}

/** What only a running gateway knows: no fact records it. */
export interface PageLive {
  readonly version: string;
  readonly url: string;
  readonly startedAt: string;
  readonly stopping: boolean;
  readonly requests: StatusRow['requests'];
  readonly inFlight: InFlightRow;
}

/** Everything that the first screen shows, after one fact. */
export interface PageState {
  /** The last fact that it knows. */
  readonly seq: number;
  /** When that fact happened. */
  readonly at: string;
  /** The clock of the gateway, for countdowns. */
  readonly now: string;
  readonly network: 'online' | 'offline';
  /** Why no endpoint can answer; empty when one can. */
  readonly notReady: readonly ReadinessReason[];
  readonly ladder: AnswerOf<(typeof priorityContract)['priority.list']>;
  /** How equals of a profile are chosen among. */
  readonly strategy: 'weighted' | 'round-robin' | 'least-connections' | 'failover';
  /** In the order in which a request asks them; those that are not on the ladder come last. */
  readonly profiles: readonly PageProfile[];
  readonly queue: AnswerOf<(typeof queueContract)['queue.status']>;
  /** Null for a moment of the past, and for an incident file. */
  readonly live: PageLive | null;
  /** The requests that run, oldest first; those that are more than a page shows are only counted. */
  readonly running: readonly RunningRow[];
}

/** What some facts have changed. */
export interface PageChange {
  readonly now: string;
  readonly at: string;
  /** Everything, when profiles, the ladder or settings have changed. */
  readonly state: PageState | null;
  /** Otherwise the endpoints that the facts are about, and the counts of the queue. */
  readonly endpoints: readonly PageEndpoint[];
  readonly queue: PageState['queue'] | null;
  readonly live: PageLive | null;
  readonly facts: readonly FactRow[];
  /** So many older ones are left out. */
  readonly skipped: number;
}

/** What one fact has changed of the state before it. */
export interface PageStep extends Pick<PageChange, 'now' | 'at' | 'state' | 'endpoints' | 'queue'> {
  readonly seq: number;
}

/** For so long something was so. */
interface Span {
  readonly from: string;
  readonly to: string;
  /** The fact that began it; null when it began before the chart. */
  readonly seq: number | null;
}

export interface EndpointBand {
  readonly endpoint: string;
  /** `profile/name`, as it is called now, or was at last. */
  readonly name: string;
  readonly spans: readonly (Span & { readonly state: EndpointState; readonly because: Because | null })[];
}

export interface BandMark {
  readonly seq: number;
  readonly at: string;
  readonly kind: 'switch' | 'setting' | 'start' | 'found dead' | 'offline' | 'online' | 'slept' | 'lost';
  /** Of a switch: where to. Of a setting: its name. */
  readonly name: string | null;
}

/** What happened over time: a band for each endpoint, the active profile, and marks. */
export interface Bands {
  readonly from: string;
  readonly to: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly active: readonly (Span & { readonly profile: string | null })[];
  readonly endpoints: readonly EndpointBand[];
  /** The first ones of very many. */
  readonly marks: readonly BandMark[];
  readonly marksLeftOut: number;
  /** So much happened that a long span stands for short ones beside it. */
  readonly coarse: boolean;
  /** Requests by equal parts of the time. */
  readonly buckets: readonly { readonly answered: number; readonly moved: number; readonly failed: number }[];
}

/** A request, as a list shows it. */
export interface RequestRow {
  readonly seq: number;
  readonly request: string;
  readonly startedAt: string;
  readonly outcome: 'answered' | 'failed' | 'broken' | 'cancelled';
  readonly status: number;
  readonly durationMs: number;
  readonly ttftMs: number | null;
  readonly session: string | null;
  readonly model: string | null;
  readonly stream: boolean;
  readonly path: string;
  /** Which endpoint answered, or was asked last; null: none was asked. */
  readonly endpoint: string | null;
  readonly profile: string | null;
  readonly attempts: number;
  /** What the endpoints that were asked before said. */
  readonly failures: readonly (Failure | 'noNetwork')[];
  readonly because: string | null;
  readonly usage: Usage | null;
}

const requestOutcome = one(['answered', 'failed', 'broken', 'cancelled']);

export const dashboardContract = {
  /**
   * Opens the page's listener, if it is not open, and makes a ticket for it.
   * @throws {QccError} `QCC_DASHBOARD_PORT` when the port is taken
   */
  'dashboard.open': asksGateway(
    'never',
    v.strictObject({ readOnly: optional(flag), port: optional(v.pipe(whole, v.maxValue(65_535, 'a port'))) }),
  ).answers<{
    /** With the ticket in its fragment, which no server sees. */
    readonly url: string;
    readonly plain: string;
    readonly ticket: string;
    readonly scope: 'read' | 'write';
    readonly expiresAt: string;
  }>(),
  /** Without a moment: now. With `steps`, also what each of so many facts after the moment has changed: for a reader who goes on to them. */
  'dashboard.state': asks(
    'read',
    v.strictObject({
      moment: optional(moment),
      steps: optional(v.pipe(whole, v.maxValue(pageStepsMax, `at most ${pageStepsMax}`))),
    }),
  ).answers<PageState & { readonly steps?: readonly PageStep[] } & WithGaps>(),
  /** Between two instants. Without them: the last hour. */
  'dashboard.bands': asks(
    'read',
    v.strictObject({
      from: optional(instant),
      to: optional(instant),
      buckets: optional(v.pipe(whole, v.maxValue(pageBucketsMax, `at most ${pageBucketsMax}`))),
    }),
  ).answers<Bands & WithGaps>(),
  /** Newest first; `before` is the cursor: the `next` of the page before. */
  'dashboard.requests': asks(
    'read',
    v.strictObject({
      before: optional(whole),
      limit: optional(v.pipe(whole, v.maxValue(pageRowsMax, `at most ${pageRowsMax}`))),
      endpoint: optional(name),
      profile: optional(name),
      session: optional(text(sentenceMax)),
      model: optional(name),
      outcome: optional(requestOutcome),
      /** Answered by another endpoint than the first that was asked. */
      moved: optional(flag),
      /** Took at least so long, in milliseconds. */
      slowerThan: optional(whole),
    }),
  ).answers<
    {
      readonly rows: readonly RequestRow[];
      /** Null: there are no older ones. */
      readonly next: number | null;
    } & WithGaps
  >(),
};
