/** Every machine as a row: its state, since when, and its next transitions. Of now, or of any past moment. */
import type { Millis } from '../../events/fact.ts';
import type { FactsLost } from '../../events/gateway.ts';
import { type EndpointId, nameOf, type QueueId, streams } from '../../events/ids.ts';
import { charts } from '../../machines/chart.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import type { Next } from '../../machines/moment.ts';
import { nextOfPriority, priorityStatus } from '../../machines/priority.ts';
import { itemStatus, type QueueItemSnapshot } from '../../machines/queue-item.ts';
import { nextOfItem } from '../../machines/queue-item-next.ts';
import { exclusionOf } from '../../machines/why-not.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { MachineRow } from '../contract/debug.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { nearest } from '../platform/nearest.ts';
import { isoOrNull } from '../platform/time.ts';
import { endpointPolicy, priorityPolicy } from '../policies/policies.ts';
import { seenOf } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';

/** @param lost known losses of the log, for the gateway's row */
export function machineRows(
  state: State,
  settings: Settings,
  lost: readonly FactsLost['data'][],
): readonly MachineRow[] {
  return [
    ...state.profiles.endpoints().map(({ id }) => endpointMachine(state, settings, id)),
    priorityMachine(state, settings),
    ...[...state.queue.snapshots()].map(([id, snapshot]) => queueMachine(id, snapshot)),
    gatewayMachine(state, lost),
  ];
}

/**
 * The requested machines: all of a kind, one by the name of its stream, one by a unique beginning of its id, or an endpoint by its name,
 * as `NAME` or as `PROFILE/NAME`.
 * @throws {QccError} when there is none, or more than one
 */
export function machinesAbout(rows: readonly MachineRow[], about: string | undefined): readonly MachineRow[] {
  if (about === undefined) return rows;
  if (Object.hasOwn(charts, about)) return rows.filter(({ machine }) => machine === about);
  const exact = rows.filter(({ id }) => id === about);
  if (exact.length > 0) return exact;
  const begun = rows.filter(({ id, context }) => {
    if (about === '' || !id.includes('/')) return false;
    const { profile, name } = context as { readonly profile?: string | null; readonly name?: string | null };
    return nameOf(id).startsWith(about.toLowerCase()) || name === about || `${profile}/${name}` === about;
  });
  if (begun.length === 1) return begun;
  if (begun.length > 1)
    throw new QccError(
      'QCC_ENDPOINT_AMBIGUOUS',
      {
        id: about,
        count: begun.length,
        profile: '',
        known: '',
        hint: 'qcc debug',
      },
      exitCodes.usage,
    );
  const names = rows.flatMap(({ context }) => (context as { readonly name?: string | null }).name ?? []);
  throw new QccError(
    'QCC_ENDPOINT_UNKNOWN',
    {
      id: about,
      near: nearest(about, names) ?? '',
      profile: '',
      hint: 'qcc debug',
    },
    exitCodes.notFound,
  );
}

function endpointMachine(state: State, settings: Settings, id: EndpointId): MachineRow {
  const snapshot = state.endpoint(id);
  const known = state.profiles.endpoint(id);
  const status = endpointStatus(snapshot);
  const { state: name, since, ...context } = status;
  const out = exclusionOf(status, settings['loadbalancer.health_aware']);
  return {
    id: streams.endpoint(id),
    machine: 'endpoint',
    state: name,
    since: isoOrNull(since ?? known?.addedAt ?? null),
    context: {
      profile: known?.profile ?? null,
      name: known?.name ?? null,
      ...context,
      seen: seenOf(state, id),
      whyNot: out && { rule: out.rule, until: isoOrNull(out.until) },
    },
    next: steps(nextOf(snapshot, endpointPolicy(settings, known))),
  };
}

function queueMachine(id: QueueId, snapshot: QueueItemSnapshot): MachineRow {
  const { state: name, since, ...context } = itemStatus(snapshot);
  const next = steps(nextOfItem(snapshot));
  return { id: streams.queue(id), machine: 'queueItem', state: name, since: isoOrNull(since), context, next };
}

function priorityMachine(state: State, settings: Settings): MachineRow {
  const { state: name, since, ...context } = priorityStatus(state.priority);
  return {
    id: streams.priority,
    machine: 'priority',
    state: name,
    since: isoOrNull(since ?? firstProfileAt(state)),
    context,
    next: steps(nextOfPriority(state.priority, priorityPolicy(settings))),
  };
}

/** A ladder without any transition has had its state since it first had a profile. */
function firstProfileAt(state: State): Millis | null {
  const all = state.profiles.all().map(({ createdAt }) => createdAt);
  return all.length === 0 ? null : Math.min(...all);
}

function gatewayMachine(state: State, lost: readonly FactsLost['data'][]): MachineRow {
  const { state: name, since } = gatewayStatus(state.gateway);
  return { id: streams.gateway, machine: 'gateway', state: name, since: isoOrNull(since), context: { lost }, next: [] };
}

function steps(all: readonly Next[]): MachineRow['next'] {
  return all.map((step) => ({ ...step, at: isoOrNull(step.at) }));
}
