/** The state at any past moment: the nearest snapshot before it, and the facts from there on. */
import { effective, type Settings } from '../config/settings/settings.ts';
import type { Moment } from '../contract/moment.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { foldLog } from '../runtime/fold-log.ts';
import type { State } from '../runtime/state.ts';

/**
 * The last fact of a moment: what was recorded at that instant belongs to it.
 * @throws {QccError} `QCC_HISTORY_UNKNOWN` for what the log has not come to, `QCC_HISTORY_TRIMMED` for what it keeps no more
 */
export async function seqOfMoment(log: ReadableLog, moment: Moment): Promise<number> {
  const seq = 'seq' in moment ? moment.seq : (await log.seqAt(moment.at + 1)) - 1;
  const told = 'seq' in moment ? `#${moment.seq}` : iso(moment.at);
  if (seq > log.head)
    throw new QccError(
      'QCC_HISTORY_UNKNOWN',
      `the history has come to #${log.head}, not to ${told}`,
      'qcc history --limit 1',
      exitCodes.notFound,
      { moment: told, head: log.head },
    );
  // The snapshot that a trimmed log begins with is of the fact before its first.
  if (seq < log.tail - 1)
    throw new QccError(
      'QCC_HISTORY_TRIMMED',
      `the log keeps nothing of ${told} any more: it begins with #${log.tail}`,
      'qcc config get history.retention_days',
      exitCodes.notFound,
      { moment: told, tail: log.tail },
    );
  return seq;
}

/** @throws {QccError} as `seqOfMoment`, also where the log was trimmed and no snapshot of then is left */
export async function stateAt(log: ReadableLog, seq: number): Promise<State> {
  await seqOfMoment(log, { seq });
  const state = await foldLog(log, seq);
  if (log.tail > 1 && state.restoredSeq < log.tail - 1)
    throw new QccError(
      'QCC_HISTORY_TRIMMED',
      `the log keeps no snapshot that #${seq} could be folded from: it begins with #${log.tail}`,
      'qcc config get history.retention_days',
      exitCodes.notFound,
      { moment: `#${seq}`, tail: log.tail },
    );
  return state;
}

/** As they were set then. What an environment had put over them is in no fact. */
export function settingsThen(state: State): Settings {
  return effective(state.settings, {}).settings;
}
