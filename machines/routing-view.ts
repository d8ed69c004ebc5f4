/** The routing view: everything that routing may know, in one frozen object that is replaced whole. */
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type { EndpointId, ProfileName } from '../events/ids.ts';
import type { Adaptation, Auth, Tier } from '../events/profile.ts';
import type { Hearsay } from './hearsay.ts';

export type EndpointState = 'healthy' | 'degraded' | 'failed' | 'recovering' | 'disabled';

/** A model that an endpoint has said to lack, and until when that is believed. */
export interface Lacking {
  readonly model: string;
  readonly until: Millis;
}

/** The smallest body that an endpoint has found too large, and until when that is believed. */
export interface TooLarge {
  readonly bytes: number;
  readonly until: Millis;
}

/** A part of requests that an endpoint has refused, and until when it is sent none. */
export interface Missing {
  /** As it was sent; null where the request named none. */
  readonly model: string | null;
  /** A name of the table in `capabilities.ts`, a beta's value, or the path of a field. */
  readonly what: string;
  /** Of `max_tokens` alone: the most that it takes. */
  readonly limit: number | null;
  readonly until: Millis;
}

export interface RoutableEndpoint extends Adaptation {
  readonly id: EndpointId;
  readonly profile: ProfileName;
  readonly name: string;
  readonly baseUrl: string;
  /** Scheme, host and port: endpoints of one provider share it. */
  readonly origin: string;
  readonly auth: Auth;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly priority: number;
  readonly maxConcurrent: number;
  readonly timeoutMs: Millis | null;
  readonly allowPlaintext: boolean;
  readonly state: EndpointState;
  /** Takes nothing before this instant (a pause or the end of being out); null when nothing is known. */
  readonly until: Millis | null;
  /** What put it into its state. */
  readonly because: Failure | 'slow' | 'limitsWarning' | null;
  /** Out until its key or address changes or a probe passes. */
  readonly held: boolean;
  /** While recovering: its share of traffic, 0 while it is half-open. Otherwise 1. */
  readonly ramp: number;
  readonly lacks: readonly Lacking[];
  /** It is believed not to count tokens until then. */
  readonly countsNotUntil: Millis | null;
  readonly tooLarge: TooLarge | null;
  readonly missing: readonly Missing[];
  /** What other gateways of the fleet have said of it. */
  readonly hearsay: Hearsay;
}

export interface RoutableProfile {
  readonly name: ProfileName;
  readonly tier: Tier | null;
  readonly endpoints: readonly RoutableEndpoint[];
}

export interface RoutingView {
  /** The last fact that this view has seen. */
  readonly seq: number;
  readonly active: ProfileName | null;
  /** Chosen by hand: sessions elsewhere are not held there. */
  readonly pinned: ProfileName | null;
  /** This machine has no network: no endpoint can answer, and none is to blame. */
  readonly isOffline: boolean;
  /** Profiles in the order in which a request walks them: from the active one down, then the rest. */
  readonly ladder: readonly RoutableProfile[];
  /** The profile above that is on its way back: its answers to half-open requests are the checks. */
  readonly watched: ProfileName | null;
  /** Profiles preferred to the active one: what recovers or is watched there gets half-open requests from new sessions. */
  readonly above: readonly RoutableProfile[];
  /** All profiles, for `/p/PROFILE`. */
  readonly profiles: ReadonlyMap<string, RoutableProfile>;
  readonly endpoints: ReadonlyMap<EndpointId, RoutableEndpoint>;
}
