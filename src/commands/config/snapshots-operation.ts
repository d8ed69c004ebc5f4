/** Snapshots of the configuration, differences from them, and rollback. The log is never truncated: a rollback is further facts. */
import type { SettingValue, SnapshotReason } from '../../../events/config.ts';
import { streams } from '../../../events/ids.ts';
import { needsRestart, type SettingKey } from '../../config/settings/settings.ts';
import type { ConfigMoment } from '../../contract/config.ts';
import type { Moment } from '../../contract/moment.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Installation } from '../../installation/installation.ts';
import { forgetUnused, secretsInUse } from '../../installation/keys.ts';
import { iso } from '../../platform/time.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import {
  type Change,
  type Configuration,
  differences,
  type Step,
  stepsTowards,
} from '../../projections/configuration.ts';
import type { ConfigSnapshot } from '../../projections/snapshots.ts';
import { snapshotRow } from '../../runtime/rows.ts';
import { configurationAt, hashOf } from './moments.ts';
import { type Lost, restorable } from './restorable.ts';

export async function takeSnapshot(
  { core }: Installation,
  { description }: Params<'config.snapshot'>,
): Promise<Answer<'config.snapshot'>> {
  const steps = [snapshotStep(core.state.configuration(), 'hand', description)];
  const facts = await core.command({ do: 'change', steps });
  const taken = core.state.snapshots.get(`s${facts[0]?.seq}`);
  return snapshotRow(taken as ConfigSnapshot);
}

/** The snapshot precedes the change that it is taken for, in the same batch. */
export function snapshotStep(configuration: Configuration, reason: SnapshotReason, description: string): Step {
  const data = { reason, description, hash: hashOf(configuration), configuration };
  return { stream: streams.config, fact: { type: 'SnapshotTaken', data } };
}

export function listSnapshots({ core: { state } }: Installation): Answer<'config.snapshots'> {
  return { snapshots: state.snapshots.all().map(snapshotRow).reverse() };
}

export async function diffConfigurations(
  installation: Installation,
  { from, to }: Params<'config.diff'>,
  replay: ReplayPool | undefined,
): Promise<Answer<'config.diff'>> {
  const before = await configurationAt(installation, from, replay);
  return { changes: differences(before, await configurationAt(installation, to, replay)) };
}

export async function rollBack(
  installation: Installation,
  { to, partial, dryRun }: Params<'config.rollback'>,
  live: { readonly replay: ReplayPool } | undefined,
): Promise<Answer<'config.rollback'>> {
  const { core } = installation;
  const moment = 'last' in to ? beforeLastChange(installation) : to;
  const past = await configurationAt(installation, moment, live?.replay);
  const name = nameOf(moment);
  const present = core.state.configuration();
  if (isUnmeant(to) && past.profiles.length === 0 && present.profiles.length > 0) throw wouldEmpty(name);
  const { wanted, lost } = restorable(past, present, installation.vault);
  const changes = differences(present, wanted);
  const answer = { to: name, changes, lost, snapshot: null, restart: live ? restartsOf(changes) : [] };
  if (dryRun) return answer;
  if (changes.length === 0 && lost.length > 0) throw nothingToRestore(lost);
  if (lost.some(({ blocks }) => blocks) && !partial) throw notWhole(commandFor(to, name), lost);
  if (changes.length === 0) return answer;
  const snapshot = snapshotStep(present, 'rollback', `before the rollback to ${name}`);
  const rolledBack: Step = {
    stream: streams.config,
    fact: { type: 'ConfigRolledBack', data: { to: name, changes: changes.length, partial: lost.length > 0 } },
  };
  const steps = stepsTowards(present, wanted, valueIn(installation));
  const used = secretsInUse(installation);
  const facts = await core.command({ do: 'change', steps: [snapshot, rolledBack, ...steps] });
  await forgetUnused(installation, used);
  return { ...answer, snapshot: `s${facts[0]?.seq}` };
}

/** The effective value of a setting. */
export function valueIn({ settings }: Installation): (key: string) => SettingValue {
  return (key) => settings()[key as SettingKey] ?? '';
}

export function restartsOf(changes: readonly Change[]): readonly string[] {
  return changes
    .filter(({ path }) => path.startsWith('settings/'))
    .map(({ path }) => path.slice('settings/'.length))
    .filter((key) => needsRestart(key as SettingKey));
}

/** An instant or a number from before the first setup. Only `#0` addresses that state on purpose. */
function isUnmeant(to: Params<'config.rollback'>['to']): boolean {
  return 'at' in to || ('seq' in to && to.seq > 0);
}

function wouldEmpty(moment: string): QccError {
  return new QccError('QCC_ROLLBACK_EMPTY', { moment }, exitCodes.conflict);
}

function beforeLastChange({ core }: Installation): Moment {
  const { lastChange } = core.state.snapshots;
  if (lastChange !== null) return { seq: lastChange - 1 };
  throw new QccError('QCC_ROLLBACK_UNCHANGED', {}, exitCodes.notFound);
}

/** A bare `#` begins a comment in a shell. */
function commandFor(to: Params<'config.rollback'>['to'], name: string): string {
  if ('last' in to) return 'qcc config rollback --last';
  return `qcc config rollback ${name.startsWith('#') ? `'${name}'` : name}`;
}

function nameOf(moment: Exclude<ConfigMoment, { document: object }>): string {
  if ('snapshot' in moment) return moment.snapshot;
  if ('seq' in moment) return `#${moment.seq}`;
  return 'at' in moment ? iso(moment.at) : 'now';
}

function notWhole(command: string, lost: readonly Lost[]): QccError {
  return new QccError(
    'QCC_ROLLBACK_PARTIAL',
    { command, parts: lost.map(({ path, because }) => `${path} ${because}`).join('\n') },
    exitCodes.conflict,
  );
}

function nothingToRestore(lost: readonly Lost[]): QccError {
  return new QccError(
    'QCC_ROLLBACK_NOTHING',
    { parts: lost.map(({ path, because }) => `${path} ${because}`).join('\n') },
    exitCodes.conflict,
  );
}
