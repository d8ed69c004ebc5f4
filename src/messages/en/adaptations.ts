/** How requests are adapted to endpoints. */

import type { FoundMissing } from '../../../events/endpoint.ts';
import type { Adapt, AdaptThinking } from '../../../events/profile.ts';
import type { ReasonWords } from './saying.ts';

export interface AdaptationWords {
  /** What an endpoint has refused, and for how long that is believed. */
  readonly missing: (found: FoundMissing, span: string) => string;
  /** The same, in a row of an endpoint. */
  readonly isMissing: (what: string, limit: number | null, model: string | null, until: string) => string;
  readonly adapts: (adapt: Adapt, thinking: AdaptThinking) => string;
  readonly nothingMissing: string;
  readonly evidence: Readonly<Record<FoundMissing['evidence'], string>>;
  readonly forgotten: (what: string | null) => string;
}

const of = (model: string | null) => (model === null ? '' : ` for ${model}`);

export const adaptations: AdaptationWords = {
  missing: ({ model, what, limit, evidence }, span) =>
    `${limit === null ? `refuses ${what}` : `takes at most ${limit} ${what}`}${of(model)} (${adaptations.evidence[evidence]}); requests go ${limit === null ? 'without it' : 'with no more'} for ${span}`,
  isMissing: (what, limit, model, until) =>
    `${limit === null ? `without ${what}` : `${what} at most ${limit}`}${of(model)} until ${until}`,
  adapts: (adapt, thinking) =>
    adapt === 'off'
      ? 'requests go as they came: what it refuses goes to the client'
      : `requests are adapted to what it refuses; thinking that others have signed is ${{ auto: 'cut out after it has refused it', keep: 'kept', strip: 'cut out beforehand' }[thinking]}`,
  nothingMissing: 'it has refused no part of a request',
  evidence: {
    betaValue: 'it does not know the value of anthropic-beta',
    someBeta: 'it does not know some value of anthropic-beta, and did not say which',
    extraInput: 'it permits no extra inputs',
    unknownField: 'it does not know the field',
    unsupported: 'it does not support the parameter',
    tooManyTokens: 'more is above its maximum',
  },
  forgotten: (what) => `is asked again with ${what ?? 'all that it has refused'}`,
};

/** What was changed in an attempt, and what its refusal led to. */
export const adaptationReasons: Pick<
  ReasonWords,
  'leftOut' | 'fewerTokens' | 'thinkingDropped' | 'thinkingOff' | 'noThinkingHere'
> = {
  leftOut: ({ what }) => `${what} was left out, because the endpoint has refused it`,
  fewerTokens: ({ limit, asked }) => `max_tokens was lowered from ${asked} to ${limit}, the endpoint's maximum`,
  thinkingDropped: ({ blocks }) =>
    `${blocks === 1 ? 'one block of thinking that another endpoint had signed was' : `${blocks} blocks of thinking that other endpoints had signed were`} cut out`,
  thinkingOff: () => 'thinking was switched off, because the tool loop had lost its beginning',
  noThinkingHere: () =>
    'the endpoint wants its own thinking back, which this session does not have: it is passed over for the rest of the session',
};
