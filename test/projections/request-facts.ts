/** Facts of requests and endpoints, as the projections are told them. */
import type { Fact, Recorded } from '../../events/fact.ts';
import type { QueueFact } from '../../events/queue.ts';
import type { Attempt, RequestFact, Served } from '../../events/request.ts';

export const noon = Date.UTC(2026, 0, 1, 12);
export const one = '11111111';
export const two = '22222222';

/** The envelope of a fact; what the projections here do not look at stands still. */
function recorded(stream: string, { type, data }: Fact, at: number): Recorded {
  return { seq: 1, at, stream, version: 1, id: 'f', type, v: 1, data, cause: null, by: 'traffic' };
}

export const inRequest = (fact: RequestFact, at = noon): Recorded => recorded('request/r', fact, at);
export const inQueue = (fact: QueueFact, at = noon): Recorded => recorded('queue/q', fact, at);
export const atEndpoint = (endpoint: string, fact: Fact, at = noon): Recorded =>
  recorded(`endpoint/${endpoint}`, fact, at);

export function attempt(
  endpoint: string,
  outcome: Attempt['outcome'] = 'answered',
  ttfbMs: number | null = outcome === 'answered' ? 200 : null,
): Attempt {
  const status = outcome === 'answered' ? 200 : null;
  return { endpoint, at: noon, outcome, status, ttfbMs, because: 'priority' };
}

/** How a request to `one` ended, unless it is said otherwise. */
export function ended(more: Partial<Served> = {}): Served {
  return {
    session: null,
    model: 'claude-test',
    stream: true,
    path: '/v1/messages',
    within: null,
    attempts: [attempt(more.endpoint ?? one)],
    status: 200,
    durationMs: 900,
    view: 1,
    endpoint: one,
    profile: 'main',
    ttfbMs: 200,
    ttftMs: 300,
    bytes: 1_000,
    usage: { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 },
    ...more,
  };
}

export function served(more: Partial<Served> = {}, at = noon): Recorded {
  return inRequest({ type: 'RequestServed', data: ended(more) }, at);
}

/** A request that no endpoint could answer. */
export function failedAt(endpoint: string, outcome: Attempt['outcome'], at = noon): Recorded {
  const data = { ...ended({ attempts: [attempt(endpoint, outcome)] }), because: String(outcome) };
  return inRequest({ type: 'RequestFailed', data }, at);
}
