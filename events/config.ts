/** All that can happen to the settings. */
import type { Fact } from './fact.ts';
import { deed, type TraitsOf } from './trait.ts';

export type SettingValue = string | number | boolean;

/** Who asked for a snapshot: a person, or what comes right after it. */
export type SnapshotReason = 'hand' | 'import' | 'rollback' | 'reset';

export type ConfigFact =
  | Fact<'SettingChanged', { key: string; from: SettingValue; to: SettingValue | null }>
  /** `configuration` is all that was set up, secrets by reference: a snapshot outlives the facts that led to it. */
  | Fact<'SnapshotTaken', { reason: SnapshotReason; description: string; hash: string; configuration: object }>
  /** `to`: a snapshot, or the `seq` of the moment. `partial`: what could not be restored was left out. */
  | Fact<'ConfigRolledBack', { to: string; changes: number; partial: boolean }>
  | Fact<'ConfigImported', { source: string; changes: number; hash: string }>;

export const configTraits: TraitsOf<ConfigFact> = {
  SettingChanged: deed('config.set'),
  SnapshotTaken: deed('config.snapshot'),
  ConfigRolledBack: deed('config.rollback'),
  ConfigImported: deed('config.import'),
};
