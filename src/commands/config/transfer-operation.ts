/** Export and import of the configuration: an import is one batch, or nothing. */
import { streams } from '../../../events/ids.ts';
import { passphraseMissing, type Secrets, writeDocument } from '../../config/importers/document.ts';
import type { Incoming, LeftOut } from '../../config/importers/incoming.ts';
import { readIncoming } from '../../config/importers/reading.ts';
import { keepSecretSetting, secretSetting } from '../../config/secrets/secret-setting.ts';
import { isSecretSetting, type SettingKey, settingKeys } from '../../config/settings/settings.ts';
import { isReserved } from '../../contract/fields.ts';
import { keyGiven } from '../../contract/inputs.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { looksLikeKey, withoutKeys } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { badName, type Installation } from '../../installation/installation.ts';
import { forgetUnused, secretsInUse, withKeys } from '../../installation/keys.ts';
import { onlyVisible } from '../../platform/visible.ts';
import { apart } from '../../pool/apart.ts';
import { type Configuration, differences, type Step, stepsTowards } from '../../projections/configuration.ts';
import { exportedProfiles } from './document.ts';
import { type Merged, merge } from './merge.ts';
import { hashOf } from './moments.ts';
import { restartsOf, snapshotStep, valueIn } from './snapshots-operation.ts';

/** Everything that the user has set up. Secrets are included only under a passphrase. */
export async function exportConfig(
  installation: Installation,
  { withSecrets, passphrase }: Params<'config.export'>,
): Promise<Answer<'config.export'>> {
  const configuration = installation.core.state.configuration();
  const settings = openSettings(configuration);
  if (withSecrets && !passphrase) throw passphraseMissing();
  const secrets = withSecrets && passphrase ? { plain: secretsFor(installation), passphrase } : null;
  return { document: await writeDocument(settings, exportedProfiles(configuration), secrets) };
}

function openSettings({ settings }: Configuration): Configuration['settings'] {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isSecretSetting(key as SettingKey)));
}

function secretsFor({ core: { state }, vault }: Installation): Secrets {
  const endpoints = state.profiles.endpoints().map(({ id, secret, profile }) => {
    const key = vault.get(secret);
    if (key === undefined) {
      throw new QccError('QCC_KEY_LOST', { id, profile });
    }
    return [id, key] as const;
  });
  const settings = settingKeys
    .filter((key) => isSecretSetting(key) && state.settings.has(key))
    .map((key) => [key, secretSetting(vault, key, {})] as const)
    .filter(([, value]) => value !== '');
  return { endpoints: Object.fromEntries(endpoints), settings: Object.fromEntries(settings) };
}

export async function importConfig(
  installation: Installation,
  params: Params<'config.import'>,
  running: boolean,
): Promise<Answer<'config.import'>> {
  const { core } = installation;
  const incoming = presentable(await incomingFrom(params, running));
  const present = core.state.configuration();
  if (params.onto !== undefined && params.onto !== (await checksumOf(present))) throw changedMeanwhile();
  const merged = removing(merge(installation, present, incoming), params.removes ?? []);
  const changes = differences(present, merged.wanted);
  const leftOut = [...merged.leftOut, ...merged.blocking];
  const restart = running ? restartsOf(changes) : [];
  const blocked = merged.blocking.length > 0 && params.partial !== true;
  const answer = { source: incoming.source, changes, leftOut, blocked, snapshot: null, restart };
  if (blocked && !params.dryRun) throw notWhole(merged.blocking);
  if (params.dryRun || changes.length === 0) return answer;
  const used = [...secretsInUse(installation)];
  if (hashOf(core.state.configuration()) !== hashOf(present)) throw changedMeanwhile();
  const imported: Step = {
    stream: streams.config,
    fact: {
      type: 'ConfigImported',
      data: { source: incoming.source, changes: changes.length, hash: hashOf(merged.wanted) },
    },
  };
  const steps = stepsTowards(present, merged.wanted, valueIn(installation));
  const snapshot = snapshotStep(present, 'import', `before the import from ${incoming.source}`);
  const facts = await withKeys(installation, { put: [...merged.keys] }, async () => {
    for (const [key, value] of merged.secretSettings) await keepSecretSetting(installation.vault, key, value);
    return core.command({ do: 'change', steps: [snapshot, imported, ...steps] });
  });
  await forgetUnused(installation, used);
  return { ...answer, snapshot: `s${facts[0]?.seq}` };
}

async function checksumOf(configuration: Configuration): Promise<unknown> {
  const document = await writeDocument(openSettings(configuration), exportedProfiles(configuration), null);
  return (document as { readonly checksum: string }).checksum;
}

/** Without these profiles and endpoints. */
function removing(merged: Merged, paths: readonly string[]): Merged {
  if (paths.length === 0) return merged;
  const gone = new Set(paths);
  const { profiles, default: first, ...rest } = merged.wanted;
  const left = profiles
    .filter(({ name }) => !gone.has(`profiles/${name}`))
    .map((profile) => ({
      ...profile,
      endpoints: profile.endpoints.filter(({ id }) => !gone.has(`profiles/${profile.name}/endpoints/${id}`)),
    }));
  const isLeft = left.some(({ name }) => name === first);
  return { ...merged, wanted: { ...rest, default: isLeft ? first : (left[0]?.name ?? null), profiles: left } };
}

/**
 * Names out of the file are kept and shown on every screen. Other programs allow characters that qcc does not: a name without a valid form
 * is removed, and a key in the place of a name stops the import.
 */
function presentable(incoming: Incoming): Incoming {
  const shown = (field: string, text: string | undefined) => {
    if (text !== undefined && looksLikeKey(text)) throw keyGiven(field);
    return text === undefined ? undefined : onlyVisible(text);
  };
  const given = <Name extends string>(name: Name, value: string | undefined) =>
    (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
  const profiles = incoming.profiles.map(({ name, description, endpoints, ...profile }, i) => {
    const path = `profiles.${i}`;
    shown(`${path}.name`, name);
    if (isReserved(name)) throw badName(name);
    return {
      ...profile,
      name,
      ...given('description', shown(`${path}.description`, description)),
      endpoints: endpoints.map(({ name: called, ...endpoint }, k) => {
        const label = shown(`${path}.endpoints.${k}.name`, called);
        return {
          ...endpoint,
          ...(label === '' || (label !== undefined && isReserved(label)) ? {} : given('name', label)),
        };
      }),
    };
  });
  return { ...incoming, profiles, leftOut: incoming.leftOut.map((one) => ({ ...one, path: withoutKeys(one.path) })) };
}

/** A gateway must go on serving, and a database may be a program: a process that can be ended reads both. */
function incomingFrom({ text, database, beside, from, passphrase }: Params<'config.import'>, running: boolean) {
  const given = { text, database, beside, from, passphrase };
  return running || database !== undefined ? apart('import', given) : readIncoming(given);
}

function changedMeanwhile(): QccError {
  return new QccError('QCC_IMPORT_RACED', { command: 'qcc config import' }, exitCodes.conflict);
}

function notWhole(blocking: readonly LeftOut[]): QccError {
  return new QccError('QCC_IMPORT_PARTIAL', {
    count: blocking.length,
    parts: blocking.map(({ path, because }) => `${path} ${because}`).join('\n'),
    command: 'qcc config import',
  });
}
