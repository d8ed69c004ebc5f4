/** The operations of profiles. */

import type { Fact } from '../../../events/fact.ts';
import { parseProfileName, streams } from '../../../events/ids.ts';
import { isReserved } from '../../contract/fields.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import type { profileContract } from '../../contract/profile.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { badName, type Installation, profileNamed } from '../../installation/installation.ts';
import { keysOf, withKeys } from '../../installation/keys.ts';
import { profileRow } from '../../runtime/rows.ts';
import { newEndpoint } from '../endpoint/operation.ts';
import type { Handlers } from '../handler.ts';

export async function addProfile(
  installation: Installation,
  params: Params<'profile.add'>,
): Promise<Answer<'profile.add'>> {
  const { core } = installation;
  const name = parseProfileName(params.name);
  if (name === undefined || isReserved(name)) throw badName(params.name);
  if (core.state.profiles.get(name)) {
    throw new QccError('QCC_PROFILE_EXISTS', { name }, exitCodes.conflict);
  }
  const endpoint = params.endpoint ? newEndpoint(installation, params.endpoint, []) : undefined;
  const facts: Fact[] = [{ type: 'ProfileAdded', data: { name, description: params.description ?? '' } }];
  if (params.tier) facts.push({ type: 'TierAssigned', data: { name, tier: params.tier } });
  if (endpoint) facts.push(endpoint.fact);
  // The key is on the disk before the fact that names it: a crash between the two leaves an unused key, not an endpoint without a key.
  const put = endpoint ? ([[endpoint.id, endpoint.key]] as const) : [];
  await withKeys(installation, { put }, () => core.command({ do: 'report', stream: streams.profile(name), facts }));
  return profileRow(core.state, profileNamed(installation, name));
}

export function listProfiles({ core: { state } }: Installation): Answer<'profile.list'> {
  return { profiles: state.profiles.all().map((profile) => profileRow(state, profile)) };
}

export async function makeDefault(
  installation: Installation,
  { name }: Params<'profile.default'>,
): Promise<Answer<'profile.default'>> {
  const { core } = installation;
  const profile = profileNamed(installation, name);
  if (core.state.profiles.default !== profile.name) {
    const fact = { type: 'ProfileMadeDefault', data: { name } };
    await core.command({ do: 'report', stream: streams.profile(profile.name), facts: [fact] });
  }
  return profileRow(core.state, profileNamed(installation, name));
}

export async function describeProfile(
  installation: Installation,
  { name, description }: Params<'profile.describe'>,
): Promise<Answer<'profile.describe'>> {
  const { core } = installation;
  const profile = profileNamed(installation, name);
  if (profile.description !== description) {
    const fact = { type: 'ProfileDescribed', data: { name, description } };
    await core.command({ do: 'report', stream: streams.profile(profile.name), facts: [fact] });
  }
  return profileRow(core.state, profileNamed(installation, name));
}

export async function removeProfile(
  installation: Installation,
  { name }: Params<'profile.remove'>,
): Promise<Answer<'profile.remove'>> {
  const { core } = installation;
  const profile = profileNamed(installation, name);
  const row = profileRow(core.state, profile);
  const fact = { type: 'ProfileRemoved', data: { name } };
  const command = { do: 'report', stream: streams.profile(profile.name), facts: [fact] } as const;
  await withKeys(installation, { remove: keysOf(installation, profile.endpoints) }, () => core.command(command));
  return row;
}

export async function setTier(
  installation: Installation,
  { profile, tier }: Params<'priority.set'>,
): Promise<Answer<'priority.set'>> {
  const known = profileNamed(installation, profile);
  // Setting the same tier again moves the profile to the end of the tier; if it is the last one already, nothing changes.
  const last = tier === null ? known : installation.core.state.profiles.tier(tier).at(-1);
  if (known.tier === tier && last?.name === known.name) return { profile, tier };
  const fact = { type: 'TierAssigned', data: { name: profile, tier } };
  await installation.core.command({ do: 'report', stream: streams.profile(known.name), facts: [fact] });
  return { profile, tier };
}

export const profileHandlers: Handlers<typeof profileContract> = {
  'profile.add': addProfile,
  'profile.list': listProfiles,
  'profile.default': makeDefault,
  'profile.describe': describeProfile,
  'profile.remove': removeProfile,
};
