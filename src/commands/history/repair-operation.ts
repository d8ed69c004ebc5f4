/** The log repaired by hand: with no gateway around it, and with no installation either, because a damaged log may not open. */
import { existsSync, renameSync } from 'node:fs';
import { paths } from '../../config/files/home.ts';
import type { RepairAnswer } from '../../contract/history.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { hadFacts, openInstallation } from '../../installation/installation.ts';
import { repairLog } from '../../log/repair.ts';
import { answers } from '../../platform/listening.ts';
import { stampOf } from '../../platform/time.ts';

/**
 * Makes a whole log of a damaged one, with no gateway around it; what was lost becomes a fact. Where the log is gone, it begins anew.
 * @throws {QccError} `QCC_GATEWAY_RUNNING`, `QCC_LOG_LOCKED` while somebody has the log
 */
export async function repairHistory(home: string, now: number): Promise<RepairAnswer> {
  const { socket, log: dir, bodies } = paths(home);
  if (!existsSync(home)) return { repaired: false, facts: 0, lost: [], kept: null };
  if (await answers(socket))
    throw new QccError(
      'QCC_REPAIR_RUNNING',
      'the log cannot be repaired while the gateway runs',
      'qcc proxy stop',
      exitCodes.conflict,
    );
  const stamp = stampOf(now);
  const { repaired, facts, lost, kept } = await repairLog(dir, `log.damaged-${stamp}`, hadFacts(home));
  // No fact that is left names them, and the next start would sweep them away: with the log, should it come back, they count again.
  if (repaired && facts === 0 && existsSync(bodies)) renameSync(bodies, `${bodies}.kept-${stamp}`);
  // Whoever opens it tells what was lost.
  if (repaired) await (await openInstallation(home)).close();
  return { repaired, facts, lost: lost.map(([from, to]) => ({ from, to })), kept };
}
