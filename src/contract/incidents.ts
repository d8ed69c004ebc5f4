/** The contract of incidents, each with its span, its cause, its effects, and its end. */
import * as v from 'valibot';
import { optional, whole } from './fields.ts';
import type { FactRow } from './history.ts';
import { span, type WithGaps } from './moment.ts';
import { asks } from './operation.ts';

export interface IncidentRow {
  /** The number of its first fact. */
  readonly number: number;
  readonly from: string;
  /** Null: it is still going on. */
  readonly to: string | null;
  /** For one that is still going on: up to the last fact that was read. */
  readonly durationMs: number;
  readonly began: FactRow;
  /** The fact after which everything was healthy. Null while it is going on, and for a failure that changed no state. */
  readonly ended: FactRow | null;
  /** Subjects that are not healthy yet: ids of endpoints, `ladder`, `allOut`, `network`. */
  readonly unwell: readonly string[];
  /** Endpoints that failed, with the number of each kind of failure; attempts and probes. */
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly failures: readonly { readonly failure: string; readonly count: number }[];
  }[];
  readonly requests: {
    readonly failed: number;
    readonly broken: number;
    /** Requests that were answered by another endpoint than the first that was asked. */
    readonly moved: number;
    readonly queued: number;
    readonly answeredLater: number;
  };
  /** Sessions of these requests. */
  readonly sessions: number;
  /** Tokens of the moved and the broken requests. */
  readonly tokens: number;
  readonly switches: readonly { readonly seq: number; readonly from: string | null; readonly to: string }[];
  readonly factCount: number;
}

export interface IncidentStory extends IncidentRow {
  /** Of very many, the first. */
  readonly facts: readonly FactRow[];
}

export const incidentsContract = {
  /** Newest first. `since` and `until` keep incidents that lasted into that span. */
  'incidents.list': asks('read', v.strictObject({ ...span, limit: optional(whole) })).answers<
    { readonly incidents: readonly IncidentRow[] } & WithGaps
  >(),
  /** `number` of any fact between its beginning and its end; without it, the newest incident. */
  'incidents.show': asks('read', v.strictObject({ number: optional(whole) })).answers<IncidentStory & WithGaps>(),
};
