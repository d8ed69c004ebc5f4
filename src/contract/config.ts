/** The contract of the configuration: settings, differences, rollback, export and import. */
import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import { type AuditAction, auditActions } from '../../events/trait.ts';
import type { LeftOut } from '../config/importers/incoming.ts';
import type { Check } from './checks.ts';
import {
  called,
  flag,
  instant,
  name,
  one,
  optional,
  pathMax,
  secretMax,
  sentenceMax,
  text,
  textMax,
  texts,
  whole,
} from './fields.ts';
import { configMomentForms, moment, type WithGaps } from './moment.ts';
import { asks, changes, changesWhatIs } from './operation.ts';

/** One change: `settings/queue.hold`, `profiles/work/endpoints/3f9a2c1b/weight`. Null: missing. */
export interface ChangeRow {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

export type LostBecause =
  /** The endpoint was removed, and its key with it. */
  | 'keyGone'
  /** Its key is gone, and the present one was given for another host. */
  | 'otherHost'
  /** It keeps its present key. */
  | 'keyReplaced'
  | 'addressRefused'
  | 'settingGone'
  /** The value of a secret setting was never in the log. */
  | 'valueGone'
  | 'outOfRange';

export interface SnapshotRow {
  readonly id: string;
  readonly seq: number;
  readonly at: string;
  readonly reason: 'hand' | 'import' | 'rollback' | 'reset';
  readonly description: string;
  readonly hash: string;
}

export interface AuditRow {
  readonly seq: number;
  readonly at: string;
  readonly action: AuditAction;
  readonly target: string;
  readonly details: object;
  readonly by: string;
}

// The reader of exports checks its form.
const document = v.custom<object>(
  (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
  'a document',
);
const configMoment = v.union([...configMomentForms, v.strictObject({ document })], 'a moment');
/** A moment of the configuration: in addition now, a snapshot, and an exported file. */
export type ConfigMoment = v.InferOutput<typeof configMoment>;

export const configContract = {
  'config.get': asks('read', v.strictObject({ key: name })).answers<{
    readonly key: string;
    readonly value: SettingValue;
  }>(),
  /** `restart`: it applies after `qcc proxy restart`, while a gateway runs. `overriddenBy`: the variable that takes precedence. */
  'config.set': changes('write', v.strictObject({ key: name, value: text(secretMax) })).answers<{
    readonly key: string;
    readonly value: SettingValue;
    readonly restart: boolean;
    readonly overriddenBy: string | null;
  }>(),
  /** Without a moment: now. Of a moment of the past, what was set: what the environment overrode then is not recorded. */
  'config.list': asks('read', v.strictObject({ moment: optional(moment) })).answers<{
    readonly settings: Readonly<
      Record<
        string,
        {
          readonly value: SettingValue;
          readonly origin: 'default' | 'set' | 'env';
          readonly range: string;
          readonly default: SettingValue;
          /** The variable that overrides it. */
          readonly env: string;
          readonly restart: boolean;
        }
      >
    >;
  }>(),
  'config.reset': changes('write', v.strictObject({ key: optional(name) })).answers<{
    readonly settings: Readonly<Record<string, SettingValue>>;
  }>(),
  /** Everything as one document; keys only under a passphrase. */
  'config.export': asks(
    'never',
    v.strictObject({ withSecrets: optional(flag), passphrase: optional(text(secretMax)) }),
  ).answers<{ readonly document: object }>(),
  /** A file's text, or the path of cc-switch's database. All or nothing, unless `partial`. */
  'config.import': changes(
    'never',
    v.strictObject({
      text: optional(text(textMax)),
      database: optional(text(pathMax)),
      /** The original tool's `priority_config.json`. */
      beside: optional(text(textMax)),
      from: optional(one(['qcc', 'fastcc', 'cc-switch'])),
      passphrase: optional(text(secretMax)),
      dryRun: optional(flag),
      partial: optional(flag),
      /** Profiles and endpoints that go, by their paths. */
      removes: optional(texts),
      /** The checksum of the document that an export gave: what was changed since is not overwritten. */
      onto: optional(text(sentenceMax)),
    }),
  ).answers<{
    readonly source: 'qcc' | 'fastcc' | 'cc-switch';
    readonly changes: readonly ChangeRow[];
    readonly leftOut: readonly LeftOut[];
    /** Whether what is left out stops the import, unless it is `partial`. */
    readonly blocked: boolean;
    /** Taken before; null when nothing changed. */
    readonly snapshot: string | null;
    /** Settings that apply only after `qcc proxy restart`, while a gateway runs. */
    readonly restart: readonly string[];
  }>(),
  /** Without a profile, all; `connect` calls each endpoint, at no cost; `whole` verifies the log too. */
  'config.validate': asks(
    'write',
    v.strictObject({ profile: optional(name), connect: optional(flag), whole: optional(flag) }),
  ).answers<{
    readonly checks: readonly Check[];
    /** The gateway's address; null while none runs. */
    readonly gateway: string | null;
    readonly version: string;
    readonly host: string;
    readonly port: number;
    /** One to point Claude Code to: the active one, or any. Null without a profile. */
    readonly profile: string | null;
  }>(),
  /** The state after the last fact of a moment, secrets by reference. */
  'config.at': asks('read', moment).answers<{ readonly configuration: object }>(),
  'config.snapshot': changes('write', v.strictObject({ description: called(sentenceMax) })).answers<SnapshotRow>(),
  /** Newest first. */
  'config.snapshots': asks('read', v.strictObject({ moment: optional(moment) })).answers<{
    readonly snapshots: readonly SnapshotRow[];
  }>(),
  'config.diff': asks('read', v.strictObject({ from: configMoment, to: configMoment })).answers<{
    readonly changes: readonly ChangeRow[];
  }>(),
  'config.rollback': changesWhatIs(
    'write',
    v.strictObject({
      to: v.union([...configMomentForms, v.strictObject({ last: v.literal(true) })], 'a moment'),
      partial: optional(flag),
      dryRun: optional(flag),
    }),
  ).answers<{
    /** A snapshot, `#seq`, or an instant. */
    readonly to: string;
    readonly changes: readonly ChangeRow[];
    /** What could not be restored. */
    readonly lost: readonly {
      readonly path: string;
      readonly because: LostBecause;
      readonly blocks: boolean;
      readonly command?: string;
    }[];
    readonly snapshot: string | null;
    readonly restart: readonly string[];
  }>(),
  /** Newest first. */
  'config.audit': asks(
    'read',
    v.strictObject({
      limit: optional(whole),
      action: optional(one(auditActions)),
      target: optional(name),
      by: optional(name),
      /** Epoch milliseconds; `to` is exclusive. */
      from: optional(instant),
      to: optional(instant),
      /** The same by the numbers of facts. */
      fromSeq: optional(whole),
      toSeq: optional(whole),
    }),
  ).answers<{ readonly entries: readonly AuditRow[] } & WithGaps>(),
};
