/**
 * A verification of a log that a gateway has open, by another process and on a frozen copy. It reads every fact: in the gateway, LevelDB's
 * mapped tables and the memory of its threads would stay with the process that serves requests.
 */
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Params } from '../contract/operations.ts';
import { freezeLog } from '../log/frozen-log.ts';
import { LevelLog } from '../log/level-log.ts';
import { verifyLog } from './verify.ts';

export interface FrozenVerification {
  /** The log. */
  readonly dir: string;
  /** Where the copy is made; who asks removes it. */
  readonly folder: string;
  readonly params: Params<'history.verify'>;
}

/** The answer is JSON. @throws {QccError} when the copy was not whole: the gateway has merged tables meanwhile */
export async function verifyFrozen({ dir, folder, params }: FrozenVerification): Promise<string> {
  // Requests go first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const copy = join(folder, 'log');
  freezeLog(dir, copy);
  const log = await LevelLog.open(copy, { beside: true });
  try {
    return JSON.stringify(await verifyLog(log, params));
  } finally {
    await log.close();
  }
}
