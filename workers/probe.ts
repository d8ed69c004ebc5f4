/**
 * A probe, in three depths: a connection, an API that is free to ask, a tiny real conversation judged leniently.
 * Data in, data out; nothing is kept between two.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Failure, ProbeDepth, Verdict } from '../events/endpoint.ts';
import type { Auth } from '../events/profile.ts';
import { type CallReason, reason } from '../events/reason.ts';
import { isProxyDown, isShortage } from '../machines/network.ts';
import { keyHeader } from '../src/proxy/upstream/headers.ts';
import { isSensible, readAnswer } from './answer.ts';
import { cheapestFirst, defaultModel, readModels } from './model.ts';
import { CallFailed, Line, type Reply } from './probe-connection.ts';
import { countable, question } from './question.ts';
import { scoreOf } from './score.ts';
import {
  type Judgement,
  judgeEnvelope,
  judgeKey,
  judgeProxy,
  judgeRefusal,
  judgeShortage,
  judgeSilence,
  nonsense,
} from './verdict.ts';

/** `connection`: TCP and TLS. `api`: `/v1/models`, else `count_tokens`; both are free. `conversation`: costs some 30 tokens. */
export type Depth = ProbeDepth;

export interface ProbeJob {
  readonly endpoint: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  readonly key: string;
  readonly depth: Depth;
  /** The HTTP proxy on the way there, or null. */
  readonly proxy: string | null;
  /** The one that the user wants. Null: the cheapest that works. */
  readonly model: string | null;
  /** `model` and no other: the probe is about it. */
  readonly isExact: boolean;
  /** Models that this endpoint has answered with. Where there are none, it is asked for its list. */
  readonly known: readonly string[];
  /** For all of the probe. */
  readonly timeoutMs: number;
  /** Uniform in [0, 1): which of the messages. */
  readonly dice: number;
}

export interface ProbeResult {
  readonly depth: Depth;
  readonly verdict: Verdict;
  /** Null with any verdict: nothing that speaks against the endpoint. */
  readonly failure: Failure | null;
  readonly status: number | null;
  /** A server was there at the other end. */
  readonly connected: boolean;
  /** Why no connection came about, as a system's code; null when one did, or none was tried. */
  readonly dialError: string | null;
  /** Of the call that decided, from when its connection was there; without an answer, and of a dial, all of the probe. */
  readonly responseMs: number;
  /** Only of a conversation, where its first content was seen to come. */
  readonly ttftMs: number | null;
  /** 0 to 100: validity 50, time 30, brevity 20. */
  readonly score: number;
  readonly valid: boolean;
  /** It was refused for what it looks like: it proves nothing. */
  readonly isForLooks?: true;
  readonly model: string | null;
  /** What the probe has cost: input, caches and output of the answer that decided. */
  readonly tokens: number;
  /** Never the key. */
  readonly error: CallReason | null;
}

/** What the pool sends: `stop` ends the probe when anything comes over it. */
export interface ProbeTask {
  readonly job: ProbeJob;
  readonly stop: MessagePort | null;
}

/** @throws when it was stopped; a probe that went on to its end never throws */
export default async function task({ job, stop }: ProbeTask): Promise<ProbeResult> {
  if (!stop) return probe(job);
  const stopped = new AbortController();
  stop.once('message', () => stopped.abort());
  try {
    return await probe(job, stopped.signal);
  } finally {
    stop.close();
  }
}

// A connection takes milliseconds; what takes seconds is a black hole, and at most half of the time is spent on it.
const dialMax = { ms: 5_000, share: 0.5 };
// The rest is for the call that decides.
const listShare = 0.25;
// Of an answer: relays list hundreds of models with all that they know of them; sixteen tokens are a few events; a count is a
// number. All probes share one thread and its memory.
const readMax = { list: 262_144, conversation: 65_536, count: 16_384 };
// A model may have been retired: the next one is tried, once.
const modelsMax = 2;
const version = '2023-06-01';

export async function probe(job: ProbeJob, signal?: AbortSignal): Promise<ProbeResult> {
  signal?.throwIfAborted();
  const keyFault = job.depth === 'connection' ? null : judgeKey(job.key);
  if (keyFault) return failed(job, keyFault, nothingSeen, null);
  const startedAt = performance.now();
  const passedMs = () => performance.now() - startedAt;
  let line: Line | undefined;
  const hangUp = () => line?.close();
  signal?.addEventListener('abort', hangUp, { once: true });
  let result: ProbeResult;
  try {
    const { origin, pathname } = new URL(job.baseUrl);
    line = new Line(origin, job.proxy);
    const leftMs = () => Math.max(1, Math.ceil(job.timeoutMs - passedMs()));
    result = await depths[job.depth]({ job, line, prefix: pathname.replace(/\/$/, ''), leftMs });
  } catch (error) {
    result = withoutAnswer(job, error, null);
  } finally {
    signal?.removeEventListener('abort', hangUp);
    line?.close();
  }
  signal?.throwIfAborted();
  return result.valid || result.status !== null ? result : { ...result, responseMs: Math.round(passedMs()) };
}

interface Visit {
  readonly job: ProbeJob;
  readonly line: Line;
  /** The path of the base URL, without a trailing slash. */
  readonly prefix: string;
  leftMs(): number;
}

const depths: Readonly<Record<Depth, (visit: Visit) => Promise<ProbeResult>>> = { connection, api, conversation };

async function connection({ job, line, leftMs }: Visit): Promise<ProbeResult> {
  const responseMs = await line.dial(leftMs());
  return succeeded(job, { responseMs, ttftMs: null, status: null }, null, nothingSpent);
}

async function api(visit: Visit): Promise<ProbeResult> {
  const { job } = visit;
  const listed = await tried(visit, 'list', null, () => get(visit, '/v1/models?limit=100', dialMax.share));
  if (listed.ok && readModels(listed.reply)) return succeeded(job, listed.reply, null, nothingSpent);
  if (!listed.ok && listed.result.dialError !== null) return listed.result;
  // Many relays have no list, or a page of their shop in its place.
  const [model = defaultModel] = modelsGiven(job);
  const body = countable(model, job.dice);
  const counted = await tried(visit, 'count', model, () => post(visit, '/v1/messages/count_tokens', body));
  if (counted.ok && /"input_tokens"\s*:\s*\d/.test(counted.reply.body))
    return succeeded(job, counted.reply, model, nothingSpent);
  // The refusal that says something: a path that is not there says nothing.
  const telling = [counted, listed].flatMap((one) => (one.ok || one.result.failure === null ? [] : [one.result]));
  return telling[0] ?? unanswered(job, counted.ok ? counted.reply : null);
}

async function conversation(visit: Visit): Promise<ProbeResult> {
  const models = candidates(visit);
  let result: ProbeResult | undefined;
  for (let count = 0; count < (visit.job.isExact ? 1 : modelsMax); count++) {
    const model = await models.next();
    if (model === undefined) break;
    result = await converse(visit, model);
    if (result.failure !== 'noModel') break;
  }
  return result ?? withoutAnswer(visit.job, new Error('no model'), null);
}

async function converse(visit: Visit, model: string): Promise<ProbeResult> {
  const { job } = visit;
  const body = question(model, job.dice);
  const spoken = await tried(visit, 'conversation', model, () => post(visit, '/v1/messages', body, true));
  if (!spoken.ok) return spoken.result;
  const answer = readAnswer(spoken.reply.body);
  if (isSensible(answer)) return succeeded(job, spoken.reply, model, answer);
  const judgement = answer.error === null ? nonsense : judgeEnvelope(answer.error, job.key, model);
  return failed(job, judgement, spoken.reply, model);
}

function modelsGiven({ model, known }: ProbeJob): readonly string[] {
  return [...(model === null ? [] : [model]), ...cheapestFirst(known)];
}

/** First what is known, then what the endpoint lists, then what is known everywhere; none a second time. */
function candidates(visit: Visit): { next(): Promise<string | undefined> } {
  const sources = [
    () => modelsGiven(visit.job),
    async () => cheapestFirst(await modelsListed(visit)),
    () => [defaultModel],
  ];
  const tried = new Set<string>();
  return {
    async next() {
      for (let source = sources[0]; source; source = sources[0]) {
        const model = (await source()).find((id) => !tried.has(id));
        if (model !== undefined) {
          tried.add(model);
          return model;
        }
        sources.shift();
      }
      return undefined;
    },
  };
}

/** A list that cannot be had says nothing: the conversation will tell. Without a connection there is none to be had. */
async function modelsListed(visit: Visit): Promise<readonly string[]> {
  try {
    const reply = await get(visit, '/v1/models?limit=100', listShare);
    const { key } = visit.job;
    // An endpoint that says its key back does not get it into a fact.
    return ((reply.status === 200 && readModels(reply)) || []).filter((id) => key === '' || !id.includes(key));
  } catch (error) {
    if (error instanceof CallFailed && error.stage === 'dialling') throw error;
    return [];
  }
}

function get({ job, line, prefix, leftMs }: Visit, path: string, share: number): Promise<Reply> {
  const limits = { dialMs: dialMs(leftMs()), answerMs: leftMs() * share };
  const what = { bytesMax: readMax.list, takesPart: true, wantsStream: false, body: null };
  return line.call({ method: 'GET', path: `${prefix}${path}`, headers: headersOf(job), ...what }, limits);
}

function post({ job, line, prefix, leftMs }: Visit, path: string, body: string, wantsStream = false): Promise<Reply> {
  const limits = { dialMs: dialMs(leftMs()), answerMs: leftMs() };
  const headers = [...headersOf(job), 'content-type', 'application/json'];
  const bytesMax = wantsStream ? readMax.conversation : readMax.count;
  const what = { bytesMax, takesPart: false, wantsStream, body };
  return line.call({ method: 'POST', path: `${prefix}${path}`, headers, ...what }, limits);
}

function dialMs(leftMs: number): number {
  return Math.min(dialMax.ms, leftMs * dialMax.share);
}

function headersOf({ auth, key }: ProbeJob): readonly string[] {
  return [
    ...['accept', 'application/json'],
    ...['accept-encoding', 'identity'],
    ...['anthropic-version', version],
    ...['user-agent', 'qcc-probe'],
    ...keyHeader(auth, key),
  ];
}

type What = 'list' | 'count' | 'conversation';
/** Of a list of models: many have none, and say so in one of these. */
const noSuchPath: ReadonlySet<number> = new Set([404, 405, 501]);

type Tried = { readonly ok: true; readonly reply: Reply } | { readonly ok: false; readonly result: ProbeResult };

/** Whatever comes of a call: an answer with status 200, or what its refusal or silence means. */
async function tried({ job }: Visit, what: What, model: string | null, call: () => Promise<Reply>): Promise<Tried> {
  try {
    const reply = await call();
    if (reply.status === 200) return { ok: true, reply };
    const refused = { ...reply, isMessages: job.depth === 'conversation', isCount: what === 'count', model };
    if (what === 'list' && noSuchPath.has(reply.status)) return { ok: false, result: unanswered(job, reply) };
    return { ok: false, result: failed(job, judgeRefusal(refused, job.key), reply, model) };
  } catch (error) {
    return { ok: false, result: withoutAnswer(job, error, model) };
  }
}

const nothingSpent = { inputTokens: 0, outputTokens: 0 };

type Seen = Pick<ProbeResult, 'responseMs' | 'ttftMs' | 'status'>;

const nothingSeen: Seen = { responseMs: 0, ttftMs: null, status: null };

function succeeded(
  { depth }: ProbeJob,
  { responseMs, ttftMs, status }: Seen,
  model: string | null,
  { inputTokens, outputTokens }: typeof nothingSpent,
): ProbeResult {
  return {
    depth,
    verdict: 'success',
    failure: null,
    status,
    connected: true,
    dialError: null,
    responseMs,
    ttftMs,
    score: scoreOf({ responseMs, outputTokens }),
    valid: true,
    model,
    tokens: inputTokens + outputTokens,
    error: null,
  };
}

function failed(
  { depth }: ProbeJob,
  judgement: Judgement,
  { responseMs, ttftMs, status }: Seen,
  model: string | null,
): ProbeResult {
  const nothing = { dialError: null, score: 0, valid: false, tokens: 0 };
  return { depth, ...judgement, ...nothing, connected: status !== null, responseMs, ttftMs, status, model };
}

function unanswered(job: ProbeJob, reply: Reply | null): ProbeResult {
  const error = reason('nothingToAsk');
  return failed(job, { verdict: 'failure', failure: null, error }, reply ?? nothingSeen, null);
}

function withoutAnswer(job: ProbeJob, error: unknown, model: string | null): ProbeResult {
  const { code, stage } = asCallFailed(error);
  return {
    ...failed(job, judgementOf(job, code, stage), nothingSeen, model),
    connected: stage !== 'dialling',
    dialError: stage === 'dialling' ? code : null,
  };
}

function judgementOf({ proxy }: ProbeJob, code: string, stage: CallFailed['stage']): Judgement {
  if (isProxyDown(code)) return judgeProxy(proxy);
  return isShortage(code) ? judgeShortage(code) : judgeSilence(code, stage);
}

/** What is no failed call is a mistake here. */
function asCallFailed(error: unknown): CallFailed {
  if (error instanceof CallFailed) return error;
  const { code, name } = error as { code?: string; name: string };
  return new CallFailed(code ?? name, 'dialling');
}
