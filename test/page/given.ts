/** States of the page, as tests need them. */
import type { PageEndpoint, PageState } from '../../src/contract/dashboard.ts';

export const noon = Date.UTC(2026, 0, 1, 12);
const at = new Date(noon).toISOString();

export function endpointOf(id: string, more: Partial<PageEndpoint> = {}): PageEndpoint {
  return {
    id,
    name: id,
    profile: 'work',
    state: 'healthy',
    seen: 'answering',
    since: at,
    until: null,
    because: null,
    successRate: null,
    recentSuccessRate: null,
    avgResponseMs: null,
    p95ResponseMs: null,
    stability: null,
    consecutiveFailures: 0,
    consecutiveSuccesses: 0,
    lastCheckAt: null,
    lastError: null,
    weight: 100,
    effectiveWeight: 100,
    lacks: [],
    countsNotUntil: null,
    tooLarge: null,
    next: [],
    nextProbe: { at: null, depth: null, because: null },
    baseUrl: 'http://127.0.0.1:1',
    priority: 1,
    enabled: true,
    maxFailures: 3,
    maxConcurrent: 10,
    timeoutMs: null,
    available: (more.state ?? 'healthy') !== 'failed' && more.state !== 'disabled',
    heard: null,
    held: false,
    ramp: 1,
    ...more,
  };
}

export function stateOf(endpoints: readonly PageEndpoint[]): PageState {
  return {
    seq: 10,
    at,
    now: at,
    network: 'online',
    notReady: [],
    ladder: {
      active: 'work',
      state: 'healthy',
      pinned: null,
      tiers: { primary: ['work'], secondary: [], fallback: [] },
      policy: {
        autoFailover: true,
        autoRecovery: true,
        failureThreshold: 3,
        recoveryChecks: 3,
        cooldownS: 0,
        recoveryDelayS: 0,
        maxPerHour: 10,
      },
      held: null,
      recovery: null,
    },
    profiles: [{ name: 'work', tier: 'primary', active: true, pinned: false, isOnLadder: true, endpoints }],
    queue: {
      waiting: 0,
      retrying: 0,
      answered: 0,
      dead: 0,
      unknown: 0,
      cancelled: 0,
      enabled: true,
      size: 0,
      bytes: 0,
      oldestAt: null,
      totals: { enqueued: 0, retried: 0, succeeded: 0, died: 0, dropped: 0 },
    },
    strategy: 'weighted',
    live: null,
    running: [],
  };
}
