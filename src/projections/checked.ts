/** The inputs of the probe plan and the weight policy, made from profiles, machines and statistics. */
import type { ProbeDepth } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import type { EndpointStatus } from '../../machines/endpoint.ts';
import { calledAt } from '../../machines/hearsay.ts';
import type { Probed } from '../../machines/probe-plan.ts';
import type { Weighed } from '../../machines/weight-policy.ts';
import type { KnownEndpoint, Profiles } from './profiles.ts';
import type { Recent } from './recent.ts';

interface Source {
  readonly profiles: Profiles;
  readonly recent: Recent;
  readonly active: string | null;
  readonly pinned: string | null;
  /** The profile whose checks before a recovery are not complete. */
  readonly watched: string | null;
  status(id: EndpointId): EndpointStatus;
}

/** The prober's own memory: it is not in the log, and a new life begins without it. */
export interface ProbeMemory {
  readonly probedAt: Millis | null;
  readonly passed: ProbeDepth | null;
  readonly isRunning: boolean;
  readonly dice: number;
}

/** @param isLedElsewhere whether another gateway of the fleet probes the same key */
export function probedEndpoints(
  source: Source,
  memoryOf: (id: EndpointId) => ProbeMemory,
  { now, isLedElsewhere }: { readonly now: Millis; readonly isLedElsewhere: (id: EndpointId) => boolean },
): readonly Probed[] {
  const { profiles, recent, active, pinned, watched } = source;
  const ladder = profiles.ladder().map(({ name }) => name);
  const here = ladder.indexOf(active as ProfileName);
  return profiles.endpoints().map(({ id, profile, addedAt }) => {
    const { state, since, until, held, belief, ramp, hearsay } = source.status(id);
    const { lastCheckAt, provenAt } = recent.heardOf(id);
    const memory = memoryOf(id);
    const place = ladder.indexOf(profile);
    return {
      id,
      // While a profile is pinned, no other profile is due for recovery.
      isAbove: pinned === null && place >= 0 && place < here,
      isWatched: profile === watched,
      state,
      // A new endpoint has no results, and no reason for doubt.
      since: since ?? addedAt,
      until,
      held,
      belief,
      ramp,
      provenAt,
      isLedElsewhere: isLedElsewhere(id),
      calledAt: calledAt(hearsay, now),
      ...memory,
      probedAt: memory.probedAt ?? lastCheckAt,
    };
  });
}

export interface WeighedEndpoint extends Weighed {
  readonly id: EndpointId;
}

/** Compared with its peers: the endpoints among which its weight decides. Disabled ones are not compared. */
export function weighedEndpoints({ profiles, recent, status }: Pick<Source, 'profiles' | 'recent' | 'status'>) {
  return profiles.all().flatMap(({ endpoints }) => {
    const enabled = endpoints.filter(({ id }) => status(id).state !== 'disabled');
    return enabled.flatMap((endpoint): readonly WeighedEndpoint[] => {
      const doing = recent.of(endpoint.id);
      const others = enabled.filter(({ id, priority }) => id !== endpoint.id && priority === endpoint.priority);
      return [
        {
          id: endpoint.id,
          weight: endpoint.weight,
          effectiveWeight: endpoint.effectiveWeight,
          checks: doing.checks,
          successRate: doing.recentSuccessRate ?? 1,
          responseMs: doing.recentResponseMs,
          usualMs: usual(others, recent),
          stability: doing.stability ?? 100,
          consecutiveFailures: doing.consecutiveFailures,
        },
      ];
    });
  });
}

/** The median of the endpoints' typical times, so that a very slow one does not set the standard for the others. */
function usual(endpoints: readonly KnownEndpoint[], recent: Recent): Millis | null {
  const times = endpoints.flatMap(({ id }) => recent.of(id).recentResponseMs ?? []).sort((a, b) => a - b);
  return times[(times.length - 1) >> 1] ?? null;
}
