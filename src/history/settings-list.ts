/** Every setting with its value, and where the value comes from. */
import type { SettingValue } from '../../events/config.ts';
import { defaultOf, effective, envNameOf, needsRestart, rangeOf, settingKeys } from '../config/settings/settings.ts';
import type { Answer } from '../contract/operations.ts';

/** @param env overrides what is set */
export function settingsList(
  set: ReadonlyMap<string, SettingValue>,
  env: Readonly<Record<string, string | undefined>>,
): Answer<'config.list'> {
  const { settings, origins } = effective(set, env);
  return {
    settings: Object.fromEntries(
      settingKeys.map((key) => {
        const row = { value: settings[key], origin: origins[key], range: rangeOf(key), default: defaultOf(key) };
        return [key, { ...row, env: envNameOf(key), restart: needsRestart(key) }];
      }),
    ),
  };
}
