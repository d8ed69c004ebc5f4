/** The operations of the ladder: show it, switch by hand, set its policy. */

import { reason } from '../../../events/reason.ts';
import { priorityStatus } from '../../../machines/priority.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { type PolicyRow, policySettings, type priorityContract } from '../../contract/priority.ts';
import { noEndpoint } from '../../contract/refusals.ts';
import { ladderOf, policyRow } from '../../history/overview.ts';
import { type Installation, profileNamed } from '../../installation/installation.ts';
import { iso } from '../../platform/time.ts';
import { switchRow } from '../../runtime/rows.ts';
import { setSettings } from '../config/operation.ts';
import type { Handlers } from '../handler.ts';
import { setTier } from '../profile/operation.ts';

const historyDefault = 50;

export async function switchByHand(
  installation: Installation,
  { profile, reason: given }: Params<'priority.switch'>,
): Promise<Answer<'priority.switch'>> {
  const { core } = installation;
  const { name, endpoints } = profileNamed(installation, profile);
  if (endpoints.length === 0) throw noEndpoint(name);
  const from = priorityStatus(core.state.priority).active;
  const ask = { type: 'SwitchByHand' as const, to: name, reason: given ?? reason('byHand') };
  const facts = await core.command({ do: 'tellPriority', ask });
  const switched = facts.find(({ type }) => type === 'SwitchedByHand');
  const made = core.state.switches.latest(1)[0];
  if (switched && made?.seq === switched.seq) return switchRow(made);
  return { at: iso(core.state.at), seq: core.state.seq, kind: 'manual', from, to: name, reason: ask.reason };
}

export async function releasePin({ core }: Installation): Promise<Answer<'priority.release'>> {
  const { pinned } = priorityStatus(core.state.priority);
  await core.command({ do: 'tellPriority', ask: { type: 'ReleasePin' } });
  return { released: pinned !== null, active: priorityStatus(core.state.priority).active };
}

export function switchHistory(
  { core }: Installation,
  { limit }: Params<'priority.history'>,
): Answer<'priority.history'> {
  return { switches: core.state.switches.latest(limit ?? historyDefault).map(switchRow) };
}

/** Sets the given values, all or nothing, and returns the resulting policy. */
export async function setPolicy(
  installation: Installation,
  changes: Params<'priority.policy'>,
): Promise<Answer<'priority.policy'>> {
  const wanted = Object.entries(changes).map(
    ([name, value]) => [policySettings[name as keyof PolicyRow], String(value)] as const,
  );
  await setSettings(installation, wanted);
  return policyRow(installation.settings());
}

export const priorityHandlers: Handlers<typeof priorityContract> = {
  'priority.set': setTier,
  'priority.list': ({ core, settings }) => ladderOf(core.state, settings()),
  'priority.switch': switchByHand,
  'priority.release': releasePin,
  'priority.history': switchHistory,
  'priority.policy': setPolicy,
};
