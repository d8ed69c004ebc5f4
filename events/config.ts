/** All that can happen to the settings. */
import type { Fact } from './fact.ts';

export type SettingValue = string | number | boolean;

export type ConfigFact = Fact<'SettingChanged', { key: string; from: SettingValue; to: SettingValue | null }>;
