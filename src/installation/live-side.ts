/** What an operation asks the running gateway for, beside the log. */
import type { EndpointId } from '../../events/ids.ts';
import type { PlannedProbe } from '../../machines/probe-plan.ts';
import type { ProbeResult } from '../../workers/probe.ts';
import type { Check } from '../contract/checks.ts';
import type { InFlightRow } from '../contract/debug.ts';
import type { Answer } from '../contract/operations.ts';
import type { ReplayPool } from '../pool/pool.ts';

/** What only a running gateway can answer. */
export interface LiveSide {
  /** What is wrong with what is on the disk. */
  found(): readonly Check[];
  status(): Answer<'proxy.status'>;
  stop(graceMs: number): Promise<Answer<'proxy.stop'>>;
  readonly url: string;
  /** Questions about the past go to a worker: the main loop serves. */
  readonly replay: ReplayPool;
  /** A conversation with each, now. Null: its probe was lost. */
  check(endpoints: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, ProbeResult | null>>;
  /** What runs at this moment: it is in no fact. */
  inFlight(): InFlightRow;
  nextProbes(): ReadonlyMap<string, PlannedProbe>;
}
