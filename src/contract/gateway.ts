/** What can be asked of the gateway itself and of its home, and what comes back. */

import * as v from 'valibot';
import type { ReadinessReason } from '../../events/reason.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { Check } from './checks.ts';
import { among, nothing, spanMax } from './fields.ts';
import { asks, asksGateway, copies, tends } from './operation.ts';

export interface StatusRow {
  readonly running: true;
  /** The life before was killed: of what ended in this time nothing may be on record. Null when it ended in order. */
  readonly uncertain: { readonly from: string; readonly until: string } | null;
  /** A stop was asked for: it lets requests end. */
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
  /** What is damaged, and the command that mends it. */
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
  readonly files: {
    /** How many the system allows; null where that is unknown. */
    readonly limit: number | null;
    /** Clients that may be connected at once with so many; null is no bound. */
    readonly connections: number | null;
    readonly short: boolean;
    /** How often none were left. */
    readonly shortages: number;
    /** Connections that were closed at once, over the limit. */
    readonly dropped: number;
  };
  /** Clients: how many are connected and may be, were turned away at the limit, or disconnected because they read nothing. */
  readonly connections: {
    readonly open: number;
    readonly max: number;
    readonly dropped: number;
    readonly stalled: number;
  };
  /** Unexpected errors; `logs/gateway.log` has them. */
  readonly uncaught: number;
}

export const gatewayContract = {
  'home.init': tends(nothing).answers<{
    readonly home: string;
    readonly created: boolean;
    readonly keychain: boolean;
  }>(),
  'proxy.status': asksGateway(nothing).answers<StatusRow>(),
  'proxy.stop': asksGateway(v.strictObject({ graceMs: among(0, spanMax) })).answers<{
    readonly stopped: true;
    readonly drained: number;
    readonly cut: number;
    /** Facts that the disk did not take, and when the first of them happened; left out when there are none. */
    readonly unwritten?: { readonly facts: number; readonly since: string };
  }>(),
  /** What `qcc env`, `qcc use` and `qcc code` need to point a client here. The token is `proxy-managed` unless required. */
  'client.settings': asks(nothing).answers<{
    readonly url: string;
    readonly token: string;
    readonly running: boolean;
  }>(),
  /** A copy of the home that stands still. The caller packs and removes it. */
  'home.freeze': copies(nothing).answers<{ readonly folder: string; readonly facts: number }>(),
};
