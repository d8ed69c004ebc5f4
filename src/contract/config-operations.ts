/** What a command can ask of the configuration: settings, what has changed, the way back, in and out of here. */
import type { SettingValue } from '../../events/config.ts';
import type { AuditAction } from '../../events/traits.ts';
import type { LeftOutBecause } from '../config/importers/incoming.ts';
import type { Check } from './checks.ts';
import type { Moment, WithGaps } from './history-operations.ts';

/** One thing that is another one: `settings/queue.hold`, `profiles/work/endpoints/3f9a2c1b/weight`. Null: not there. */
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
  /** It keeps the key that it has now. */
  | 'keyReplaced'
  | 'addressRefused'
  | 'settingGone'
  /** The value of a setting that is a secret was never in the log. */
  | 'valueGone'
  | 'outOfRange';

/** A moment of the configuration: also now, a snapshot, and what an exported file says. */
export type ConfigMoment =
  | Moment
  | { readonly now: true }
  | { readonly snapshot: string }
  | { readonly document: object };

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

/** `name: [parameters, answer]`. */
export interface ConfigOperations {
  'config.get': [{ readonly key: string }, { readonly key: string; readonly value: SettingValue }];
  /** `restart`: it applies after `qcc proxy restart`, while a gateway runs. `overriddenBy`: the variable that holds all the same. */
  'config.set': [
    { readonly key: string; readonly value: string },
    {
      readonly key: string;
      readonly value: SettingValue;
      readonly restart: boolean;
      readonly overriddenBy: string | null;
    },
  ];
  'config.list': [
    Record<never, never>,
    {
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
    },
  ];
  'config.reset': [{ readonly key?: string }, { readonly settings: Readonly<Record<string, SettingValue>> }];
  /** Everything as one document; keys only under a passphrase. */
  'config.export': [{ readonly withSecrets?: boolean; readonly passphrase?: string }, { readonly document: object }];
  /** A file's text, or the path of cc-switch's database. All or nothing, unless `partial`. */
  'config.import': [
    {
      readonly text?: string;
      readonly database?: string;
      /** The original tool's `priority_config.json`. */
      readonly beside?: string;
      readonly from?: 'qcc' | 'fastcc' | 'cc-switch';
      readonly passphrase?: string;
      readonly dryRun?: boolean;
      readonly partial?: boolean;
    },
    {
      readonly source: 'qcc' | 'fastcc' | 'cc-switch';
      readonly changes: readonly ChangeRow[];
      readonly leftOut: readonly { readonly path: string; readonly because: LeftOutBecause }[];
      /** Taken before; null when nothing changed. */
      readonly snapshot: string | null;
      /** Settings that apply only after `qcc proxy restart`, while a gateway runs. */
      readonly restart: readonly string[];
    },
  ];
  /** Without a profile, all; `connect` calls each endpoint, at no cost; `whole` looks at the log too. */
  'config.validate': [
    { readonly profile?: string; readonly connect?: boolean; readonly whole?: boolean },
    {
      readonly checks: readonly Check[];
      /** Where the gateway listens; null while none runs. */
      readonly gateway: string | null;
      readonly version: string;
      readonly host: string;
      readonly port: number;
    },
  ];
  /** A copy of the home that stands still, for whoever asked to pack and remove. */
  'home.freeze': [Record<never, never>, { readonly folder: string; readonly facts: number }];
  /** As it was after the last fact of a moment, secrets by reference. */
  'config.at': [Moment, { readonly configuration: object }];
  'config.snapshot': [{ readonly description: string }, SnapshotRow];
  /** Newest first. */
  'config.snapshots': [Record<never, never>, { readonly snapshots: readonly SnapshotRow[] }];
  'config.diff': [
    { readonly from: ConfigMoment; readonly to: ConfigMoment },
    { readonly changes: readonly ChangeRow[] },
  ];
  'config.rollback': [
    {
      readonly to: Exclude<ConfigMoment, { readonly document: object }> | { readonly last: true };
      readonly partial?: boolean;
      readonly dryRun?: boolean;
    },
    {
      /** A snapshot, `#seq`, or an instant. */
      readonly to: string;
      readonly changes: readonly ChangeRow[];
      /** What is not as it was. */
      readonly lost: readonly { readonly path: string; readonly because: LostBecause; readonly blocks: boolean }[];
      readonly snapshot: string | null;
      readonly restart: readonly string[];
    },
  ];
  /** Newest first. */
  'config.audit': [
    {
      readonly limit?: number;
      readonly action?: AuditAction;
      readonly target?: string;
      readonly by?: string;
      /** Epoch milliseconds; `to` is exclusive. */
      readonly from?: number;
      readonly to?: number;
    },
    { readonly entries: readonly AuditRow[] } & WithGaps,
  ];
}
