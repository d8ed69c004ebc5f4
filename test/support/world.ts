/** A world whose clock stands still until it is told, and whose dice lie where they are put. */
import type { Recorded } from '../../events/fact.ts';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import { streams } from '../../events/ids.ts';
import type { QueuePolicy } from '../../machines/queue-policy.ts';
import type { Log } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { World } from '../../src/platform/clock.ts';
import { Core, type Policies } from '../../src/runtime/core.ts';

export const noon = Date.UTC(2026, 0, 1, 12);

export class FakeWorld implements World {
  at = noon;
  readonly now = () => this.at;
  readonly dice = () => 0.5;

  pass(ms: number): void {
    this.at += ms;
  }
}

export const queuePolicy: QueuePolicy = {
  enabled: true,
  strategy: 'fixed',
  baseDelayMs: 5_000,
  maxDelayMs: 300_000,
  maxRetries: 5,
  ttlMs: 900_000,
  maxSize: 1_000,
  healthAware: true,
};

export const policies: Policies = {
  queue: () => queuePolicy,
  endpoint: () => ({
    maxFailures: 3,
    backoffBaseMs: 10_000,
    backoffMaxMs: 300_000,
    slowStartMs: 60_000,
    credentialIntervalMs: 600_000,
    probing: false,
  }),
  priority: () => ({
    auto: true,
    autoRecovery: true,
    failureThreshold: 3,
    recoveryChecks: 1,
    cooldownMs: 300_000,
    recoveryDelayMs: 60_000,
    maxPerHour: 10,
    healthAware: true,
  }),
};

export const first = '11111111' as EndpointId;
export const second = '22222222' as EndpointId;

export async function openCore<L extends Log = MemoryLog>(given?: L, world = new FakeWorld()) {
  const log = given ?? (new MemoryLog() as unknown as L);
  const core = await Core.open(log, world, () => policies);
  return { core, log, world };
}

/** Two profiles on the ladder, `main` above `spare`, one endpoint each. */
export async function coreWithLadder() {
  const opened = await openCore();
  for (const [profile, tier, endpoint] of [
    ['main', 'primary', first],
    ['spare', 'secondary', second],
  ] as const) {
    opened.core.report(
      streams.profile(profile as ProfileName),
      [
        { type: 'ProfileAdded', data: { name: profile, description: '' } },
        { type: 'TierAssigned', data: { name: profile, tier } },
        { type: 'EndpointAdded', data: endpointSettings(endpoint) },
      ],
      { by: 'cli' },
    );
  }
  return opened;
}

export function endpointSettings(endpoint: EndpointId) {
  return {
    endpoint,
    name: `relay-${endpoint.slice(0, 2)}`,
    baseUrl: 'http://127.0.0.1:1',
    auth: 'x-api-key' as const,
    secret: endpoint,
    maskedKey: 'sk-ant…wxyz',
    weight: 100,
    priority: 1,
    timeoutMs: null,
    maxFailures: 3,
    maxConcurrent: 64,
    allowPlaintext: false,
    source: null,
  };
}

export function attemptFailed(failure: 'unreachable' | 'serverError' | 'credential' = 'serverError') {
  return {
    type: 'AttemptFailed' as const,
    data: {
      failure,
      status: failure === 'unreachable' ? null : 503,
      request: null,
      retryAfterMs: null,
      resetAt: null,
      maybeBilled: false,
      detail: null,
    },
  };
}

export const types = (facts: readonly Recorded[]): readonly string[] => facts.map(({ type }) => type);
