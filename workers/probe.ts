/** A probe: a tiny real conversation with an endpoint, judged leniently. Data in, data out, nothing kept between two. */
import { Agent, request } from 'undici';
import type { Failure, Verdict } from '../events/endpoint.ts';
import type { Auth } from '../events/profile.ts';
import { checkVerdictOf, classifyStatus, classifyTransport } from '../machines/classify.ts';

export interface ProbeJob {
  readonly endpoint: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  readonly key: string;
  /** Null: the cheapest that the endpoint lists. */
  readonly model: string | null;
  readonly timeoutMs: number;
  /** Uniform in [0, 1): which of the messages. */
  readonly dice: number;
}

export interface ProbeResult {
  readonly verdict: Verdict;
  readonly failure: Failure | null;
  readonly status: number | null;
  readonly responseMs: number;
  readonly ttftMs: number | null;
  /** 0 to 100: validity 50, time 30, brevity 20. */
  readonly score: number;
  readonly valid: boolean;
  readonly model: string | null;
  readonly tokens: number;
  /** One sentence; never the key. */
  readonly error: string | null;
}

const messages = [
  'Say OK.',
  'Reply with one word: ready',
  '请只回答：好',
  '1+1=? 只回答数字。',
  'What colour is the sky? One word.',
];
const maxTokens = 16;
// Where nothing is listed: small, cheap, and known to most relays.
const defaultModel = 'claude-haiku-4-5';
const version = '2023-06-01';
// An answer within this time gets all its points; at ten times it gets none.
const quickMs = 1_000;
const briefTokens = 16;
const points = { valid: 50, time: 30, brief: 20 };
const answerCharactersMax = 65_536;

const agent = new Agent({ connections: 64, pipelining: 1 });

export default async function probe(job: ProbeJob): Promise<ProbeResult> {
  const startedAt = performance.now();
  const limit = AbortSignal.timeout(job.timeoutMs);
  let model = job.model;
  try {
    model ??= await cheapest(job, limit);
    return await converse(job, model, startedAt, limit);
  } catch (error) {
    return broken(error, limit.aborted, model, Math.round(performance.now() - startedAt));
  }
}

function headersOf({ auth, key }: ProbeJob): Record<string, string> {
  return {
    'content-type': 'application/json',
    'anthropic-version': version,
    'accept-encoding': 'identity',
    ...(auth === 'x-api-key' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }),
  };
}

/** By name: what is called haiku is the small one everywhere. An endpoint without a list is asked for the default. */
async function cheapest(job: ProbeJob, signal: AbortSignal): Promise<string> {
  try {
    return cheapestOf(await listed(job, signal));
  } catch (error) {
    // A list that cannot be had says nothing: the conversation will tell. Time that is up is up.
    if (signal.aborted) throw error;
    return defaultModel;
  }
}

function cheapestOf(ids: readonly string[]): string {
  return ids.find((id) => /haiku|mini|flash|lite/i.test(id)) ?? ids[0] ?? defaultModel;
}

async function listed(job: ProbeJob, signal: AbortSignal): Promise<readonly string[]> {
  const { statusCode, body } = await request(`${job.baseUrl}/v1/models?limit=100`, {
    headers: headersOf(job),
    dispatcher: agent,
    signal,
  });
  const text = await body.text();
  if (statusCode !== 200) return [];
  const { data } = JSON.parse(text) as { data?: readonly ({ id?: unknown } | null)[] };
  return (data ?? []).flatMap((one) => (typeof one?.id === 'string' ? [one.id] : []));
}

async function converse(job: ProbeJob, model: string, startedAt: number, signal: AbortSignal): Promise<ProbeResult> {
  const content = messages[Math.floor(job.dice * messages.length)] ?? messages[0];
  const body = JSON.stringify({ model, max_tokens: maxTokens, stream: true, messages: [{ role: 'user', content }] });
  const answer = await request(`${job.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: headersOf(job),
    body,
    dispatcher: agent,
    signal,
  });
  let ttftMs: number | null = null;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    if (text.length < answerCharactersMax) text += decoder.decode(chunk, { stream: true });
    if (ttftMs === null && text.includes('content_block_start')) ttftMs = Math.round(performance.now() - startedAt);
  }
  const responseMs = Math.round(performance.now() - startedAt);
  if (answer.statusCode !== 200) return refused(answer, text, { model, responseMs, key: job.key });
  const said = saidIn(text);
  if (said === null)
    return result('failure', 'badAnswer', {
      status: 200,
      responseMs,
      ttftMs,
      model,
      error: 'the answer made no sense',
    });
  const tokens = Number(/"output_tokens"\s*:\s*(\d+)/.exec(text.slice(text.lastIndexOf('"output_tokens"')))?.[1] ?? 0);
  return {
    ...result('success', null, { status: 200, responseMs, ttftMs, model, error: null }),
    valid: true,
    tokens,
    score: scoreOf(responseMs, tokens),
  };
}

/** Any text at all, in a stream or in one piece: what it says is the model's affair. */
function saidIn(text: string): string | null {
  const pieces = [...text.matchAll(/"text"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece).join('');
  // A stream is whole with its last event; an answer in one piece when it parses.
  const isWhole = text.includes('event:') ? text.includes('message_stop') : isJson(text);
  return isWhole && (pieces.trim() !== '' || text.includes('thinking')) && !/"type"\s*:\s*"error"/.test(text)
    ? pieces
    : null;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function refused(
  answer: { statusCode: number; headers: Record<string, string | string[] | undefined> },
  body: string,
  { model, responseMs, key }: { readonly model: string; readonly responseMs: number; readonly key: string },
): ProbeResult {
  const header = (name: string) => {
    const value = answer.headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  const { failure } = classifyStatus({ status: answer.statusCode, header, body, isMessages: true, model }, Date.now());
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.){0,200})/.exec(body)?.[1];
  const error = sentence(`${answer.statusCode}${said === undefined ? '' : `: ${said}`}`, key);
  return result(checkVerdictOf(failure ?? 'badAnswer'), failure ?? 'badAnswer', {
    status: answer.statusCode,
    responseMs,
    ttftMs: null,
    model,
    error,
  });
}

function broken(error: unknown, late: boolean, model: string | null, responseMs: number): ProbeResult {
  const { code, cause, name } = error as { code?: string; cause?: { code?: string }; name?: string };
  if (late)
    return result('timeout', 'timeout', { status: null, responseMs, ttftMs: null, model, error: 'no answer in time' });
  const told = code ?? cause?.code ?? name ?? 'unknown';
  return result('failure', classifyTransport(told), {
    status: null,
    responseMs,
    ttftMs: null,
    model,
    error: `no answer (${told})`,
  });
}

type Seen = Pick<ProbeResult, 'status' | 'responseMs' | 'ttftMs' | 'model' | 'error'>;

const sentenceMax = 280;

/** One line that harms no terminal, without the key, should the endpoint say it back. */
function sentence(text: string, key: string): string {
  const hidden = key === '' ? text : text.replaceAll(key, '…');
  const plain = hidden.replace(/\\u[0-9a-f]{4}|\\[a-z]/gi, ' ').replace(/[\p{Cc}\\]+/gu, ' ');
  return plain.replace(/\s+/g, ' ').slice(0, sentenceMax);
}

function result(verdict: Verdict, failure: Failure | null, seen: Seen): ProbeResult {
  return { verdict, failure, ...seen, score: 0, valid: false, tokens: 0 };
}

function scoreOf(responseMs: number, tokens: number): number {
  const time = Math.max(0, Math.min(1, 1 - (responseMs - quickMs) / (9 * quickMs)));
  const brief = Math.max(0, Math.min(1, 1 - (tokens - briefTokens) / (9 * briefTokens)));
  return Math.round(points.valid + points.time * time + points.brief * brief);
}
