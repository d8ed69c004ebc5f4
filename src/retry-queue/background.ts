/**
 * Tries of items whose client has gone: by a worker, at one endpoint after the other, by the same route and the same proof as
 * any request. What the endpoints do is told to their machines like all traffic.
 */

import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId, RequestId } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import { type CallReason, reason } from '../../events/reason.ts';
import { attemptFailure, brokenVerdict, type Verdict } from '../../machines/classify.ts';
import { Failover } from '../../machines/failover.ts';
import type { Command, FailoverDeps, Input } from '../../machines/failover-commands.ts';
import type { Refused, Why } from '../../machines/failover-policy.ts';
import { sentModel } from '../../machines/model-map.ts';
import type { QueueItem } from '../../machines/queue-item.ts';
import { type Candidate, plan } from '../../machines/route.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { RetryJob } from '../../workers/retry.ts';
import { dayOf } from '../platform/time.ts';
import type { RetryPool } from '../pool/pool.ts';
import { repairedVerdict } from '../proxy/adaptation/repaired-refusal.ts';
import { RequestAdaptation } from '../proxy/adaptation/request-adaptation.ts';
import { ThinkingMemory } from '../proxy/adaptation/thinking-memory.ts';
import { failureTold } from '../proxy/endpoint-words.ts';
import type { ProxyPorts } from '../proxy/ports.ts';
import type { RequestSummary } from '../proxy/request/body-sniffing.ts';
import type { InFlightCounter } from '../proxy/retry-queue.ts';
import { headerIn } from '../proxy/upstream/headers.ts';
import type { ItemAttemptLog } from './attempt-log.ts';
import type { BlobReader } from './blob-file.ts';
import { BlobLost } from './blob-format.ts';
import type { Blobs } from './blobs.ts';
import type { RequestHead } from './retry-queue.ts';

const secondMs = 1_000;
const nothing = new Uint8Array();

type Result = Awaited<ReturnType<RetryPool['attempt']>>;
type FailedCall = Extract<Result, { kind: 'failed' }>;
type Try = Extract<Command, { do: 'try' }>;

export type BackgroundPorts = Omit<
  ProxyPorts,
  'retryQueue' | 'token' | 'requestEnded' | 'notReady' | 'limitsSeen' | 'planSeen'
> & {
  readonly blobs: Blobs;
  readonly pool: RetryPool;
};

/** What a call came to that was no answer. */
interface Call {
  readonly status: number | null;
  readonly detail: CallReason;
  readonly code: string | null;
  readonly startedAt: Millis;
}

/** What one try goes with. */
interface Running {
  readonly asked: QueuedRequest;
  readonly attemptLog: ItemAttemptLog;
  readonly inFlight: InFlightCounter;
  readonly signal: AbortSignal;
  readonly adaptation: RequestAdaptation;
}

// It was stopped between two attempts: the next one is made when it may go again.
const stopped: Why = { failure: 'unreachable', retryAfterMs: null, detail: reason('gatewayStops') };
// The session's prompt cache is of no use any more: its client has gone.
const noSessions = { bound: () => null, avoided: () => null };

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

  /** Always ends the attempt log, whatever happens. */
  run(id: QueueId, item: QueueItem, attemptLog: ItemAttemptLog, inFlight: InFlightCounter): void {
    const stop = new AbortController();
    const done = this.#try(item, attemptLog, inFlight, stop.signal)
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

  /** Its answer is not wanted any more. */
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

  /** As in the life of a request: what the machine commands is carried out, until the queue has to wait, or there is an end. */
  async #try(
    item: QueueItem,
    attemptLog: ItemAttemptLog,
    inFlight: InFlightCounter,
    signal: AbortSignal,
  ): Promise<void> {
    const { now, blobs } = this.#ports;
    const asked = item.asked as QueuedRequest;
    const blob = await blobs.open(asked.body);
    const adaptation = await this.#adaptationFor(asked, blob);
    const run: Running = { asked, attemptLog, inFlight, signal, adaptation };
    const machine = this.#machineOf(run);
    let command = machine.step({ type: 'go', expiresAt: item.expiresAt }, now());
    while (command.do === 'try' && !signal.aborted) {
      const input = await this.#attempt(command, run);
      // How it ended is written down already.
      if (input === null) return;
      command = machine.step(input, now());
    }
    attemptLog.failed(whyOf(command));
  }

  /** Its client has gone: what belongs to its session is not known here. */
  async #adaptationFor(asked: QueuedRequest, blob: BlobReader): Promise<RequestAdaptation> {
    const { headers } = blob.head as RequestHead;
    const came = { headers, body: await blob.whole(), summary: summaryOf(asked) };
    const id = asked.request as RequestId;
    const memory = new ThinkingMemory();
    const around = { id, session: null, owner: () => null, memory, ports: this.#ports };
    const adaptation = new RequestAdaptation(came, around);
    await adaptation.readyFor(this.#ports.view());
    return adaptation;
  }

  #machineOf({ asked, inFlight, adaptation: needs }: Running): Failover {
    const { within, model, bytes } = asked;
    const { view, failover: policy, dice } = this.#ports;
    const deps: FailoverDeps = { view, policy, inFlight, sessions: noSessions, patienceMs: () => 0, route: plan, dice };
    const request = {
      within,
      model,
      session: null,
      isPassthrough: false,
      isCount: isCount(asked),
      bytes,
      awaitedSince: null,
      needs,
    };
    return new Failover(request, deps);
  }

  /** Null: the attempt was the last one, and the attempt log has been told how it ended. */
  async #attempt(command: Try, run: Running): Promise<Input | null> {
    const { asked, attemptLog } = run;
    const { endpoint } = command.candidate;
    const startedAt = this.#ports.now();
    const result = await this.#call(command, run);
    switch (result?.kind) {
      // It may not be sent, and the attempt log knows why.
      case undefined:
        return null;
      case 'answered': {
        const { ttftMs, usage } = result;
        const ttfbMs = result.ttfbMs ?? 0;
        const request = asked.request as RequestId;
        const model = sentModel(endpoint.models, asked.model);
        if (model !== null) this.#ports.modelFound(endpoint.id, model, request);
        this.#ports.attemptSucceeded(endpoint.id, { request, ttfbMs, ttftMs });
        const whose = asked.token && { token: asked.token, tokenAt: asked.tokenAt, day: dayOf(this.#ports.now()) };
        await attemptLog.answered({ endpoint: endpoint.id, model, ttfbMs, ttftMs, usage, ...whose });
        return null;
      }
      case 'broken':
        this.#blame(endpoint.id, asked, brokenVerdict, { ...result, code: null, startedAt });
        attemptLog.failed({ failure: 'brokenAnswer', retryAfterMs: null, detail: result.detail });
        return null;
      case 'cancelled':
        attemptLog.abandoned('gatewayStopped');
        return null;
      case 'lost':
        attemptLog.abandoned('workerLost');
        return null;
      case 'failed': {
        const { detail, status } = result;
        // As in the life of a request: what the endpoint would do without is left out, and it is asked once more.
        const repaired = await repairedVerdict(run.adaptation, endpoint, saidIn(result));
        const verdict = repaired?.verdict ?? result.verdict;
        if (repaired === null) this.#tell(endpoint, asked, verdict, { ...result, startedAt });
        const said: Refused = { verdict, detail, head: status === null ? null : { status } };
        return { type: 'failed', said };
      }
    }
  }

  /** Undefined: it may not be sent, and the attempt log has said why. */
  async #call(
    { candidate, limits }: Try,
    { asked, attemptLog, inFlight, signal, adaptation }: Running,
  ): Promise<Result | undefined> {
    const { endpoint, because } = candidate;
    const { now, pool } = this.#ports;
    const done = inFlight.begin(endpoint.id, because, now());
    try {
      const job = await this.#jobFor(endpoint, limits, asked, adaptation);
      if (!(await attemptLog.starts(endpoint.id))) return undefined;
      const sink = {
        answering: () => {},
        committable: (status: number, headers: readonly string[]) => attemptLog.head(status, headers),
        bytes: async (chunk: Buffer) => {
          await attemptLog.data(chunk);
        },
      };
      return await pool.attempt(job, sink, signal);
    } finally {
      done();
    }
  }

  async #jobFor(
    endpoint: Candidate['endpoint'],
    limits: Try['limits'],
    asked: QueuedRequest,
    adaptation: RequestAdaptation,
  ): Promise<RetryJob> {
    const { settings, secret, hasAnswered } = this.#ports;
    const { origin, auth, allowPlaintext } = endpoint;
    const up = await adaptation.to(endpoint);
    return {
      origin,
      path: endpoint.baseUrl.slice(origin.length) + asked.path,
      method: asked.method,
      headers: up.headers,
      auth,
      key: secret(endpoint.id) ?? '',
      allowPlaintext,
      body: up.body ?? nothing,
      wantsStream: asked.stream,
      isMessages: asked.path.split('?')[0] === '/v1/messages',
      isCount: isCount(asked),
      model: up.sentModel ?? asked.model,
      hasAnswered: hasAnswered(endpoint.id),
      limits: { ...limits, connectMs: settings()['proxy.connect_timeout'] * secondMs },
    };
  }

  /** What is no fault of the endpoint is remembered all the same. */
  #tell({ id, models }: RoutableEndpoint, asked: QueuedRequest, verdict: Verdict, call: Call): void {
    const { request, bytes } = asked;
    const model = sentModel(models, asked.model);
    const about = { request: request as RequestId, model, bytes, isCount: isCount(asked) };
    const failure = failureTold(this.#ports, id, verdict, about);
    if (failure !== null) this.#blame(id, asked, { ...verdict, failure }, call);
  }

  #blame(
    id: EndpointId,
    { request }: QueuedRequest,
    verdict: Parameters<typeof attemptFailure>[0],
    { status, detail, code, startedAt }: Call,
  ): void {
    this.#ports.attemptFailed(id, attemptFailure(verdict, { status, request, detail }), { code, startedAt });
  }
}

function saidIn({ status, headers, body, verdict }: FailedCall) {
  const encoding = headerIn(headers, 'content-encoding')?.toLowerCase() ?? '';
  return { head: status === null ? null : { status, encoding }, body: Buffer.from(body), verdict };
}

/** Where the model's name stands was not kept: it is looked for once more. */
function summaryOf({ model, stream, session }: QueuedRequest): RequestSummary {
  return { model, stream, session, modelAt: [] };
}

function isCount({ path }: QueuedRequest): boolean {
  return path.split('?')[0] === '/v1/messages/count_tokens';
}

/** Why nothing more is tried now. */
function whyOf(command: Command): Why {
  switch (command.do) {
    case 'park':
    case 'refuse':
      return command.why;
    case 'pass':
      return { failure: null, retryAfterMs: null, detail: command.said.detail };
    default:
      return stopped;
  }
}
