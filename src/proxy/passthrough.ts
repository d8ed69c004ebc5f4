/** Batches and files belong to one account: one endpoint, no failover, and bytes that stream through both ways unbuffered. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Millis } from '../../events/fact.ts';
import type { RequestId } from '../../events/ids.ts';
import { type Attempt, endedOf, servedBy } from '../../events/request.ts';
import { secondMs } from '../../events/units.ts';
import { isProxyDown, isShortage } from '../../machines/network.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { Deps } from './deps.ts';
import type { RequestHead } from './request/request-head.ts';
import { shortName } from './request/short-name.ts';
import type { Ended } from './request-record.ts';
import { lacksEndpoint, type OwnError } from './response/refusal.ts';
import { guarded } from './upstream/guarded.ts';
import { fieldLines, headersUp, headOf, privateNames } from './upstream/headers.ts';
import { type Movement, StallWatchdog } from './upstream/stall-watchdog.ts';
import type { Target } from './upstream/target.ts';
import type { Abort, AnswerSink, TransportError } from './upstream/upstream.ts';

interface Incoming {
  readonly id: RequestId;
  readonly startedAt: Millis;
  readonly request: IncomingMessage;
  readonly head: RequestHead;
  readonly client: ServerResponse;
  readonly target: Extract<Target, { kind: 'forward' }>;
  /** Answers instead of an endpoint; what is still to come of the request is dropped. */
  readonly turnAway: (error: OwnError) => void;
}

/** Resolves when it is over; undefined when there was no endpoint to ask. */
export function passThrough(deps: Deps, incoming: Incoming): Promise<Ended | undefined> {
  const { target } = incoming;
  const view = deps.ports.view();
  const endpoint = passthroughEndpoint(
    target.within === null ? view.ladder[0]?.endpoints : view.profiles.get(target.within)?.endpoints,
  );
  if (endpoint) return new Passing(deps, incoming, endpoint, view.seq).run();
  incoming.turnAway({
    status: 503,
    type: 'api_error',
    message: lacksEndpoint(target.within ?? view.ladder[0]?.name),
    headers: ['retry-after', '60'],
  });
  return Promise.resolve(undefined);
}

class Passing implements AnswerSink, Movement {
  readonly #deps: Deps;
  readonly #in: Incoming;
  readonly #endpoint: RoutableEndpoint;
  readonly #view: number;
  readonly #watchdog = new StallWatchdog(this);
  readonly #ended: Promise<Ended>;
  #settle: (ended: Ended) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #done: () => void = () => {};
  #abort: Abort = () => {};
  #resume: () => void = () => {};
  #isOver = false;
  /** The client takes nothing, and is waited for. */
  #isHeldUp = false;
  #quiet: NodeJS.Timeout | undefined;
  #movedBefore = 0;
  #status = 0;
  #bytes = 0;
  #ttfbMs: Millis | null = null;

  constructor(deps: Deps, incoming: Incoming, endpoint: RoutableEndpoint, view: number) {
    this.#deps = deps;
    this.#in = incoming;
    this.#endpoint = endpoint;
    this.#view = view;
    this.#ended = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
  }

  run(): Promise<Ended> {
    const { ports, upstreams, inFlight, watchdogs } = this.#deps;
    const { request, head, client, target, startedAt } = this.#in;
    const { id, origin, baseUrl, auth } = this.#endpoint;
    const isPrivate = privateNames(ports.settings()['proxy.private_headers']);
    const headers = headersUp(request.rawHeaders, head.connection, auth, ports.secret(id) ?? '', isPrivate);
    const { length } = head;
    if (length !== undefined) headers.push('content-length', length);
    const hasBody = length !== undefined ? Number(length) > 0 : head.coding !== undefined;
    const path = baseUrl.slice(origin.length) + target.path + target.query;
    const method = request.method ?? 'GET';
    this.#done = inFlight.begin(id, 'pinned', startedAt);
    watchdogs.add(this.#watchdog);
    this.#quiet = setInterval(
      () => guarded(this, () => this.#lookQuiet()),
      ports.settings()['proxy.total_timeout'] * secondMs,
    );
    client.on('close', () => {
      if (client.writableFinished) return;
      guarded(this, () => {
        this.#over('cancelled');
        this.#abort();
      });
    });
    const body = hasBody ? request : null;
    guarded(this, () => {
      this.#abort = upstreams.send({ origin, path, method, fields: fieldLines(headers), body, fresh: false }, this);
    });
    return this.#ended;
  }

  head(status: number, raw: readonly string[], resume: () => void): void {
    const { client, id, startedAt } = this.#in;
    this.#status = status;
    this.#resume = resume;
    this.#ttfbMs = this.#deps.ports.now() - startedAt;
    // A redirect is not followed, and no client is to follow it: with whose key?
    if (status >= 300 && status < 400) {
      this.#abort();
      this.#broken(String(status), 'badAnswer');
      return;
    }
    const head = headOf(status, raw);
    client.sendDate = false;
    const framing = head.length === null ? [] : ['content-length', String(head.length)];
    client.writeHead(status, [
      ...head.pairs,
      ...framing,
      'x-qcc-request-id',
      id,
      'x-qcc-endpoint',
      this.#endpoint.id,
      'x-qcc-profile',
      encodeURIComponent(this.#endpoint.profile),
      'x-qcc-attempts',
      '1',
    ]);
  }

  data(chunk: Buffer): boolean {
    const { client } = this.#in;
    this.#bytes += chunk.length;
    if (client.write(Buffer.from(chunk))) return true;
    if (!this.#isHeldUp) {
      this.#isHeldUp = true;
      client.once('drain', () => {
        this.#isHeldUp = false;
        guarded(this, () => this.#resume());
      });
    }
    return false;
  }

  end(): void {
    this.#in.client.end();
    this.#over('answered');
  }

  failed({ code }: TransportError): void {
    this.#broken(code, isProxyDown(code) || isShortage(code) ? 'noNetwork' : 'unreachable');
  }

  /** An unexpected error in anything that runs for this: it is over. */
  fault(error: unknown): void {
    if (this.#isOver) throw error;
    this.#reject(error);
    this.#giveBack();
    this.#abort();
  }

  moved(): number {
    return this.#bytes + this.#in.request.socket.bytesRead;
  }

  isEndpointsTurn(): boolean {
    const { client, request } = this.#in;
    return client.headersSent ? !client.writableNeedDrain : request.isPaused();
  }

  /** For as long as an answer may take, nothing has moved, and it is not the client who holds it up: no exchange waits for ever. */
  #lookQuiet(): void {
    const { client, request } = this.#in;
    const moved = this.moved();
    const isQuiet = moved === this.#movedBefore && !this.#isHeldUp;
    this.#movedBefore = moved;
    if (!isQuiet || !(client.headersSent || request.complete || request.isPaused())) return;
    this.#abort();
    this.#broken('ETIMEDOUT', 'timeout');
  }

  lost(): void {
    this.#abort();
    this.#broken('ETIMEDOUT', 'noNetwork');
  }

  #broken(code: string, outcome: Attempt['outcome']): void {
    const { client, turnAway } = this.#in;
    const { name, profile } = this.#endpoint;
    const message = `qcc: ${name} did not answer (${code}) - run: qcc endpoint test ${profile}`;
    if (client.headersSent) client.destroy();
    else turnAway({ status: 502, type: 'api_error', message });
    this.#over(outcome);
  }

  #over(outcome: Attempt['outcome']): void {
    if (this.#isOver) return;
    this.#giveBack();
    const { startedAt, target } = this.#in;
    const { id: endpoint, profile } = this.#endpoint;
    const [status, ttfbMs] = [this.#status, this.#ttfbMs];
    const attempt: Attempt = {
      endpoint,
      at: startedAt,
      outcome,
      status: status || null,
      ttfbMs,
      because: 'pinned',
    };
    const { within } = target;
    const asked = { session: null, model: null, stream: false, path: shortName(target.path), within };
    const durationMs = this.#deps.ports.now() - startedAt;
    const ended = endedOf(asked, { attempts: [attempt], status, durationMs, view: this.#view });
    if (outcome === 'cancelled') this.#settle({ fact: { type: 'RequestCancelled', data: ended }, profile });
    else if (outcome !== 'answered')
      this.#settle({ fact: { type: 'RequestFailed', data: { ...ended, because: outcome } }, profile });
    else {
      const by = { endpoint, profile, ttfbMs: ttfbMs ?? 0, ttftMs: null, bytes: this.#bytes, usage: null };
      this.#settle({ fact: { type: 'RequestServed', data: servedBy(ended, by) }, profile });
    }
  }

  #giveBack(): void {
    this.#isOver = true;
    this.#done();
    this.#watchdog.over();
    clearInterval(this.#quiet);
    this.#deps.watchdogs.remove(this.#watchdog);
  }
}

/** The first one by priority; which account that is must not depend on the weather. */
function passthroughEndpoint(endpoints: readonly RoutableEndpoint[] | undefined): RoutableEndpoint | undefined {
  return [...(endpoints ?? [])].filter(({ state }) => state !== 'disabled').sort((a, b) => a.priority - b.priority)[0];
}
