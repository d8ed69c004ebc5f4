/** Records of a gateway's life in the log: its beginning and its end. */
import { streams } from '../../events/ids.ts';
import type { Installation } from '../installation/installation.ts';
import { endedInOrder } from '../installation/life.ts';
import { version } from '../platform/version.ts';

/**
 * Records that a life begins and, when the previous one ended without a record, that too. A life that ended in order but could not record
 * it, on a full disk, does not count as killed.
 */
export async function tellStart(
  { core, paths: { run } }: Installation,
  { url, epoch, lastAt }: { readonly url: string; readonly epoch: string; readonly lastAt: number },
): Promise<number | null> {
  const { gatewayState, gatewayEpoch } = core.state;
  const end = endedInOrder(run, gatewayEpoch)
    ? { type: 'GatewayStopped', data: { reason: 'asked' } }
    : { type: 'GatewayFoundDead', data: { epoch: gatewayEpoch, certainUntil: lastAt } };
  const dead = gatewayState === 'stopped' ? [] : [end];
  const started = { type: 'GatewayStarted', data: { version, url, pid: process.pid, epoch } };
  await core.report(streams.gateway, [...dead, started], { by: 'gateway', sync: true }).done;
  return dead[0]?.type === 'GatewayFoundDead' ? lastAt : null;
}

export function tellStop({ core }: Installation, reason: 'asked' | 'failed'): Promise<void> {
  const stopped = { type: 'GatewayStopped', data: { reason } };
  return core.report(streams.gateway, [stopped], { by: 'gateway', sync: true }).done;
}
