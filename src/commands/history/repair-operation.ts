/** Manual repair of the log: without a running gateway, and without an opened installation, because a damaged log may not open. */
import { existsSync, renameSync } from 'node:fs';
import { paths } from '../../config/files/home.ts';
import type { RepairAnswer } from '../../contract/history.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { hadFacts, openInstallation } from '../../installation/installation.ts';
import { repairLog } from '../../log/repair.ts';
import { answers } from '../../platform/listening.ts';
import { stampOf } from '../../platform/time.ts';

/**
 * Rebuilds a whole log from a damaged one, without a running gateway; the loss is recorded as a fact. If the log is missing, it begins
 * anew.
 * @throws {QccError} `QCC_GATEWAY_RUNNING`, `QCC_LOG_LOCKED` while another process has the log open
 */
export async function repairHistory(home: string, now: number): Promise<RepairAnswer> {
  const { socket, log: dir, bodies } = paths(home);
  if (!existsSync(home)) return { repaired: false, facts: 0, lost: [], kept: null };
  if (await answers(socket)) throw new QccError('QCC_REPAIR_RUNNING', {}, exitCodes.conflict);
  const stamp = stampOf(now);
  const { repaired, facts, lost, kept } = await repairLog(dir, `log.damaged-${stamp}`, hadFacts(home));
  // No remaining fact names these files, and the next start would remove them. They are set aside with the damaged log, so that they are
  // useful again if it is recovered.
  if (repaired && facts === 0 && existsSync(bodies)) renameSync(bodies, `${bodies}.kept-${stamp}`);
  // The next process that opens the log reports the loss.
  if (repaired) await (await openInstallation(home)).close();
  return { repaired, facts, lost: lost.map(([from, to]) => ({ from, to })), kept };
}
