/** Which facts are worth a notification. No clock, no I/O: the same facts give the same notices. */
import type { EndpointFact } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import type { GatewayFact } from '../../events/gateway.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { PriorityFact } from '../../events/priority.ts';
import type { LadderReason } from '../../events/reason.ts';
import { traitsOf } from '../../events/traits.ts';

/** The names of `notify.on`, and `test`, which only the command produces. */
export type Notice = { readonly at: Millis } & (
  | { readonly kind: 'failover'; readonly from: string; readonly to: string; readonly because: LadderReason }
  | { readonly kind: 'recovery'; readonly from: string; readonly to: string; readonly because: LadderReason }
  /** The active profile was none: no endpoint could answer before. */
  | { readonly kind: 'recovery'; readonly from: null; readonly to: string }
  | { readonly kind: 'all_down'; readonly because: LadderReason }
  | {
      readonly kind: 'credential';
      readonly profile: string;
      readonly endpoint: string;
      readonly name: string;
      readonly because: Refusal;
    }
  /** `afterMs`: null while the fleet's server is away. */
  | { readonly kind: 'fleet'; readonly afterMs: Millis | null }
  | { readonly kind: 'test' }
);

type Refusal = 'credential' | 'billing';

interface Named {
  readonly profile: string;
  readonly name: string;
}

export interface Heard {
  readonly notices: readonly Notice[];
  /** Endpoints whose refusal was reported and has not ended since. */
  readonly refused: ReadonlySet<string>;
}

/** @param named the endpoint's name by its id; undefined when it is gone, and then it is not reported */
export function hear(
  facts: readonly Recorded[],
  refusedBefore: ReadonlySet<string>,
  named: (id: string) => Named | undefined,
): Heard {
  const refused = new Set(refusedBefore);
  const notices = facts.flatMap((fact): readonly Notice[] => {
    const kind = kindOf(fact.stream);
    if (kind === 'priority') return ofLadder(fact as Recorded<PriorityFact>);
    if (kind === 'gateway') return ofFleet(fact as Recorded<GatewayFact>);
    if (kind !== 'endpoint') return [];
    const id = nameOf(fact.stream);
    // A refused endpoint is probed again and again: a repeated refusal is no news.
    if (traitsOf(fact.type).endsRefusal) refused.delete(id);
    const refusal = refusalOf(fact as Recorded<EndpointFact>);
    const endpoint = named(id);
    if (refusal === undefined || endpoint === undefined || refused.has(id)) return [];
    refused.add(id);
    const { profile, name } = endpoint;
    return [{ kind: 'credential', at: fact.at, profile, endpoint: id, name, because: refusal }];
  });
  return { notices, refused };
}

function ofLadder({ type, data, at }: Recorded<PriorityFact>): readonly Notice[] {
  switch (type) {
    case 'FailedOver':
      return [{ kind: 'failover', at, ...data }];
    case 'Recovered':
      return [{ kind: 'recovery', at, ...data }];
    case 'BackInService':
      return [{ kind: 'recovery', at, from: null, to: data.to }];
    case 'AllOut':
      return [{ kind: 'all_down', at, ...data }];
    default:
      return [];
  }
}

function ofFleet({ type, data, at }: Recorded<GatewayFact>): readonly Notice[] {
  if (type === 'FleetLost') return [{ kind: 'fleet', at, afterMs: null }];
  return type === 'FleetBack' ? [{ kind: 'fleet', at, afterMs: data.afterMs }] : [];
}

function refusalOf({ type, data }: Recorded<EndpointFact>): Refusal | undefined {
  if (type !== 'EndpointFailed') return undefined;
  return data.because === 'credential' || data.because === 'billing' ? data.because : undefined;
}

/** The same at every gateway that meets it, which may call its endpoints otherwise: the key of `endpoint` is to be added. */
export function sharedSubject(notice: Notice): { readonly what: string; readonly endpoint: string | null } {
  if (notice.kind === 'credential') return { what: `credential ${notice.because}`, endpoint: notice.endpoint };
  return { what: subjectOf(notice), endpoint: null };
}

/** Notices of one kind about one subject (the profile, or the refused endpoint) count as repetitions. */
export function subjectOf(notice: Notice): string {
  switch (notice.kind) {
    case 'failover':
      return `failover ${notice.from}`;
    case 'recovery':
      return `recovery ${notice.to}`;
    case 'credential':
      return `credential ${notice.endpoint}`;
    default:
      return notice.kind;
  }
}
