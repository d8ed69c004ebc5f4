/** What an operation asks of the running gateway, beside the log. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { TokenInstance } from '../../events/token.ts';
import type { PlannedProbe } from '../../machines/probe-plan.ts';
import type { ProbeResult } from '../../workers/probe.ts';
import type { Check } from '../contract/checks.ts';
import type { PageLive } from '../contract/dashboard.ts';
import type { InFlightRow } from '../contract/debug.ts';
import type { FleetLive } from '../contract/fleet.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { UsedSince } from '../fleet/usage.ts';
import type { ReplayPool } from '../pool/pool.ts';
import type { UnknownRefusal } from '../proxy/unknown-refusals.ts';

/** What only a running gateway can answer. */
export interface LiveSide {
  /** The faults found on the disk. */
  found(): readonly Check[];
  /** In words that no row of the table of refusals knows, since it began to serve. */
  unknownRefusals(): readonly UnknownRefusal[];
  status(): Answer<'proxy.status'>;
  running(params: Params<'proxy.running'>): Answer<'proxy.running'>;
  stop(graceMs: number): Promise<Answer<'proxy.stop'>>;
  readonly url: string;
  /** Questions about the past go to a worker, because the main loop serves requests. */
  readonly replay: ReplayPool;
  /** Calls each endpoint now. Null: its probe was lost. */
  check(endpoints: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, ProbeResult | null>>;
  /** In-flight requests: no fact records them. */
  inFlight(): InFlightRow;
  /** How many requests run with this token. */
  runningOf(token: TokenInstance): number;
  /** The endpoint that serves a session. */
  standing(params: Params<'client.standing'>): Answer<'client.standing'>;
  nextProbes(): ReadonlyMap<string, PlannedProbe>;
  /** What the page shows of the running gateway. */
  page(): PageLive;
  /** How its part in a fleet goes. */
  fleet(): FleetLive;
  /** What other gateways of the fleet have used, as they have told. */
  fleetUsage(since: Millis | null): readonly UsedSince[];
  /** A ticket for the page, whose listener is opened when it is not open. */
  openDashboard(params: Params<'dashboard.open'>): Promise<Answer<'dashboard.open'>>;
}
