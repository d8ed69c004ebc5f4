/** All that can happen to a profile: its birth and end, its tier, its endpoints. */
import type { Fact, Millis } from './fact.ts';
import { deed, type TraitsOf } from './trait.ts';

export type Tier = 'primary' | 'secondary' | 'fallback';
/** The header that an endpoint wants its key in. */
export type Auth = 'x-api-key' | 'bearer';

export interface EndpointSettings {
  readonly endpoint: string;
  readonly name: string;
  /** Origin and path prefix, without a trailing slash and without `/v1`. */
  readonly baseUrl: string;
  readonly auth: Auth;
  /** Which secret of the vault: never the key itself. */
  readonly secret: string;
  /** The key as it may be shown: first 6 and last 4 at most. */
  readonly maskedKey: string;
  readonly weight: number;
  /** Low number first. */
  readonly priority: number;
  readonly timeoutMs: Millis | null;
  readonly maxFailures: number;
  readonly maxConcurrent: number;
  readonly allowPlaintext: boolean;
  readonly source: string | null;
}

export type ProfileFact =
  | Fact<'ProfileAdded', { name: string; description: string }>
  | Fact<'ProfileDescribed', { name: string; description: string }>
  | Fact<'ProfileRemoved', { name: string }>
  | Fact<'ProfileMadeDefault', { name: string }>
  | Fact<'TierAssigned', { name: string; tier: Tier | null }>
  | Fact<'EndpointAdded', EndpointSettings>
  | Fact<'EndpointChanged', { endpoint: string; changes: Partial<Omit<EndpointSettings, 'endpoint'>> }>
  | Fact<'EndpointRemoved', { endpoint: string }>;

export const profileTraits: TraitsOf<ProfileFact> = {
  ProfileAdded: deed('profile.add'),
  ProfileDescribed: deed('profile.update'),
  ProfileRemoved: deed('profile.remove'),
  ProfileMadeDefault: deed('profile.default'),
  TierAssigned: deed('priority.set'),
  EndpointAdded: deed('endpoint.add'),
  EndpointChanged: deed('endpoint.update'),
  EndpointRemoved: deed('endpoint.remove'),
};
