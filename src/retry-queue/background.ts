/**
 * Tries of items whose client has gone: by a worker, at one endpoint after the other, by the same route and the same proof as
 * any request. What the endpoints do is told to their machines like all traffic.
 */

import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId, RequestId } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import { lacksUntil } from '../../machines/available.ts';
import { isClientsAffair, maybeBilled } from '../../machines/classify.ts';
import { allLasting, worthWaitingFor } from '../../machines/failover.ts';
import type { QueueItem } from '../../machines/queue-item.ts';
import { type Candidate, isPassedOver, plan, type RouteAsk, reachable } from '../../machines/route.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { RetryJob } from '../../workers/retry.ts';
import type { RetryPool } from '../pool/pool.ts';
import type { ProxyPorts } from '../proxy/ports.ts';
import type { InFlightCounter } from '../proxy/retry-queue.ts';
import type { ItemAttemptLog } from './attempt-log.ts';
import type { BlobReader } from './blob-file.ts';
import { BlobLost } from './blob-format.ts';
import type { Blobs } from './blobs.ts';
import type { RequestHead } from './retry-queue.ts';

const secondMs = 1_000;

type Result = Awaited<ReturnType<RetryPool['attempt']>>;
type Failed = Extract<Result, { kind: 'failed' }>;

export type BackgroundPorts = Omit<ProxyPorts, 'desk' | 'token' | 'requestEnded' | 'notReady' | 'limitsSeen'> & {
  readonly blobs: Blobs;
  readonly pool: RetryPool;
};

const broken: Failed['verdict'] = { failure: 'brokenAnswer', retryAfterMs: null, resetAt: null };

/** What a call came to that was no answer. */
interface Call {
  readonly status: number | null;
  readonly detail: string;
  readonly code: string | null;
  readonly startedAt: Millis;
}

interface Run {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class Background {
  readonly #ports: BackgroundPorts;
  readonly #runs = new Map<QueueId, Run>();

  constructor(ports: BackgroundPorts) {
    this.#ports = ports;
  }

  /** Always ends the journal, whatever happens. */
  run(id: QueueId, item: QueueItem, attemptLog: ItemAttemptLog, loads: InFlightCounter): void {
    const stop = new AbortController();
    const done = this.#try(item, attemptLog, loads, stop.signal)
      .catch((error: unknown) => {
        if (error instanceof BlobLost && !attemptLog.hasStarted) attemptLog.lost();
        // A fault of ours, or of the disk: what was sent may have been billed, and what was not goes again.
        else attemptLog.abandoned('fault');
      })
      .finally(() => {
        attemptLog.dropped();
        this.#runs.delete(id);
      });
    this.#runs.set(id, { stop, done });
  }

  /** Nobody wants its answer any more. */
  stop(id: QueueId): void {
    this.#runs.get(id)?.stop.abort();
  }

  resume(): void {
    this.#ports.pool.resume();
  }

  async close(graceMs: number): Promise<void> {
    const done = Promise.all([...this.#runs.values()].map((run) => run.done));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([done, late]);
    clearTimeout(timer);
    for (const { stop } of this.#runs.values()) stop.abort();
    await done;
    await this.#ports.pool.close();
  }

  async #try(item: QueueItem, attemptLog: ItemAttemptLog, loads: InFlightCounter, signal: AbortSignal): Promise<void> {
    const asked = item.asked as QueuedRequest;
    const blob = await this.#ports.blobs.open(asked.body);
    const round = new Round();
    while (!signal.aborted) {
      const startedAt = this.#ports.now();
      const candidate = this.#next(asked, round, loads);
      if (!candidate) break;
      const result = await this.#attempt(candidate, { asked, blob, attemptLog, loads, signal });
      if (!result) return;
      const { endpoint } = candidate;
      switch (result.kind) {
        case 'answered': {
          const { ttftMs, usage } = result;
          const ttfbMs = result.ttfbMs ?? 0;
          const request = asked.request as RequestId;
          if (asked.model !== null) this.#ports.modelFound(endpoint.id, asked.model, request);
          this.#ports.attemptSucceeded(endpoint.id, { request, ttfbMs, ttftMs });
          return attemptLog.answered({ endpoint: endpoint.id, model: asked.model, ttfbMs, ttftMs, usage });
        }
        case 'broken':
          this.#blame(endpoint.id, asked, broken, { ...result, code: null, startedAt });
          return attemptLog.failed({ failure: 'brokenAnswer', retryAfterMs: null, detail: result.detail });
        case 'cancelled':
          return attemptLog.abandoned('gatewayStopped');
        case 'lost':
          return attemptLog.abandoned('workerLost');
        case 'failed': {
          const { verdict, detail } = result;
          if (isClientsAffair(verdict)) return attemptLog.failed({ failure: null, retryAfterMs: null, detail });
          this.#tell(endpoint.id, asked, verdict, { ...result, startedAt });
          round.failed(candidate, result);
        }
      }
    }
    attemptLog.failed(round.why(() => this.#isSomebodyLeft(asked, round)));
  }

  /** It waits as long as it is kept: whoever is back some time is worth it. */
  #isSomebodyLeft({ within, model, expiresAt }: QueuedRequest, { said }: Round): boolean {
    const now = this.#ports.now();
    // A 404 is forgotten in minutes, and what is queued lasts longer: who lacks the model now may have it by then.
    const lacksModel = ({ lacks }: RoutableEndpoint) => (lacksUntil(lacks, model, now) ?? 0) > expiresAt;
    const waiting = { said, lacksModel, patienceMs: expiresAt - now };
    return worthWaitingFor(reachable(this.#ports.view(), within), waiting, now).length > 0;
  }

  #next(asked: QueuedRequest, round: Round, loads: InFlightCounter): Candidate | undefined {
    const { view, settings, now, dice } = this.#ports;
    const at = now();
    const seen = view();
    const ask: RouteAsk = {
      within: asked.within,
      binding: null,
      tried: round.tried,
      avoid: null,
      overloaded: round.overloaded,
      lacksModel: (one: RoutableEndpoint) => isPassedOver(one, seen, ask, asked.model, at),
    };
    const rules = {
      strategy: settings()['loadbalancer.strategy'],
      healthAware: settings()['loadbalancer.health_aware'],
    };
    const mayAsk = ({ endpoint, because }: Candidate) =>
      because !== 'lastResort' && (round.tried.size === 0 || endpoint.state === 'healthy' || loads.spend(at));
    return plan(seen, ask, loads, rules, at, dice).candidates.find(mayAsk);
  }

  /** Undefined: it may not be sent, and the journal has said why. */
  async #attempt(
    { endpoint, because }: Candidate,
    more: {
      readonly asked: QueuedRequest;
      readonly blob: BlobReader;
      readonly attemptLog: ItemAttemptLog;
      readonly loads: InFlightCounter;
      readonly signal: AbortSignal;
    },
  ): Promise<Result | undefined> {
    const { asked, blob, attemptLog, loads, signal } = more;
    const { now, pool } = this.#ports;
    const done = loads.begin(endpoint.id, because, now());
    try {
      const job = await this.#jobFor(endpoint, asked, blob);
      if (!(await attemptLog.starts(endpoint.id))) return undefined;
      const sink = {
        answering: () => {},
        proven: (status: number, headers: readonly string[]) => attemptLog.head(status, headers),
        bytes: async (chunk: Buffer) => {
          await attemptLog.data(chunk);
        },
      };
      return await pool.attempt(job, sink, signal);
    } finally {
      done();
    }
  }

  async #jobFor(endpoint: Candidate['endpoint'], asked: QueuedRequest, blob: BlobReader): Promise<RetryJob> {
    const { settings, secret } = this.#ports;
    const { headers } = blob.head as RequestHead;
    const { origin, auth, allowPlaintext } = endpoint;
    const seconds = (key: 'headers' | 'first_content' | 'idle' | 'total' | 'connect') =>
      settings()[`proxy.${key}_timeout`] * secondMs;
    return {
      origin,
      path: endpoint.baseUrl.slice(origin.length) + asked.path,
      method: asked.method,
      headers,
      auth,
      key: secret(endpoint.id) ?? '',
      allowPlaintext,
      body: await blob.whole(),
      wantsStream: asked.stream,
      isMessages: asked.path.split('?')[0] === '/v1/messages',
      isCount: asked.path.split('?')[0] === '/v1/messages/count_tokens',
      model: asked.model,
      limits: {
        connectMs: seconds('connect'),
        headersMs: endpoint.timeoutMs ?? seconds('headers'),
        firstContentMs: seconds('first_content'),
        idleMs: seconds('idle'),
        totalMs: Math.min(seconds('total'), endpoint.timeoutMs ?? Number.POSITIVE_INFINITY),
      },
    };
  }

  /** A model that is not there is no fault of the endpoint, and is remembered all the same. */
  #tell(id: EndpointId, asked: QueuedRequest, verdict: Failed['verdict'], call: Call): void {
    if (verdict.failure !== 'noModel') this.#blame(id, asked, verdict, call);
    else if (asked.model !== null) this.#ports.modelNotFound(id, asked.model, asked.request as RequestId);
  }

  #blame(
    id: EndpointId,
    { request }: QueuedRequest,
    { failure, retryAfterMs, resetAt }: Failed['verdict'],
    { status, detail, code, startedAt }: Call,
  ): void {
    if (failure === null) return;
    const isBilled = maybeBilled(failure);
    const data = { failure, status, request, retryAfterMs, resetAt, maybeBilled: isBilled, detail };
    this.#ports.attemptFailed(id, data, { code, startedAt });
  }
}

/** What one try has come to so far. */
class Round {
  readonly tried = new Set<EndpointId>();
  readonly overloaded = new Set<string>();
  readonly said = new Map<EndpointId, Failure | null>();
  readonly #failed: Failed[] = [];

  failed({ endpoint }: Candidate, result: Failed): void {
    this.tried.add(endpoint.id);
    this.said.set(endpoint.id, result.verdict.failure);
    if (result.verdict.failure === 'overloaded') this.overloaded.add(endpoint.origin);
    this.#failed.push(result);
  }

  why(isSomebodyLeft: () => boolean): Parameters<ItemAttemptLog['failed']>[0] {
    const last = this.#failed.at(-1);
    if (!last) return { failure: 'unreachable', retryAfterMs: null, detail: 'no endpoint is usable' };
    const { failure, retryAfterMs } = last.verdict;
    if (!allLasting([...this.said.values()])) return { failure, retryAfterMs, detail: last.detail };
    return { failure: isSomebodyLeft() ? 'unreachable' : null, retryAfterMs: null, detail: last.detail };
  }
}
