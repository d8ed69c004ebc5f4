/** The routing view and the ladder's view, made from profiles and machines: inputs of the proxy and of the switch rules. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import { adaptationOf } from '../../events/profile.ts';
import { isAvailable } from '../../machines/available.ts';
import type { endpointStatus } from '../../machines/endpoint.ts';
import type { LadderLook } from '../../machines/priority-policy.ts';
import type { RoutableEndpoint, RoutableProfile, RoutingView } from '../../machines/routing-view.ts';
import type { KnownEndpoint, KnownProfile, Profiles } from './profiles.ts';

type Status = ReturnType<typeof endpointStatus>;

interface Source {
  readonly seq: number;
  readonly profiles: Profiles;
  readonly active: string | null;
  readonly pinned: string | null;
  readonly watched: string | null;
  readonly isOffline: boolean;
  status(id: EndpointId): Status;
}

/** The ladder from the active profile down, then the rest of it. */
export function routingView(source: Source): RoutingView {
  const profiles = new Map<string, RoutableProfile>();
  const endpoints = new Map<EndpointId, RoutableEndpoint>();
  for (const profile of source.profiles.all()) {
    const routable = profile.endpoints.map((endpoint) => routableEndpoint(endpoint, source.status(endpoint.id)));
    for (const endpoint of routable) endpoints.set(endpoint.id, endpoint);
    profiles.set(profile.name, Object.freeze({ name: profile.name, tier: profile.tier, endpoints: routable }));
  }
  const names = walked(source).map(({ name }) => name);
  const start = Math.max(0, names.indexOf(source.active as ProfileName));
  const named = (some: readonly ProfileName[]) => some.flatMap((name) => profiles.get(name) ?? []);
  const above = source.pinned === null ? named(names.slice(0, start)) : [];
  const ladder = named([...names.slice(start), ...names.slice(0, start)]);
  return Object.freeze({
    seq: source.seq,
    active: source.active as ProfileName | null,
    pinned: source.pinned as ProfileName | null,
    watched: source.watched as ProfileName | null,
    isOffline: source.isOffline,
    ladder,
    above,
    profiles,
    endpoints,
  });
}

/** A pinned profile is on the ladder even without a tier: the user put it there by hand. */
function walked({ profiles, pinned }: Source): readonly KnownProfile[] {
  const ladder = profiles.ladder();
  const byHand = pinned === null ? undefined : profiles.get(pinned);
  return byHand && !ladder.includes(byHand) ? [byHand, ...ladder] : ladder;
}

function routableEndpoint(endpoint: KnownEndpoint, status: Status): RoutableEndpoint {
  return Object.freeze({
    id: endpoint.id,
    profile: endpoint.profile,
    name: endpoint.name,
    baseUrl: endpoint.baseUrl,
    origin: originOf(endpoint.baseUrl),
    auth: endpoint.auth,
    weight: endpoint.weight,
    effectiveWeight: endpoint.effectiveWeight,
    priority: endpoint.priority,
    maxConcurrent: endpoint.maxConcurrent,
    timeoutMs: endpoint.timeoutMs,
    allowPlaintext: endpoint.allowPlaintext,
    state: status.state,
    until: status.until,
    because: status.because,
    held: status.held,
    ramp: status.ramp,
    lacks: status.lacks,
    countsNotUntil: status.countsNotUntil,
    tooLarge: status.tooLarge,
    ...adaptationOf(endpoint),
    missing: status.missing,
    hearsay: status.hearsay,
  });
}

function originOf(baseUrl: string): string {
  const path = baseUrl.indexOf('/', baseUrl.indexOf('//') + 2);
  return path < 0 ? baseUrl : baseUrl.slice(0, path);
}

/** The ladder as the switch rules see it, in its own order. */
export function ladderLook(source: Source, now: Millis, healthAware: boolean): LadderLook {
  return {
    profiles: walked(source).map(({ name, tier, endpoints }) => {
      const all = endpoints.map(({ id }) => source.status(id));
      const statuses = all.filter(({ state }) => state !== 'disabled');
      return {
        name,
        tier,
        enabled: statuses.length,
        usable: statuses.filter((status) => isAvailable(status, healthAware, now)).length,
        endpoints: all.length,
        certain: all.length > 0 && statuses.every((status) => isOutForCertain(status, healthAware, now)),
      };
    }),
  };
}

function isOutForCertain(status: Status, healthAware: boolean, now: Millis): boolean {
  const { state, held, because } = status;
  return state === 'failed' && (held || because === 'unreachable') && !isAvailable(status, healthAware, now);
}
