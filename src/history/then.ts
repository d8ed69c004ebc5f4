/** `--at`: every machine, the ladder, weights and settings at a moment. */

import { priorityStatus } from '../../machines/priority.ts';
import type { ThenProfile } from '../contract/history.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import type { State } from '../runtime/state.ts';
import { machineRows, machinesAbout } from './machines.ts';
import { foldedAt, seqOfMoment, settingsThen } from './moment.ts';

/** @throws {QccError} for a moment that the log has not reached, or no longer keeps */
export async function showThen(
  log: ReadableLog,
  { moment, about }: Params<'history.at'>,
): Promise<Answer<'history.at'>> {
  const seq = await seqOfMoment(log, moment);
  const state = await foldedAt(log, seq);
  return {
    at: iso('at' in moment ? moment.at : state.at),
    seq,
    active: priorityStatus(state.priority).active,
    machines: machinesAbout(machineRows(state, settingsThen(state), []), about),
    profiles: profilesThen(state),
    settings: Object.fromEntries(state.settings),
    drift: state.drift,
  };
}

function profilesThen(state: State): readonly ThenProfile[] {
  return state.profiles.all().map(({ name, tier, endpoints }) => ({
    name,
    tier,
    endpoints: endpoints.map(({ id, name: called, priority, weight, effectiveWeight }) => ({
      id,
      name: called,
      priority,
      weight,
      effectiveWeight,
    })),
  }));
}
