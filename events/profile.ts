/** All that can happen to a profile: its birth and end, its tier, its endpoints. */
import type { Fact, Millis } from './fact.ts';
import { deed, type TraitsOf } from './trait.ts';

export type Tier = 'primary' | 'secondary' | 'fallback';
/** The header that an endpoint wants its key in. */
export type Auth = 'x-api-key' | 'bearer';

/** What an endpoint calls a model: the first rule that fits the name in a request says. */
export interface ModelRule {
  /** An exact name, a glob (`claude-*haiku*`, `*`), or a slot (`haiku`, `sonnet`, `opus`). */
  readonly from: string;
  /** Null: the endpoint does not have it. */
  readonly to: string | null;
}
/** Whether requests are adapted to what an endpoint has refused. */
export type Adapt = 'auto' | 'off';
/** What becomes of thinking that another endpoint has signed. */
export type AdaptThinking = 'auto' | 'keep' | 'strip';

/** How requests are adapted to an endpoint. */
export interface Adaptation {
  readonly models: readonly ModelRule[];
  readonly adapt: Adapt;
  readonly thinking: AdaptThinking;
}

export const noAdaptation: Adaptation = { models: [], adapt: 'auto', thinking: 'auto' };

/** Endpoints that were added before these fields were there have the defaults. */
export function adaptationOf({ models, adapt, thinking }: Partial<Adaptation>): Adaptation {
  return {
    models: models ?? noAdaptation.models,
    adapt: adapt ?? noAdaptation.adapt,
    thinking: thinking ?? noAdaptation.thinking,
  };
}

/** What differs from the defaults: what is written down. */
export function ownAdaptation(given: Partial<Adaptation>): Partial<Adaptation> {
  const { models, adapt, thinking } = adaptationOf(given);
  return {
    ...(models.length === 0 ? {} : { models }),
    ...(adapt === noAdaptation.adapt ? {} : { adapt }),
    ...(thinking === noAdaptation.thinking ? {} : { thinking }),
  };
}

/** What of the one is not so in the other. */
export function changedAdaptation(from: Partial<Adaptation>, to: Partial<Adaptation>): Partial<Adaptation> {
  const [before, after] = [adaptationOf(from), adaptationOf(to)];
  const isSame = JSON.stringify(before.models) === JSON.stringify(after.models);
  return {
    ...(isSame ? {} : { models: after.models }),
    ...(before.adapt === after.adapt ? {} : { adapt: after.adapt }),
    ...(before.thinking === after.thinking ? {} : { thinking: after.thinking }),
  };
}

export interface EndpointSettings extends Partial<Adaptation> {
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
