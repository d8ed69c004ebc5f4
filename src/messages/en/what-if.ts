/** What would have been under other settings, in English. */
import { plural, type WhatIfWords } from './story-words.ts';

export const whatIf: WhatIfWords = {
  asItWas: 'the settings as they were',
  under: (settings) => `with ${settings}`,
  range: (from, to, requests) => `facts #${from} to #${to}, ${requests} requests`,
  recorded: 'recorded',
  replayed: 'replayed',
  unknown: 'unknown',
  switches: 'switches',
  failures: 'requests that failed',
  attempts: 'attempts',
  outages: 'endpoints ejected',
  moved: 'sessions that moved',
  cacheLost: 'cache lost by moving, tokens',
  timeIn: (tier) => `time in ${tier}`,
  tiers: { primary: 'primary', secondary: 'secondary', fallback: 'fallback', none: 'no tier' },
  only: { recorded: 'would not have happened', replayed: 'would have happened' },
  kinds: { failover: 'failover', recovery: 'recovery' },
  otherModel: (count) =>
    `unknown for ${plural(count, 'request')}: an endpoint would have been asked for another model, and nothing is recorded of what it would have answered`,
  guess: 'unknown: another endpoint would have been asked, and nothing is recorded of what it would have answered',
  needsValue: (given) => `--set takes KEY=VALUE, not "${given}"`,
};
