/** The state at any past moment: the nearest snapshot before it, and the facts from there on. */
import { effective, type Settings } from '../config/settings/settings.ts';
import type { Moment } from '../contract/moment.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { foldLog } from '../runtime/fold-log.ts';
import type { State } from '../runtime/state.ts';
import { foldNear } from './kept-states.ts';

/**
 * The last fact of a moment: facts recorded at that instant are included.
 * @throws {QccError} `QCC_HISTORY_UNKNOWN` for a moment that the log has not reached, `QCC_HISTORY_TRIMMED` for one that it no longer keeps
 */
export async function seqOfMoment(log: ReadableLog, moment: Moment): Promise<number> {
  const seq = 'seq' in moment ? moment.seq : (await log.seqAt(moment.at + 1)) - 1;
  const told = 'seq' in moment ? `#${moment.seq}` : iso(moment.at);
  if (seq > log.head) throw new QccError('QCC_HISTORY_UNKNOWN', { moment: told, head: log.head }, exitCodes.notFound);
  // A trimmed log begins with a snapshot that was taken at the fact before its first.
  if (seq < log.tail - 1)
    throw new QccError(
      'QCC_HISTORY_TRIMMED',
      {
        moment: told,
        tail: log.tail,
        lacksSnapshot: 0,
      },
      exitCodes.notFound,
    );
  return seq;
}

/** @throws {QccError} as `seqOfMoment`, also when the log was trimmed and no snapshot of that time is left */
export async function stateAt(log: ReadableLog, seq: number): Promise<State> {
  await seqOfMoment(log, { seq });
  return (await foldNear(log, seq)) ?? (await foldedAt(log, seq));
}

/** The same, always from a snapshot of the log: its drift is that of the facts since then. @throws {QccError} as `stateAt` */
export async function foldedAt(log: ReadableLog, seq: number): Promise<State> {
  await seqOfMoment(log, { seq });
  const state = await foldLog(log, seq);
  if (log.tail > 1 && state.restoredSeq < log.tail - 1)
    throw new QccError(
      'QCC_HISTORY_TRIMMED',
      {
        moment: `#${seq}`,
        tail: log.tail,
        lacksSnapshot: 1,
      },
      exitCodes.notFound,
    );
  return state;
}

/** As they were set then. No fact records the environment's overrides. */
export function settingsThen(state: State): Settings {
  return effective(state.settings, {}).settings;
}
