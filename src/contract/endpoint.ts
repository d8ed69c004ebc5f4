/** The contract of endpoints. */

import * as v from 'valibot';
import type { Verdict } from '../../events/endpoint.ts';
import type { Adaptation, Auth, ModelRule } from '../../events/profile.ts';
import type { CallReason } from '../../events/reason.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import {
  addressMax,
  flag,
  kept,
  label,
  name,
  nameMax,
  number,
  one,
  optional,
  secretMax,
  text,
  texts,
} from './fields.ts';
import { asks, changesWhatIs } from './operation.ts';

/** What its last result was, whatever its state holds. */
export type Seen = 'untried' | 'answering' | 'failing';

export interface EndpointRow extends Adaptation {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  /** Masked. */
  readonly key: string;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly priority: number;
  readonly enabled: boolean;
  readonly maxFailures: number;
  readonly maxConcurrent: number;
  readonly timeoutMs: number | null;
  readonly allowPlaintext: boolean;
  readonly state: EndpointState;
  readonly seen: Seen;
  readonly since: string;
  readonly until: string | null;
  readonly because: string | null;
  readonly source: string | null;
  /** What it has refused of requests, and until when it is sent none of it. */
  readonly missing: readonly MissingRow[];
}

export interface MissingRow {
  /** As it was sent; null where the request named none. */
  readonly model: string | null;
  readonly what: string;
  /** Of `max_tokens` alone: the most that it takes. */
  readonly limit: number | null;
  readonly until: string;
}

export interface CheckRow {
  readonly endpoint: string;
  readonly name: string;
  readonly profile: string;
  readonly at: string;
  readonly verdict: Verdict;
  readonly responseMs: number;
  readonly ttftMs: number | null;
  readonly score: number;
  readonly valid: boolean;
  readonly model: string | null;
  readonly tokens: number;
  readonly error: CallReason | null;
}

/** A rule of an endpoint's model map, and what came of asking for its model. */
export interface ModelRow extends ModelRule {
  /** No name gets as far as this rule: one before it fits all that it fits. */
  readonly hidden: boolean;
  /** Null: not asked for, as what the endpoint does not have. */
  readonly check: Pick<CheckRow, 'verdict' | 'responseMs' | 'error'> | null;
}

/** Its form is checked by `checkModelRules`, which says what is wrong with it. */
const modelRule = v.strictObject({ from: kept(nameMax), to: v.nullable(kept(nameMax)) });

/** The fields of an endpoint that is added or changed. */
export const endpointOptions = {
  name: optional(label),
  baseUrl: optional(text(addressMax)),
  auth: optional(one(['x-api-key', 'bearer'])),
  key: optional(text(secretMax)),
  preset: optional(name),
  weight: optional(number),
  priority: optional(number),
  timeoutMs: optional(number),
  maxFailures: optional(number),
  maxConcurrent: optional(number),
  allowPlaintext: optional(flag),
  /** Rules that are added, or take the place of those for the same name. */
  models: optional(v.pipe(v.array(modelRule, 'a list'), v.readonly())),
  /** Names whose rules are dropped. */
  noModels: optional(texts),
  adapt: optional(one(['auto', 'off'])),
  thinking: optional(one(['auto', 'keep', 'strip'])),
};
const endpointOptionsSchema = v.strictObject(endpointOptions);
export type EndpointOptions = Readonly<v.InferOutput<typeof endpointOptionsSchema>>;

/** The least and the most of each number: where they are asked for, and where they come in. */
export const endpointRanges = {
  weight: [1, 1_000],
  priority: [0, 1_000],
  maxFailures: [1, 100],
  maxConcurrent: [1, 100_000],
  timeoutMs: [100, 3_600_000],
} as const;

const profileAndId = v.strictObject({ profile: name, id: name });

export const endpointContract = {
  'endpoint.add': changesWhatIs('never', v.strictObject({ profile: name, ...endpointOptions })).answers<EndpointRow>(),
  /** Endpoints of another profile, keys included: all of them, when no ids are given. */
  'endpoint.copy': changesWhatIs(
    'never',
    v.strictObject({ profile: name, from: name, ids: optional(texts), ...endpointOptions }),
  ).answers<{
    readonly added: readonly EndpointRow[];
  }>(),
  'endpoint.update': changesWhatIs(
    'never',
    v.strictObject({ profile: name, id: name, ...endpointOptions }),
  ).answers<EndpointRow>(),
  'endpoint.list': asks('read', v.strictObject({ profile: name })).answers<{
    readonly profile: string;
    readonly endpoints: readonly EndpointRow[];
  }>(),
  'endpoint.show': asks('read', profileAndId).answers<EndpointRow>(),
  'endpoint.remove': changesWhatIs('write', profileAndId).answers<EndpointRow>(),
  'endpoint.enable': changesWhatIs('write', profileAndId).answers<EndpointRow>(),
  'endpoint.disable': changesWhatIs('write', profileAndId).answers<EndpointRow>(),
  /** Without `what`, all that it has refused. */
  'endpoint.forget': changesWhatIs('write', v.strictObject({ profile: name, id: name, what: optional(name) })).answers<
    EndpointRow & { readonly forgotten: readonly string[] }
  >(),
  /** Its model map. `test`: each of its models is asked for, from the caller's process; nothing is recorded. */
  'endpoint.models': asks('write', v.strictObject({ profile: name, id: name, test: optional(flag) })).answers<{
    readonly endpoint: string;
    readonly models: readonly ModelRow[];
  }>(),
  /** Probes from the caller's process; records nothing. Without an id, all of the profile; without a profile, all. */
  'endpoint.test': asks('write', v.strictObject({ profile: optional(name), id: optional(name) })).answers<{
    readonly checks: readonly CheckRow[];
  }>(),
};
