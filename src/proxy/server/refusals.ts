/** What the data port refuses by itself, and how: the client sees the answer, also where it still sends its body. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RoutingView } from '../../../machines/routing-view.ts';
import type { Incoming } from '../driver.ts';
import type { Unread } from '../request/body.ts';
import { lacksEndpoint, type OwnError, sendError } from '../response/refusal.ts';
import type { Target } from '../upstream/target.ts';

// After a 413 the rest is read for so long, or the client would see a reset instead of the answer.
const lingerMs = 2_000;

/** What is not there, for programs. */
const lackingHeader = 'x-qcc-lacking';

export const closes = ['connection', 'close'];

type Asking = Pick<Incoming, 'request' | 'head' | 'client' | 'id'>;

export const tooManyClients: OwnError = {
  status: 503,
  type: 'api_error',
  message: 'qcc: as many clients are connected as there may be - run: qcc proxy status',
  headers: ['retry-after', '2'],
};

export const backlogFull: OwnError = {
  status: 503,
  type: 'api_error',
  message: 'qcc: too many requests wait already - run: qcc proxy status',
  headers: ['retry-after', '2'],
};

export const noFiles: OwnError = {
  status: 503,
  type: 'api_error',
  message: 'qcc: no open files are left on this machine - run: qcc proxy status',
  headers: ['retry-after', '2'],
};

const noMemory: OwnError = {
  status: 503,
  type: 'api_error',
  message: 'qcc: too many large requests at once - try again in a moment',
  headers: ['retry-after', '2'],
};

const tooLarge: OwnError = {
  status: 413,
  type: 'request_too_large',
  message: 'qcc: the request is larger than 32 MiB',
};

/** Why a body was not read, for its client. */
export function unreadError(why: Exclude<Unread, 'gone'>): OwnError {
  return why === 'tooLarge' ? tooLarge : noMemory;
}

/** A profile that is asked for by name, and is not there. */
export function lacksProfile(name: string | null, { profiles }: RoutingView): OwnError | undefined {
  if (name === null || profiles.has(name)) return undefined;
  return {
    status: 404,
    type: 'not_found_error',
    message: `qcc: there is no profile "${name}" - run: qcc list`,
    headers: [lackingHeader, 'profile'],
  };
}

/** Why a request cannot go to the profile that its path names. Who asks before the first one is told of one without endpoints, too. */
export function lackingIn(target: Target, view: RoutingView): OwnError | undefined {
  if (target.kind === 'forward') return lacksProfile(target.within, view);
  if (target.kind !== 'profile') return undefined;
  const { within: name } = target;
  const lost = lacksProfile(name, view);
  if (lost || view.profiles.get(name)?.endpoints.length !== 0) return lost;
  const message = lacksEndpoint(name);
  return { status: 404, type: 'not_found_error', message, headers: [lackingHeader, 'endpoint'] };
}

export function faultOf(error: unknown): OwnError {
  const why = error instanceof Error ? error.message : 'unknown';
  return {
    status: 500,
    type: 'api_error',
    message: `qcc: a fault of the gateway itself (${why}) - run: qcc proxy logs`,
  };
}

export class Refusals {
  /** Of these nothing more is taken: what comes on them, behind a body that was not read, is no request. */
  readonly #finished = new WeakSet<object>();

  /** Whether the last request of this connection has come already. */
  isLast(socket: object): boolean {
    return this.#finished.has(socket);
  }

  /**
   * An offer, which may be ignored (RFC 9110 §7.8): the request is answered as any other, as the last one of its connection, because
   * node:http's parser drops what came together with it.
   */
  ignoreUpgrade(request: IncomingMessage, client: ServerResponse): void {
    this.takeNoMore(request.socket);
    client.shouldKeepAlive = false;
  }

  takeNoMore(socket: object): void {
    this.#finished.add(socket);
  }

  /**
   * The answer goes out at once. Where a body was announced, the rest of it is read and dropped for a moment, so that the client
   * sees the answer; and nothing more is taken of this connection, because where that body ends is its word alone.
   */
  send({ request, head, client, id }: Asking, error: OwnError, isLast = false): void {
    const hasMore = head.hasBody && !request.complete;
    if (request.socket && (isLast || hasMore)) this.takeNoMore(request.socket);
    const headers = isLast || hasMore ? [...(error.headers ?? []), ...closes] : error.headers;
    const end = sendError(client, { ...error, ...(headers && { headers }) }, id, hasMore);
    if (!hasMore) {
      request.resume();
      return;
    }
    const timer = setTimeout(() => request.destroy(), lingerMs);
    const over = () => {
      clearTimeout(timer);
      end();
    };
    request.on('end', over);
    request.once('close', over);
    request.resume();
  }
}
