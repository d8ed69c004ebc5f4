/** The log repaired by hand: with no gateway around it, and with no installation either, because a damaged log may not open. */
import { existsSync } from 'node:fs';
import { streams } from '../../events/ids.ts';
import { paths } from '../config/home.ts';
import { exitCodes, QccError } from '../errors.ts';
import type { Range } from '../log/damage.ts';
import { repairLog } from '../log/repair.ts';
import { openInstallation } from './installation.ts';
import { answers } from './listening.ts';
import type { Answer } from './operations.ts';

/**
 * Makes a whole log of a damaged one, with no gateway around it; what was lost becomes a fact.
 * @throws {QccError} `QCC_GATEWAY_RUNNING`, `QCC_LOG_LOCKED` while somebody has the log
 */
export async function repairHistory(home: string, now: number): Promise<Answer<'history.repair'>> {
  const { socket, log: dir } = paths(home);
  if (!existsSync(dir)) return { repaired: false, facts: 0, lost: [], kept: null };
  if (await answers(socket))
    throw new QccError(
      'QCC_REPAIR_RUNNING',
      'the log cannot be repaired while the gateway runs',
      'qcc proxy stop',
      exitCodes.conflict,
    );
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const { repaired, facts, lost, kept } = await repairLog(dir, `log.damaged-${stamp}`);
  if (repaired) await tellSalvaged(home, lost, kept ?? '');
  return { repaired, facts, lost: lost.map(([from, to]) => ({ from, to })), kept };
}

async function tellSalvaged(home: string, ranges: readonly Range[], kept: string): Promise<void> {
  const installation = await openInstallation(home);
  try {
    const { core } = installation;
    const fact = { type: 'LogSalvaged', data: { ranges, kept } };
    await core.report(streams.gateway, [fact], { by: 'gateway', sync: true }).done;
    await core.snapshot();
  } finally {
    await installation.close();
  }
}
