/** The gateway's own errors, in Anthropic's shape: a sentence that says what to do, and what the client may do next. */
import type { Millis } from '../../events/fact.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/roster.ts';
import type { ClientAnswer } from './client.ts';

export interface OwnError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly headers?: readonly string[];
}

const secondMs = 1_000;
// 61 makes the client give up at once (measured).
const retryAfterMax = 60;
// How soon a network that is back is found.
const offlineRetryS = 5;
const sentenceMax = 600;

export function sendError(client: ClientAnswer, error: OwnError, requestId: string): void {
  if (client.headersSent || client.destroyed) {
    client.destroy();
    return;
  }
  const body = Buffer.from(
    JSON.stringify({ type: 'error', error: { type: error.type, message: error.message }, request_id: requestId }),
  );
  client.writeHead(error.status, [
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
    'x-content-type-options',
    'nosniff',
    'cache-control',
    'no-store',
    'x-qcc-request-id',
    requestId,
    ...(error.headers ?? []),
  ]);
  client.end(body);
}

/** 503, never 529: older clients give up on that after two seconds. */
export function nobodyAnswers(
  view: RoutingView,
  within: string | null,
  tried: ReadonlyMap<string, string>,
  now: Millis,
): OwnError {
  const profiles = within === null ? view.ladder : [view.profiles.get(within)].filter((one) => one !== undefined);
  const endpoints = profiles.flatMap((profile) => profile.endpoints);
  const waits = endpoints.flatMap(({ until }) => (until !== null && until > now ? [until - now] : []));
  const nextMs = waits.length > 0 ? Math.min(...waits) : secondMs;
  const soonS = Math.min(retryAfterMax, Math.max(1, Math.ceil(nextMs / secondMs)));
  const retryAfter = view.isOffline ? offlineRetryS : soonS;
  const why = endpoints
    .map((endpoint) => `${endpoint.profile}/${endpoint.name}: ${reason(endpoint, tried, now)}`)
    .join('; ');
  const message =
    endpoints.length === 0
      ? 'qcc: there is no endpoint to ask - run: qcc endpoint add PROFILE'
      : `qcc: ${view.isOffline ? 'this machine has no network' : 'no endpoint can answer'} - ${why.slice(0, sentenceMax)} - run: qcc health status`;
  return { status: 503, type: 'api_error', message, headers: ['retry-after', String(retryAfter)] };
}

function reason(endpoint: RoutableEndpoint, tried: ReadonlyMap<string, string>, now: Millis): string {
  const next =
    endpoint.until !== null && endpoint.until > now
      ? `, again in ${Math.ceil((endpoint.until - now) / secondMs)} s`
      : '';
  const told = tried.get(endpoint.id);
  if (told !== undefined) return `${told}${next}`;
  if (endpoint.state === 'disabled') return 'disabled';
  return `${endpoint.state}${endpoint.because ? ` (${endpoint.because})` : ''}${next}`;
}

export function keyRefused(endpoint: RoutableEndpoint): OwnError {
  const command = `qcc endpoint update ${endpoint.profile} ${endpoint.id} --api-key-stdin`;
  return {
    status: 401,
    type: 'authentication_error',
    message: `qcc: the key of the only endpoint (${endpoint.profile}/${endpoint.name}) was refused - run: ${command}`,
    headers: ['x-should-retry', 'false'],
  };
}
