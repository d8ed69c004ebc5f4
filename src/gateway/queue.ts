/** The retry queue, bound to the core. It first corrects what another life of the gateway left in progress. */
import type { QueuedRequest } from '../../events/queue.ts';
import { secondMs } from '../../events/units.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import type { TokenStanding } from '../../machines/queue-policy.ts';
import type { Budgets } from '../commands/token/budgets.ts';
import type { Installation } from '../installation/installation.ts';
import { queuePolicy } from '../policies/policies.ts';
import { openRetryPool } from '../pool/pool.ts';
import { tokenState } from '../projections/tokens.ts';
import { Background } from '../retry-queue/background.ts';
import { RetryQueue } from '../retry-queue/retry-queue.ts';
import { proxyPorts } from './ports.ts';

/** @param epoch identifies this life of the gateway: results of another life do not count */
export async function openQueue(
  installation: Installation,
  monitor: Parameters<typeof proxyPorts>[1],
  epoch: string,
  budgets: Budgets,
): Promise<RetryQueue> {
  const { core, settings, world } = installation;
  const blobs = await installation.blobs();
  const background = new Background({ ...proxyPorts(installation, monitor, null), blobs, pool: openRetryPool() });
  const retryQueue = new RetryQueue(
    {
      epoch,
      blobs,
      queue: () => core.state.queue,
      tell: (id, ask, sync) => core.tellQueue(id, ask, { by: 'retry', sync }),
      onFacts: (listener) => core.onFacts(listener),
      view: () => core.view(),
      policy: () => queuePolicy(settings()),
      parkMs: () => settings()['queue.hold'] * secondMs,
      now: () => core.now(),
      dice: world.dice,
      isOnline: () => gatewayStatus(core.state.gateway).state !== 'offline',
      tokenStanding: (asked) => standingOf(installation, budgets, asked),
    },
    background,
  );
  await retryQueue.recover();
  return retryQueue;
}

function standingOf(
  { core }: Pick<Installation, 'core'>,
  budgets: Budgets,
  asked: Pick<QueuedRequest, 'token' | 'tokenAt'>,
): TokenStanding {
  if (asked.token === undefined) return 'holds';
  const known = core.state.tokens.holder(asked);
  const state = known ? tokenState(known, core.now()) : 'revoked';
  if (!known || state === 'revoked') return 'ended';
  if (state === 'expired') return 'expired';
  return budgets.exhausted(known) ? 'spent' : 'holds';
}
