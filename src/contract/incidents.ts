/** Incidents: trouble as stories, each with its span, what began it, what it hit, and what ended it. */
import * as v from 'valibot';
import { optional, whole } from './fields.ts';
import type { FactRow } from './history.ts';
import { span, type WithGaps } from './moment.ts';
import { asks } from './operation.ts';

export interface IncidentRow {
  /** The number of its first fact. */
  readonly number: number;
  readonly from: string;
  /** Null: it still goes on. */
  readonly to: string | null;
  /** Of one that goes on: up to the last fact that was looked at. */
  readonly durationMs: number;
  readonly began: FactRow;
  /** The fact after which all was well. Null while it goes on, and for a failure that changed no state. */
  readonly ended: FactRow | null;
  /** What is not well yet: ids of endpoints, `ladder`, `allOut`, `network`. */
  readonly unwell: readonly string[];
  /** Endpoints that failed, and how often in which way; attempts and probes. */
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly failures: readonly { readonly failure: string; readonly count: number }[];
  }[];
  readonly requests: {
    readonly failed: number;
    readonly broken: number;
    /** Answered by another endpoint than the first that was asked. */
    readonly moved: number;
    readonly queued: number;
    readonly answeredLater: number;
  };
  /** Those of these requests. */
  readonly sessions: number;
  /** What the moved and the broken ones read and wrote. */
  readonly tokens: number;
  readonly switches: readonly { readonly seq: number; readonly from: string | null; readonly to: string }[];
  readonly factCount: number;
}

export interface IncidentStory extends IncidentRow {
  /** Of very many the first. */
  readonly facts: readonly FactRow[];
}

export const incidentsContract = {
  /** Newest first. `since` and `until` keep what lasted into that span. */
  'incidents.list': asks(v.strictObject({ ...span, limit: optional(whole) })).answers<
    { readonly incidents: readonly IncidentRow[] } & WithGaps
  >(),
  /** `number` of any fact between its beginning and its end; without it, the newest. */
  'incidents.show': asks(v.strictObject({ number: optional(whole) })).answers<IncidentStory & WithGaps>(),
};
