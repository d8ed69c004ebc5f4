/**
 * What an answer's head tells of the plan behind an endpoint's key: how much of each window is used, and when it begins anew. Behind a
 * gateway Claude Code does not show it, so `qcc statusline` does.
 */

import type { Millis } from '../../events/fact.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { ProxyPorts } from './ports.ts';
import type { Head } from './upstream/headers.ts';

export interface PlanWindow {
  /** As the vendor names it: `5h`, `7d`. */
  readonly name: string;
  /** From 0 to 1, and above where the plan lets more pass. */
  readonly used: number;
  readonly resetAt: Millis | null;
}

const windows = ['5h', '7d'] as const;
const prefix = 'anthropic-ratelimit-unified';
const secondMs = 1_000;

type Told = Pick<ProxyPorts, 'limitsSeen' | 'planSeen'>;

/** One look at the head, where it tells nothing of a plan. */
export function tellLimits(ports: Told, { id, state }: RoutableEndpoint, head: Pick<Head, 'get'>): void {
  const status = head.get(`${prefix}-status`);
  if (status === null) return;
  ports.planSeen(id, planIn(head));
  if (state !== 'healthy' || status !== 'allowed_warning') return;
  ports.limitsSeen(id, { status, resetAt: resetOf(head.get(`${prefix}-reset`)) });
}

function planIn(head: Pick<Head, 'get'>): readonly PlanWindow[] {
  return windows.flatMap((name) => {
    const told = head.get(`${prefix}-${name}-utilization`);
    const used = told === null || told.trim() === '' ? Number.NaN : Number(told);
    if (!Number.isFinite(used) || used < 0) return [];
    return [{ name, used, resetAt: resetOf(head.get(`${prefix}-${name}-reset`)) }];
  });
}

function resetOf(told: string | null): Millis | null {
  const seconds = Number(told);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * secondMs : null;
}
