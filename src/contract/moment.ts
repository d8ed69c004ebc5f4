/** Moments and queries of the past, as people write them. */
import * as v from 'valibot';
import { instant, name, optional, sentenceMax, text, whole } from './fields.ts';

const momentForms = [v.strictObject({ at: instant }), v.strictObject({ seq: whole })] as const;
export const moment = v.union(momentForms, 'a moment');
/** A moment: an instant, or the number of a fact. */
export type Moment = v.InferOutput<typeof moment>;

/** For the configuration, now and a snapshot are moments too. */
export const configMomentForms = [
  ...momentForms,
  v.strictObject({ now: v.literal(true) }),
  v.strictObject({ snapshot: name }),
] as const;

/** Which facts: all conditions must hold. */
export const filters = {
  type: optional(name),
  /** A stream, or a kind of streams. */
  stream: optional(name),
  /** The whole id. */
  endpoint: optional(name),
  profile: optional(name),
  session: optional(text(sentenceMax)),
  request: optional(name),
  /** Of a named token. */
  token: optional(name),
  /** What came from other gateways, and what this one did as a member of its fleet. */
  fleet: optional(v.literal(true)),
};
const filtersSchema = v.strictObject(filters);
export type Filters = Readonly<v.InferOutput<typeof filtersSchema>>;

/** Bounds; `toSeq` and `until` are exclusive. */
export const span = {
  since: optional(instant),
  until: optional(instant),
  fromSeq: optional(whole),
  toSeq: optional(whole),
};

/** A query of the past. Without `limit` and a beginning, the newest thousand. */
export const look = v.strictObject({ ...filters, ...span, limit: optional(whole) });
export type Look = Readonly<v.InferOutput<typeof look>>;

export interface LossRow {
  readonly from: number;
  readonly to: number;
  readonly because: 'missing' | 'checksum';
}

/** A gap in the requested facts; `told` when the history itself records it. */
export interface GapRow extends LossRow {
  readonly told: boolean;
}

/** Gaps among the facts that an answer is computed from. */
export interface WithGaps {
  readonly gaps?: readonly GapRow[];
}
