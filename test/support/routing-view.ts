/** Endpoints and views as routing sees them, made in one line each. */
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import { noAdaptation } from '../../events/profile.ts';
import { noHearsay } from '../../machines/hearsay.ts';
import type { RoutableEndpoint, RoutableProfile, RoutingView } from '../../machines/routing-view.ts';

export function routable(name: string, more: Partial<RoutableEndpoint> = {}): RoutableEndpoint {
  const baseUrl = more.baseUrl ?? `https://${name}.test`;
  return {
    id: name as EndpointId,
    profile: 'main' as ProfileName,
    name,
    baseUrl,
    origin: new URL(baseUrl).origin,
    auth: 'x-api-key',
    weight: 100,
    effectiveWeight: more.weight ?? 100,
    priority: 1,
    maxConcurrent: 64,
    timeoutMs: null,
    allowPlaintext: false,
    state: 'healthy',
    until: null,
    because: null,
    held: false,
    ramp: more.state === 'recovering' ? 0 : 1,
    lacks: [],
    countsNotUntil: null,
    tooLarge: null,
    ...noAdaptation,
    missing: [],
    hearsay: noHearsay,
    ...more,
  };
}

interface ViewSetting {
  /** The ladder's profiles from the active one on; all of them unless said otherwise. */
  readonly ladder?: readonly string[];
  readonly above?: readonly string[];
  readonly pinned?: string;
  readonly watched?: string;
  readonly isOffline?: boolean;
}

/** Profiles by name; each endpoint is told which one it is of. */
export function viewOf(
  profiles: Readonly<Record<string, readonly RoutableEndpoint[]>>,
  { ladder = Object.keys(profiles), above = [], pinned, watched, isOffline = false }: ViewSetting = {},
): RoutingView {
  const named = new Map(
    Object.entries(profiles).map(([name, endpoints]): [string, RoutableProfile] => {
      const profile = name as ProfileName;
      return [name, { name: profile, tier: null, endpoints: endpoints.map((one) => ({ ...one, profile })) }];
    }),
  );
  const all = [...named.values()].flatMap(({ endpoints }) => endpoints);
  return {
    seq: 7,
    active: (ladder[0] ?? null) as ProfileName | null,
    pinned: (pinned ?? null) as ProfileName | null,
    watched: (watched ?? null) as ProfileName | null,
    isOffline,
    ladder: ladder.flatMap((name) => named.get(name) ?? []),
    above: above.flatMap((name) => named.get(name) ?? []),
    profiles: named,
    endpoints: new Map(all.map((endpoint) => [endpoint.id, endpoint])),
  };
}
