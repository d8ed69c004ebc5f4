/**
 * What a refusal means: one table for the traffic, the queue, the probes and what-if. Each row says who refuses in these words, where that
 * was read, and when. The first row that fits is the meaning; where none does, the status decides (`classify.ts`).
 *
 * A row is about words that a vendor documents or that were seen in the wild. It fits by a code, or by a status together with a pattern
 * of ours that is held against the vendor's text, in which the name of the model that was asked for is `{model}`.
 */
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import { hourMs, minuteMs } from '../events/units.ts';
import {
  saysAccountClosed,
  saysNoAccess,
  saysNoBalance,
  saysNoChannel,
  saysNoModel,
  saysTooLarge,
  saysUsedUp,
  saysWhichClients,
} from './refusal-patterns.ts';
import type { ErrorWords } from './refusal-words.ts';

/** A refusal, taken apart. */
export interface Refusing extends ErrorWords {
  /** Null: it came inside an answer with status 200, and its type belongs to no status. */
  readonly status: number | null;
  /** The message, with `{model}` in the place of the model's name. */
  readonly text: string;
}

export type Meaning = Extract<
  Failure,
  | 'billing'
  | 'quota'
  | 'noModel'
  | 'credential'
  | 'rateLimited'
  | 'overloaded'
  | 'notForThis'
  | 'tooLargeHere'
  | 'blocked'
>;

interface Row {
  readonly means: Meaning;
  /** Who says so, where it was read, and when. */
  readonly seen: readonly (readonly [vendor: string, where: string, on: string])[];
  /** Null: with any. */
  readonly statuses: readonly number[] | null;
  /** One of these is its type or its code. */
  readonly codes?: readonly string[];
  /** MiniMax's own numbers. */
  readonly baseCodes?: readonly string[];
  readonly says?: RegExp;
  /** It is about something else when it says this too. */
  readonly butNot?: RegExp;
}

const glm = (on: string) => ['GLM', 'docs.z.ai/api-reference/api-code', on] as const;
const minimax = ['MiniMax', 'platform.minimax.io/docs/api-reference/errorcode', '2026-11'] as const;
const kimi = ['Kimi', 'kimi.com/code/docs/en/kimi-code/error-reference', '2026-11'] as const;
const qwen = ['Qwen', 'help.aliyun.com/en/model-studio/error-code', '2026-11'] as const;
const newApi = ['new-api, one-api', 'QuantumNous/new-api, middleware/distributor.go', '2026-11'] as const;
const ark = ['Volcengine Ark', 'volcengine.com/docs/82379/1299023', '2026-11'] as const;
const litellm = ['LiteLLM', 'BerriAI/litellm, litellm/proxy/_types.py', '2026-11'] as const;
const anthropic = (where: string, on: string) => ['Anthropic', where, on] as const;

// No vendor answers in these: GLM gives its numbers with a status of HTTP that says little.
const glmStatuses = [400, 401, 403, 404, 429, 500, 503];
const glmQuotas = ['1304', '1308', '1310', '1316', '1317', '1318', '1319', '1320', '1321'];
const missing = [400, 404, 405, 410, 422, 500, 501, 502, 503];
/** In the order in which they are tried: what is said most plainly comes first. */
const rows: readonly Row[] = [
  {
    means: 'blocked',
    statuses: [403],
    codes: ['unsupported_country_region_territory'],
    says: /\brequest not allowed\b|\b(?:country|region|territory|location)\b[^.\n]{0,60}\b(?:not|un)\s?supported\b|\bnot (?:available|supported|allowed) in your (?:country|region|location)\b|所在(?:地区|国家|区域)/i,
    butNot: /\b(?:key|token|credential|model)s?\b|密钥|令牌|模型/i,
    seen: [
      anthropic('anthropics/claude-code#1613, anthropic-sdk-typescript#457', '2025-06'),
      ['OpenAI', 'platform.openai.com/docs/guides/error-codes', '2026-11'],
    ],
  },
  {
    means: 'notForThis',
    statuses: [400, 403, 429],
    says: /\blong context\b[^\n]{0,80}\b(?:requests?|beta|available|required)\b|\bextra usage is required\b|\bcontext-1m\b|\b1M context\b|\bout of extra usage\b/i,
    // A header's value that the endpoint does not know is another matter.
    butNot: /anthropic-beta/i,
    seen: [
      anthropic('anthropics/claude-code#42616, #50784, #23472; griffinmartin/opencode-claude-auth#209', '2026-04'),
    ],
  },
  {
    means: 'quota',
    statuses: glmStatuses,
    codes: glmQuotas,
    seen: [
      glm('2026-11'),
      ['GLM', 'dirge-code/dirge#818', '2026-08'],
      ['GLM', 'NousResearch/hermes-agent#103038', '2026-09'],
    ],
  },
  {
    means: 'billing',
    statuses: glmStatuses,
    codes: ['1110', '1111', '1112', '1113', '1121', '1309', '1313'],
    seen: [glm('2026-11')],
  },
  { means: 'noModel', statuses: glmStatuses, codes: ['1211', '1221', '1222', '1311'], seen: [glm('2026-11')] },
  { means: 'overloaded', statuses: glmStatuses, codes: ['1305', '1312'], seen: [glm('2026-11')] },
  { means: 'quota', statuses: null, baseCodes: ['2056'], seen: [minimax] },
  { means: 'billing', statuses: null, baseCodes: ['1008'], seen: [minimax] },
  { means: 'credential', statuses: null, baseCodes: ['1004', '2049'], seen: [minimax] },
  { means: 'rateLimited', statuses: null, baseCodes: ['1002', '1039', '1041', '2045'], seen: [minimax] },
  { means: 'noModel', statuses: null, baseCodes: ['2061'], seen: [minimax] },
  {
    means: 'overloaded',
    statuses: null,
    codes: ['overloaded_error', 'engine_overloaded_error'],
    seen: [anthropic('docs.anthropic.com/en/api/errors', '2026-11'), kimi],
  },
  {
    // "You exceeded your current quota", where it is a rate that the account may raise.
    means: 'rateLimited',
    statuses: [429],
    codes: ['Throttling', 'Throttling.RateQuota', 'Throttling.AllocationQuota', 'Throttling.BurstRate'],
    butNot: /\bfree\b/i,
    seen: [qwen],
  },
  {
    means: 'rateLimited',
    statuses: [429],
    says: /^(?:concurrency )?allocated quota exceeded|\b(?:requests|tokens) per minute\b/i,
    seen: [qwen],
  },
  {
    means: 'quota',
    statuses: [402, 403, 429],
    codes: ['AccountQuotaExceeded'],
    says: saysUsedUp,
    butNot: /\brate limit\b/i,
    seen: [kimi, ['Kimi', 'openclaw/openclaw#142656', '2026-08'], qwen, glm('2026-11'), ark],
  },
  {
    means: 'billing',
    statuses: null,
    codes: [
      'billing_error',
      'insufficient_quota',
      'insufficient_user_quota',
      'pre_consume_token_quota_failed',
      'insufficient_balance',
      'insufficient_credit',
      'insufficient_credits',
      'insufficient_funds',
      'reject_no_credit',
      'billing_hard_limit_reached',
      'billing_not_active',
      'account_deactivated',
      'enforced_spend_limit_reached',
      'exceeded_current_quota_error',
      'Arrearage',
      'AccountOverdueError',
      'PrepaidBillOverdue',
      'AllocationQuota.FreeTierOnly',
      'AllocationQuota.FreeExceeded',
      'budget_exceeded',
    ],
    seen: [
      anthropic('docs.anthropic.com/en/api/errors', '2026-11'),
      ['OpenAI', 'platform.openai.com/docs/guides/error-codes', '2026-11'],
      newApi,
      qwen,
      ['Kimi', 'platform.moonshot.ai/docs/api/errors', '2026-11'],
      ['ZenMux', 'docs.zenmux.ai/guide/advanced/error-codes', '2026-11'],
    ],
  },
  {
    means: 'billing',
    statuses: [400, 401, 402, 403, 429, 500, 503],
    says: saysNoBalance,
    seen: [
      anthropic('docs.anthropic.com/en/api/errors', '2026-11'),
      newApi,
      qwen,
      ['DeepSeek', 'api-docs.deepseek.com/quick_start/error_codes', '2026-11'],
      ['OpenRouter', 'openrouter.ai/docs/api-reference/limits', '2026-11'],
    ],
  },
  {
    means: 'billing',
    statuses: [400, 402, 403, 429],
    says: saysAccountClosed,
    seen: [anthropic('anthropics/claude-code#8327, #19028', '2026-01'), kimi],
  },
  {
    means: 'billing',
    statuses: [402, 403, 429],
    codes: ['access_terminated_error'],
    says: /\bkey limit exceeded\b|\bspend_limit_reached\b|\bverify your membership\b/i,
    butNot: /\bonly available\b/i,
    seen: [kimi, ['OpenRouter', 'openrouter.ai/docs/api-reference/limits', '2026-11']],
  },
  {
    means: 'noModel',
    statuses: null,
    codes: [
      'model_not_found',
      'model_not_exist',
      'model_not_available',
      'model_not_supported',
      'model_not_allowed',
      'invalid_model',
      'ModelNotFound',
      'Model.AccessDenied',
      'AccessDenied.Unpurchased',
      'no_provider_available',
      'model_price_error',
      // LiteLLM refuses a model that a key, a team or a user may not have with a 401.
      'key_model_access_denied',
      'team_model_access_denied',
      'user_model_access_denied',
      'org_model_access_denied',
      'project_model_access_denied',
      'InvalidEndpointOrModel.NotFound',
    ],
    seen: [
      ['OpenAI', 'platform.openai.com/docs/guides/error-codes', '2026-11'],
      newApi,
      qwen,
      ark,
      litellm,
      ['ZenMux', 'docs.zenmux.ai/guide/advanced/error-codes', '2026-11'],
    ],
  },
  {
    means: 'notForThis',
    statuses: [404],
    says: /\bno endpoints found that\b/i,
    seen: [['OpenRouter', 'anomalyco/opencode#1675, dnakov/anon-kode#2', '2025-08']],
  },
  {
    means: 'noModel',
    statuses: [...missing, 403, 429],
    says: saysNoChannel,
    seen: [newApi, ['OpenRouter', 'Alishahryar1/free-claude-code#166', '2026-04']],
  },
  {
    means: 'noModel',
    statuses: [...missing, 403],
    says: saysNoModel,
    seen: [
      ['DeepSeek', 'api-docs.deepseek.com/quick_start/error_codes', '2026-11'],
      ['DeepSeek', 'HKUDS/Paper2Slides#37, JayWebtech/autoshorts#33', '2026-07'],
      glm('2026-11'),
      kimi,
      qwen,
      ['OpenRouter', 'maxnowack/anthropic-proxy#4', '2025-05'],
    ],
  },
  {
    means: 'noModel',
    statuses: [403],
    says: saysNoAccess,
    seen: [newApi, anthropic('docs.anthropic.com/en/api/errors', '2026-11')],
  },
];

/** The meaning of the first row that fits; null where the status alone tells. */
export function meaningOf(said: Refusing): Meaning | null {
  if (isOfContent(said)) return null;
  return rows.find((row) => fits(row, said))?.means ?? (isTooLarge(said) ? 'tooLargeHere' : null);
}

function fits({ statuses, codes, baseCodes, says, butNot }: Row, said: Refusing): boolean {
  const { status, text } = said;
  if (statuses !== null && !isAmong(statuses, status)) return false;
  const isCoded =
    codes?.some((code) => code === said.type || said.codes.includes(code)) || baseCodes?.includes(said.baseCode);
  return (isCoded || says?.test(text) === true) && butNot?.test(text) !== true;
}

/** Inside of an answer a vendor may give no status: its words are plain in most rows, and too few where they mean something with a 403 alone. */
function isAmong(statuses: readonly number[], status: number | null): boolean {
  return status === null ? statuses.some((one) => one !== 403) : statuses.includes(status);
}

/** It says where in the conversation something is wrong: whatever it quotes of it, it speaks of no account and no model. */
function isOfContent({ status, text }: Refusing): boolean {
  return (status === 400 || status === 422) && /^(?:body\.)?(?:messages|tools|system)(?:[.[]\d|:)/.test(text);
}

/** The client knows what to do about Anthropic's own envelope. */
function isTooLarge({ status, isEnvelope, codes, type, text, message }: Refusing): boolean {
  if (isEnvelope) return false;
  if (status === 413) return true;
  const isPage = type === '' && codes.length === 0 && (message.startsWith('<') || !message.startsWith('{'));
  return status === 400 && saysTooLarge.test(text) && (isPage || /\btotal message size\b/i.test(text));
}

/**
 * A probe that is refused for what it looks like, by an endpoint that serves some clients only: it says nothing of the key
 * (Wei-Shaw/claude-relay-service#972, MoonshotAI/kimi-code#412).
 */
export function isForLooks({ status, text, type, codes }: Refusing): boolean {
  // Some say it of the credential, with a 400.
  if (status === 400 || status === 401) return /\bclaude[ _-]?code\b/i.test(text);
  if (status !== 403 && status !== 503) return false;
  return (
    saysWhichClients.test(text) || saysWhichClients.test(type) || codes.some((code) => saysWhichClients.test(code))
  );
}

const date = /\b(\d{4})-(\d\d)-(\d\d)[T ](?:at )?(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?/;
// Zhipu gives its times as they are in Beijing, without saying so.
const beijingMs = 8 * hourMs;
const glmTimes: ReadonlySet<string> = new Set(glmQuotas);
const glmSays = /\byour limit will reset at\b|您的限额将在/i;

/** When it is over, as it says in its text; null where it does not, or names what has passed. */
export function resetNamedIn({ text, type, codes }: Refusing, now: Millis): Millis | null {
  const found = date.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  // Relays keep its sentence, and put another code to it.
  const isGlm = glmTimes.has(type) || codes.some((code) => glmTimes.has(code)) || glmSays.test(text);
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second || 0);
  const offsetMs = offsetOf(found[7]) ?? (isGlm ? beijingMs : 0);
  const named = at - offsetMs;
  return named > now ? named : null;
}

function offsetOf(zone: string | undefined): Millis | null {
  if (zone === undefined) return null;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * hourMs + Number(minutes) * minuteMs);
}

/** The name of the model is a client's: it is taken out by the letter, before any pattern is held against what is left. */
export function withoutModel(message: string, model: string | null): string {
  return model === null || model === '' ? message : message.replaceAll(model, '{model}');
}
