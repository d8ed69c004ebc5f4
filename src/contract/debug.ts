/** The machines and their states. */
import * as v from 'valibot';
import { name, optional } from './fields.ts';
import type { NextRow } from './health.ts';
import { asks } from './operation.ts';

export interface MachineRow {
  readonly id: string;
  readonly machine: 'endpoint' | 'priority' | 'queueItem' | 'gateway';
  readonly state: string;
  readonly since: string | null;
  readonly context: object;
  readonly next: readonly NextRow[];
}

/** In-flight requests, and the retry budget. */
export interface InFlightRow {
  /** Further attempts at unhealthy endpoints. */
  readonly budget: { readonly left: number; readonly most: number };
  /** In-flight attempts by endpoint. */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Recovering endpoints whose half-open permit is taken. */
  readonly permits: readonly string[];
}

export const debugContract = {
  'debug.machines': asks('read', v.strictObject({ about: optional(name) })).answers<{
    readonly seq: number;
    readonly at: string;
    readonly machines: readonly MachineRow[];
    /** Null while no gateway runs, and for any past moment. */
    readonly live: InFlightRow | null;
  }>(),
};
