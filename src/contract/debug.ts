/** The machines, as they stand. */
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

/** What runs at this moment, and what it may still spend. */
export interface InFlightRow {
  /** Further attempts at endpoints that are not well. */
  readonly budget: { readonly left: number; readonly most: number };
  /** Calls by endpoint. */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Recovering endpoints whose one permit is taken. */
  readonly permits: readonly string[];
}

export const debugContract = {
  'debug.machines': asks(v.strictObject({ about: optional(name) })).answers<{
    readonly seq: number;
    readonly at: string;
    readonly machines: readonly MachineRow[];
    /** Null while no gateway runs, and of any past moment. */
    readonly live: InFlightRow | null;
  }>(),
};
