/** What the log is told of a gateway's life: that it begins, and that it ends. */
import { streams } from '../../events/ids.ts';
import type { Installation } from '../installation/installation.ts';
import { endedInOrder } from '../installation/life.ts';
import { version } from '../platform/version.ts';

/**
 * Says that a life begins, and, when the one before ended without a word, that too. One that ended in order and could not write it
 * down, on a full disk, was not dead.
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
