/** The gateway's own errors, in Anthropic's shape: a sentence that says what to do, and what the client may do next. */
import type { Millis } from '../../../events/fact.ts';
import type { ReasonOrWord } from '../../../events/reason.ts';
import { secondMs } from '../../../events/units.ts';
import type { Reason } from '../../../machines/failover-commands.ts';
import { isModelExcluded, lackedUntil } from '../../../machines/model-map.ts';
import type { RoutableEndpoint, RoutingView } from '../../../machines/routing-view.ts';
import { reasonText } from '../../messages/reasons.ts';
import { visible } from '../../platform/visible.ts';
import type { ClientAnswer } from '../request/client.ts';
import type { Outcome } from './outcome.ts';

/** What an endpoint said, or did, instead of answering. */
export type Refusal = Extract<Outcome, { kind: 'failed' }>;

export interface OwnError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** As Anthropic puts it into `error.details`. */
  readonly code?: string;
  readonly headers?: readonly string[];
}

// 61 makes the client give up at once (measured).
const retryAfterMax = 60;
// How soon a network that is back is found.
const offlineRetryS = 5;
const sentenceMax = 600;
const nameMax = 128;

/**
 * @param leavesOpen all of it goes out, and its connection stays until the function that comes back is called
 */
export function sendError(client: ClientAnswer, error: OwnError, requestId: string, leavesOpen = false): () => void {
  if (client.headersSent || client.destroyed) {
    client.destroy();
    return nothing;
  }
  const { type, message, code } = error;
  const told = code === undefined ? { type, message } : { type, message, details: { error_code: code } };
  const body = Buffer.from(JSON.stringify({ type: 'error', error: told, request_id: requestId }));
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
  if (!leavesOpen) {
    client.end(body);
    return nothing;
  }
  client.write(body);
  // Now: what still comes of the request may be what ends the connection.
  client.socket?.uncork();
  return () => void client.end();
}

const nothing = () => {};

interface Asking {
  readonly view: RoutingView;
  readonly within: string | null;
  readonly model: string | null;
  /** What each of those that were asked has said, in words. */
  readonly told: ReadonlyMap<string, ReasonOrWord>;
  readonly now: Millis;
}

/** No endpoint answered, and none said what the client must see; with the reason for the log. */
export function ownError(
  asking: Asking,
  reason: Exclude<Reason, { kind: 'told' }>,
  { item, isFull }: { readonly item: string | null; readonly isFull: boolean },
): { readonly error: OwnError; readonly because: string } {
  if (reason.kind === 'missing') return { error: nobodyCounts, because: 'refused' };
  if (reason.kind === 'threadElsewhere') return { error: threadLost, because: 'refused' };
  if (reason.kind === 'modelNowhere') return { error: modelNowhere(asking), because: 'modelNowhere' };
  const isRefused = reason.kind === 'keyRefused';
  const plain = isRefused ? keyRefused(reason.endpoint) : nobodyAnswers(asking);
  const error = item === null ? plain : kept(plain, item);
  return { error: isFull ? queueFull(error) : error, because: isRefused ? 'credential' : 'nobodyAnswers' };
}

/** Names a profile that an endpoint can be added to; without any profile, the set-up. */
export function lacksEndpoint(profile: string | undefined): string {
  return profile === undefined
    ? 'qcc: there is no endpoint to ask - run: qcc init'
    : `qcc: profile ${profile} has no endpoint to ask - run: qcc endpoint add ${profile}`;
}

/** 503, never 529: older clients give up on that after two seconds. */
function nobodyAnswers(asking: Asking): OwnError {
  const { view, within, now } = asking;
  const profiles = within === null ? view.ladder : [view.profiles.get(within)].filter((one) => one !== undefined);
  const endpoints = profiles.flatMap((profile) => profile.endpoints);
  const waits = endpoints.flatMap(({ until }) => (until !== null && until > now ? [until - now] : []));
  const nextMs = waits.length > 0 ? Math.min(...waits) : secondMs;
  const soonS = Math.min(retryAfterMax, Math.max(1, Math.ceil(nextMs / secondMs)));
  const retryAfter = view.isOffline ? offlineRetryS : soonS;
  const why = endpoints
    .map((endpoint) => `${endpoint.profile}/${endpoint.name}: ${reason(endpoint, asking)}`)
    .join('; ');
  const message =
    endpoints.length === 0
      ? lacksEndpoint(profiles[0]?.name ?? [...view.profiles.keys()][0])
      : `qcc: ${view.isOffline ? 'this machine has no network' : 'no endpoint can answer'} - ${why.slice(0, sentenceMax)} - run: qcc health status`;
  return { status: 503, type: 'api_error', message, headers: ['retry-after', String(retryAfter)] };
}

/** What could not be answered waits in the queue: its id, for who wants to know what becomes of it. */
function kept(error: OwnError, item: string): OwnError {
  return {
    ...error,
    message: `${error.message} - it stays in the queue: qcc queue show ${item}`,
    headers: [...(error.headers ?? []), 'x-qcc-queue-item', item],
  };
}

function queueFull(error: OwnError): OwnError {
  return { ...error, message: `${error.message} - and the queue is full: qcc queue status` };
}

function reason(endpoint: RoutableEndpoint, { model, told, now }: Asking): string {
  const next =
    endpoint.until !== null && endpoint.until > now
      ? `, again in ${Math.ceil((endpoint.until - now) / secondMs)} s`
      : '';
  const said = told.get(endpoint.id);
  if (said !== undefined) return `${reasonText(said, 'en')}${next}`;
  if (endpoint.state === 'disabled') return 'disabled';
  const because = endpoint.because ? ` (${endpoint.because})` : '';
  if (isModelExcluded(endpoint, model)) return 'does not have the model, by its table of models';
  return `${endpoint.state}${because}${next}${lacking(endpoint, model, now)}`;
}

/** The client knows which model it asked for. */
function lacking(endpoint: RoutableEndpoint, model: string | null, now: Millis): string {
  const until = lackedUntil(endpoint, model, now);
  return until === null
    ? ''
    : `, has said that it lacks the model, believed for ${Math.ceil((until - now) / secondMs)} s`;
}

/** What the API says of a model that it does not have: the client then speaks of the model, and not of its network. */
function modelNowhere({ model, within }: Asking): OwnError {
  const name = visible(model ?? '').slice(0, nameMax);
  const where = within === null ? '' : ` of ${within}`;
  return {
    status: 404,
    type: 'not_found_error',
    message: `qcc: model: ${name} - no endpoint${where} has it, by their tables of models - run: qcc route --model '${name}'`,
  };
}

/** A page in the place of a count says nothing to its reader: the client is told what it means. */
const nobodyCounts: OwnError = {
  status: 404,
  type: 'not_found_error',
  message: 'qcc: no endpoint counts tokens - run: qcc health status',
};

/** By this code the client knows that it has to send the whole conversation, and does so at once. */
const threadLost: OwnError = {
  status: 400,
  type: 'invalid_request_error',
  code: 'thread_unsupported_request',
  message:
    'qcc: the endpoint that has this thread cannot be asked (thread_unsupported_request); send the whole conversation',
};

function keyRefused(endpoint: RoutableEndpoint): OwnError {
  const command = `qcc endpoint update ${endpoint.profile} ${endpoint.id} --api-key-stdin`;
  return {
    status: 401,
    type: 'authentication_error',
    message: `qcc: the key of the only endpoint (${endpoint.profile}/${endpoint.name}) was refused - run: ${command}`,
    headers: ['x-should-retry', 'false'],
  };
}

export function passVerbatim(client: ClientAnswer, { head, body }: Refusal, extra: readonly string[]): void {
  if (!head || client.headersSent) {
    client.destroy();
    return;
  }
  client.sendDate = false;
  const pairs: string[] = [];
  for (let i = 0; i < head.pairs.length; i += 2) {
    if (head.pairs[i]?.toLowerCase() !== 'x-should-retry' || !extra.includes('x-should-retry'))
      pairs.push(head.pairs[i] as string, head.pairs[i + 1] as string);
  }
  client.writeHead(head.status, [...pairs, 'content-length', String(body.length), ...extra]);
  client.end(body);
}
