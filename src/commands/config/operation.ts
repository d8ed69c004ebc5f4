/** The operations of settings. Each change is a fact that holds the value before. */

import type { SettingValue } from '../../../events/config.ts';
import type { Fact } from '../../../events/fact.ts';
import { streams } from '../../../events/ids.ts';
import { keepSecretSetting, secretSetting } from '../../config/secrets/secret-setting.ts';
import {
  defaultOf,
  envNameOf,
  isSecretSetting,
  needsRestart,
  parseSetting,
  type SettingKey,
  settingKey,
  settingKeys,
  shownSetting,
} from '../../config/settings/settings.ts';
import type { configContract } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { validate } from '../../diagnostics/validation.ts';
import { settingsList } from '../../history/settings-list.ts';
import type { Installation } from '../../installation/installation.ts';
import { withKeys } from '../../installation/keys.ts';
import type { Handlers } from '../handler.ts';
import { question } from '../history/asker.ts';
import { diffConfigurations, listSnapshots, rollBack, snapshotStep, takeSnapshot } from './snapshots-operation.ts';
import { exportConfig, importConfig } from './transfer-operation.ts';

export function getSetting({ settings }: Installation, params: Params<'config.get'>): Answer<'config.get'> {
  const key = settingKey(params.key);
  return { key, value: settings()[key] };
}

export async function setSetting(
  installation: Installation,
  params: Params<'config.set'>,
  running: boolean,
): Promise<Answer<'config.set'>> {
  const { key, value } = parseSetting(params.key, params.value);
  await setSettings(installation, [[params.key, params.value]]);
  const name = envNameOf(key);
  const overriddenBy = process.env[name] === undefined ? null : name;
  return { key, value: shownSetting(key, value), restart: running && needsRestart(key), overriddenBy };
}

/** All or nothing: the first invalid value rejects the whole change. @throws {QccError} */
export async function setSettings(
  { core, settings, vault }: Installation,
  wanted: readonly (readonly [string, string])[],
): Promise<void> {
  const before = settings();
  const isKept = (key: SettingKey, value: SettingValue) =>
    (core.state.settings.get(key) ?? defaultOf(key)) === shownSetting(key, value) &&
    (!isSecretSetting(key) || secretSetting(vault, key, {}) === value);
  const changes = wanted
    .map(([name, text]) => parseSetting(name, text))
    .filter(({ key, value }) => !isKept(key, value));
  if (changes.length === 0) return;
  const facts = changes.map(({ key, value }) => changed(key, before[key], shownSetting(key, value)));
  await withKeys({ core, vault }, {}, async () => {
    for (const { key, value } of changes) if (isSecretSetting(key)) await keepSecretSetting(vault, key, String(value));
    await write(core, facts);
  });
}

export async function resetSettings(
  { core, settings, vault }: Installation,
  params: Params<'config.reset'>,
): Promise<Answer<'config.reset'>> {
  const keys = params.key === undefined ? settingKeys : [settingKey(params.key)];
  const before = settings();
  const facts = keys.filter((key) => core.state.settings.has(key)).map((key) => changed(key, before[key], null));
  await withKeys({ core, vault }, {}, async () => {
    for (const key of keys.filter(isSecretSetting)) await keepSecretSetting(vault, key, '');
    if (params.key !== undefined) await write(core, facts);
    else if (facts.length > 0) await resetAll(core, facts);
  });
  return { settings: Object.fromEntries(keys.map((key) => [key, settings()[key]])) };
}

export function listSettings({ core }: Installation): Answer<'config.list'> {
  return settingsList(core.state.settings, process.env);
}

function changed(key: string, from: SettingValue, to: SettingValue | null): Fact {
  return { type: 'SettingChanged', data: { key, from, to } };
}

/** Takes a snapshot first, because a reset of all settings is easily regretted. */
async function resetAll(core: Installation['core'], facts: readonly Fact[]): Promise<void> {
  const snapshot = snapshotStep(core.state.configuration(), 'reset', 'before all settings were reset');
  const steps = facts.map((fact) => ({ stream: streams.config, fact }));
  await core.command({ do: 'change', steps: [snapshot, ...steps] });
}

async function write(core: Installation['core'], facts: readonly Fact[]): Promise<void> {
  if (facts.length > 0) await core.command({ do: 'report', stream: streams.config, facts });
}

const settingsThen = question('config.list');
const snapshotsThen = question('config.snapshots');

export const configHandlers: Handlers<typeof configContract> = {
  'config.get': getSetting,
  'config.set': (it, params, live) => setSetting(it, params, live !== undefined),
  'config.list': (it, params, live) =>
    params.moment === undefined ? listSettings(it) : settingsThen(it, params, live),
  'config.reset': resetSettings,
  'config.export': exportConfig,
  'config.import': (it, params, live) => importConfig(it, params, live !== undefined),
  'config.validate': (it, params, live) => validate(it, params, live),
  'config.at': question('config.at'),
  'config.snapshot': takeSnapshot,
  'config.snapshots': (it, params, live) =>
    params.moment === undefined ? listSnapshots(it) : snapshotsThen(it, params, live),
  'config.diff': (it, params, live) => diffConfigurations(it, params, live?.replay),
  'config.rollback': rollBack,
  'config.audit': question('config.audit'),
};
