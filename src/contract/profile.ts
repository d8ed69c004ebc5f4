/** The contract of profiles. */
import * as v from 'valibot';
import type { Tier } from '../../events/profile.ts';
import { endpointOptions } from './endpoint.ts';
import { kept, name, newName, nothing, optional, sentenceMax, tier } from './fields.ts';
import { asks, changes, changesWhatIs } from './operation.ts';

export interface ProfileRow {
  readonly name: string;
  readonly description: string;
  readonly tier: Tier | null;
  readonly default: boolean;
  readonly active: boolean;
  readonly endpoints: number;
  readonly createdAt: string;
}

export const profileContract = {
  'profile.add': changes(
    'never',
    v.strictObject({
      name: newName,
      description: optional(kept(sentenceMax)),
      tier: optional(tier),
      endpoint: optional(v.strictObject(endpointOptions)),
    }),
  ).answers<ProfileRow>(),
  'profile.list': asks('read', nothing).answers<{ readonly profiles: readonly ProfileRow[] }>(),
  'profile.default': changesWhatIs('write', v.strictObject({ name })).answers<ProfileRow>(),
  'profile.describe': changesWhatIs(
    'write',
    v.strictObject({ name, description: kept(sentenceMax) }),
  ).answers<ProfileRow>(),
  'profile.remove': changesWhatIs('write', v.strictObject({ name })).answers<ProfileRow>(),
};
