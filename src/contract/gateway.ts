/** The contract of the gateway itself and of its home. */

import * as v from 'valibot';
import type { ReadinessReason } from '../../events/reason.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { Check } from './checks.ts';
import {
  addressMax,
  among,
  flag,
  name,
  nameMax,
  nothing,
  optional,
  secretMax,
  spanMax,
  text,
  textMax,
  whole,
} from './fields.ts';
import { asks, asksGateway, changes, copies, tends } from './operation.ts';

export interface StatusRow {
  readonly running: true;
  /** The former life was killed: facts of this span may be missing. Null when it ended in order. */
  readonly uncertain: { readonly from: string; readonly until: string } | null;
  /** A stop was requested: the gateway drains. */
  readonly stopping: boolean;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly active: string | null;
  readonly state: string;
  readonly network: 'online' | 'offline';
  readonly logState: string;
  /** The damage, with the command that repairs it. */
  readonly found: readonly Check[];
  /** Why it is not ready, in sentences; empty when it is. */
  readonly notReady: readonly ReadinessReason[];
  readonly requests: {
    readonly total: number;
    readonly inFlight: number;
    readonly waiting: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly endpoints: Readonly<Record<EndpointState, number>>;
  /** Of the healthy ones: those that have had no result yet, and those whose last one was a failure. */
  readonly unproven: { readonly untried: number; readonly failing: number };
  readonly files: {
    /** The system's limit; null if unknown. */
    readonly limit: number | null;
    /** The resulting limit of simultaneous clients; null means none. */
    readonly connections: number | null;
    readonly short: boolean;
    /** How often none were left. */
    readonly shortages: number;
    /** Connections that were closed at once, over the limit. */
    readonly dropped: number;
  };
  /** Clients: connected, allowed, refused at the limit, and disconnected because they read nothing. */
  readonly connections: {
    readonly open: number;
    readonly max: number;
    readonly dropped: number;
    readonly stalled: number;
  };
  /** Unexpected errors; `logs/gateway.log` has them. */
  readonly uncaught: number;
}

/** A request that runs. No fact tells of it before it ends. */
export interface RunningRow {
  readonly request: string;
  readonly startedAt: string;
  readonly session: string | null;
  readonly model: string | null;
  readonly path: string;
  readonly stream: boolean;
  /**
   * `asked`: an endpoint has it, and has said nothing. `begun`: its head is there, and no content. `streaming`: content passes. `no room`: it
   * waits for an endpoint that is full. `queued`: for one that is well. `paused`: before its first attempt, or between two.
   */
  readonly state: 'asked' | 'begun' | 'streaming' | 'no room' | 'queued' | 'paused';
  /** Which endpoint has it now, or had it last; null: none yet. */
  readonly endpoint: string | null;
  /** With the one that runs. */
  readonly attempts: number;
  readonly ttftMs: number | null;
  /** Of its answer so far. */
  readonly bytes: number;
}

/** The endpoint that serves one session, for its status line. */
export interface StandingRow {
  /** Why nothing is served now; empty while an endpoint is available. */
  readonly notReady: readonly ReadinessReason[];
  /** Where the session's first request goes: the profile that it is confined to, otherwise the active one. */
  readonly active: string | null;
  /** The last answer to the session; null when this gateway has answered none of its requests. */
  readonly last: {
    readonly profile: string;
    /** The endpoint's name; null where the profile has no other. */
    readonly endpoint: string | null;
    readonly model: string | null;
    readonly at: string;
  } | null;
  /** The used share of the plan behind the endpoint's key, from 0 to 1, if its answers report it. */
  readonly limits: readonly { readonly window: string; readonly used: number; readonly resetAt: string | null }[];
  /** The endpoint that all requests, or those of the session, were moved away from. */
  readonly failover: { readonly from: string; readonly at: string } | null;
  /** Requests of all sessions that wait for an endpoint. */
  readonly waiting: number;
}

const namesMax = 64;
// Apple's programs accept no certificate that holds longer.
const daysMax = 825;
const hostName = v.pipe(
  text(nameMax),
  v.regex(/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f]*:[0-9a-f:.]*)$/i, 'a host name or an IP address'),
);

/** The certificate of this installation, and what its clients need. */
export interface CertRow {
  /** What clients trust: a copy of this file, under `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  readonly cert: string;
  readonly names: readonly string[];
  /** Of the listener, by the settings. */
  readonly port: number;
  readonly expiresAt: string;
  readonly caExpiresAt: string;
  readonly fingerprint: string;
  readonly caFingerprint: string;
  /** Null where it was only shown: whether each client needs the new authority. */
  readonly newCa: boolean | null;
  /** The settings name it; false when a certificate of another origin is set. */
  readonly used: boolean;
  readonly running: boolean;
  /** A gateway runs, and serves with what it has read at its start. */
  readonly restart: boolean;
}

export const gatewayContract = {
  'home.init': tends('never', nothing).answers<{
    readonly home: string;
    readonly created: boolean;
    readonly keychain: boolean;
  }>(),
  'proxy.status': asksGateway('read', nothing).answers<StatusRow>(),
  /** Makes the certificate, or makes it anew; the settings name it from then on. */
  'proxy.cert': changes(
    'never',
    v.strictObject({
      names: optional(
        v.pipe(v.array(hostName, 'a list'), v.maxLength(namesMax, `at most ${namesMax} names`), v.readonly()),
      ),
      days: optional(v.pipe(among(1, daysMax), v.integer('a whole number'))),
      newCa: optional(flag),
    }),
  ).answers<CertRow>(),
  'proxy.showCert': asks('never', nothing).answers<CertRow>(),
  /** The requests that run, oldest first: those that have run for long are the ones that one looks for. */
  'proxy.running': asksGateway('read', v.strictObject({ limit: optional(whole) })).answers<{
    readonly requests: readonly RunningRow[];
    readonly leftOut: number;
  }>(),
  'proxy.stop': asksGateway('never', v.strictObject({ graceMs: among(0, spanMax) })).answers<{
    readonly stopped: true;
    readonly drained: number;
    readonly cut: number;
    /** Facts that the disk did not take, and when the first of them happened; omitted when there are none. */
    readonly unwritten?: { readonly facts: number; readonly since: string };
  }>(),
  /** What `qcc env`, `qcc use` and `qcc code` need to point a client here. The token is `proxy-managed` unless required. */
  'client.settings': asks('never', nothing).answers<{
    readonly url: string;
    readonly token: string;
    readonly running: boolean;
  }>(),
  /** The gateway of another machine that clients here use; `url` is empty without one. */
  'client.remote': asks('never', nothing).answers<{
    readonly url: string;
    readonly token: string;
    /** The path of the certificates that it may be signed by; empty for those that Node trusts. */
    readonly ca: string;
  }>(),
  /** Null ends it. */
  'client.useGateway': changes(
    'never',
    v.strictObject({
      url: v.nullable(text(addressMax)),
      token: optional(text(secretMax)),
      ca: optional(text(textMax)),
    }),
  ).answers<{ readonly url: string; readonly ca: string }>(),
  /** `within`: the profile that the session is confined to. */
  'client.standing': asksGateway(
    'never',
    v.strictObject({ session: optional(name), within: optional(name) }),
  ).answers<StandingRow>(),
  /** A frozen copy of the home. The caller packs and removes it. */
  'home.freeze': copies('never', nothing).answers<{ readonly folder: string; readonly facts: number }>(),
};
