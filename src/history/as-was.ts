/** What a gateway knows of now, told from a log alone: as it was at a moment, or after the last fact. */
import { nextOf } from '../../machines/endpoint-next.ts';
import type { MetricsRow } from '../contract/health.ts';
import type { Moment } from '../contract/moment.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { isoOrNull } from '../platform/time.ts';
import { endpointPolicy } from '../policies/policies.ts';
import { type Configuration, differences } from '../projections/configuration.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import { Recent } from '../projections/recent.ts';
import { Stats } from '../projections/stats.ts';
import { healthRow, queueRow, snapshotRow } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';
import { pastChecks, recentSince, statsSince } from './health.ts';
import { seqOfMoment, settingsThen, stateAt } from './moment.ts';
import { settingsList } from './settings-list.ts';
import { usageGroups, usageRows } from './usage.ts';

// As a gateway shows.
const rowsShown = 50;

const atEnd = (log: ReadableLog) => stateAt(log, log.head);

const stateThen = async (log: ReadableLog, moment: Moment | undefined) =>
  moment === undefined ? await atEnd(log) : await stateAt(log, await seqOfMoment(log, moment));

export async function queueThen(
  log: ReadableLog,
  { state: wanted, limit = rowsShown, moment }: Params<'queue.list'>,
): Promise<Answer<'queue.list'>> {
  const { queue } = await stateThen(log, moment);
  const rows = [...queue.snapshots()]
    .filter(([, { value }]) => wanted === undefined || value === wanted)
    .map(([id]) => queueRow(id, queue.item(id)))
    .sort((a, b) => (a.enqueuedAt < b.enqueuedAt ? -1 : 1));
  return { items: rows.slice(-limit) };
}

/** No price list is with a log: it tells what was used, and not what that cost. */
export async function statsAtEnd(
  log: ReadableLog,
  { profile: wanted, since }: Params<'stats.read'>,
): Promise<Answer<'stats.read'>> {
  const { stats: all, profiles } = await atEnd(log);
  const stats = since === undefined ? all : Stats.from((await statsSince(log, { since })).stats);
  const rows = stats
    .rows((endpoint) => profiles.endpoint(endpoint)?.profile ?? null)
    .filter(({ profile }) => wanted === undefined || profile === wanted);
  const told = rows.map((row) => ({ ...row, cost: null }));
  return { since: isoOrNull(since ?? null), stats: told, unpriced: [], prices: null };
}

export async function usageAtEnd(log: ReadableLog, params: Params<'stats.usage'>): Promise<Answer<'stats.usage'>> {
  const { rows } = await usageRows(log, params);
  const parts = rows.map((row) => ({ ...row, cost: null }));
  return { since: isoOrNull(params.since ?? null), ...usageGroups(params.by, parts), unpriced: [], prices: null };
}

export async function metricsAtEnd(
  log: ReadableLog,
  { id, since }: Params<'health.metrics'>,
): Promise<Answer<'health.metrics'>> {
  const state = await atEnd(log);
  const recent = since === undefined ? state.recent : Recent.from((await recentSince(log, { since })).recent);
  const known = state.profiles.endpoints().filter((one) => id === undefined || one.id === id || one.name === id);
  return { since: isoOrNull(since ?? null), endpoints: known.map((one) => metricsThen(state, one, recent)) };
}

function metricsThen(state: State, known: KnownEndpoint, recent: Recent): MetricsRow {
  const next = nextOf(state.endpoint(known.id), endpointPolicy(settingsThen(state), known));
  return {
    ...healthRow(state, known, recent, state.at),
    next: next.map((step) => ({ ...step, at: isoOrNull(step.at) })),
    nextProbe: { at: null, depth: null, because: null },
    ...metricsOf(recent, known),
  };
}

/** What metrics show beside the row of health. */
export function metricsOf(
  recent: Recent,
  { id }: KnownEndpoint,
): Pick<MetricsRow, 'checks' | 'verdicts' | 'stabilityParts' | 'probing'> {
  const { checks, verdicts, probing, stabilityParts } = recent.of(id);
  const parts = stabilityParts && {
    recent: Math.round(stabilityParts.recent),
    steadiness: Math.round(stabilityParts.steadiness),
    streak: Math.round(stabilityParts.streak),
  };
  return { checks, verdicts, stabilityParts: parts, probing };
}

export async function checksAtEnd(
  log: ReadableLog,
  { id, limit = rowsShown }: Params<'health.history'>,
): Promise<Answer<'health.history'>> {
  const profile = (await atEnd(log)).profiles.endpoint(id)?.profile ?? '';
  return await pastChecks(log, { endpoint: id, profile, limit });
}

/** Of the environment in which the log is read nothing applies. */
export async function settingsListThen(
  log: ReadableLog,
  { moment }: Params<'config.list'>,
): Promise<Answer<'config.list'>> {
  return settingsList((await stateThen(log, moment)).settings, {});
}

export async function snapshotsThen(
  log: ReadableLog,
  { moment }: Params<'config.snapshots'>,
): Promise<Answer<'config.snapshots'>> {
  return { snapshots: (await stateThen(log, moment)).snapshots.all().map(snapshotRow).reverse() };
}

/** @throws {QccError} `QCC_SNAPSHOT_UNKNOWN`, and as `seqOfMoment` */
export async function configurationDiff(
  log: ReadableLog,
  { from, to }: Params<'config.diff'>,
): Promise<Answer<'config.diff'>> {
  return { changes: differences(await configurationOf(log, from), await configurationOf(log, to)) };
}

async function configurationOf(log: ReadableLog, moment: Params<'config.diff'>['from']): Promise<Configuration> {
  if ('document' in moment) throw new QccError('QCC_CAPSULE_LACKS', { name: 'config.diff' }, exitCodes.failed);
  if (!('now' in moment) && !('snapshot' in moment))
    return (await stateAt(log, await seqOfMoment(log, moment))).configuration();
  const state = await atEnd(log);
  if ('now' in moment) return state.configuration();
  const found = state.snapshots.get(moment.snapshot);
  if (!found) throw new QccError('QCC_SNAPSHOT_UNKNOWN', { id: moment.snapshot }, exitCodes.notFound);
  return found.configuration;
}
