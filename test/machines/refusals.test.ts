/** What vendors' refusals mean: a line for each dialect, as they say it. */
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import { classifyInside, classifyStatus, isForLooks } from '../../machines/classify.ts';
import { errorWordsIn } from '../../machines/refusal-words.ts';

const now = Date.UTC(2026, 10, 30, 12);
const model = 'claude-haiku-4-5';

interface How {
  readonly headers?: Readonly<Record<string, string>>;
  readonly hasAnswered?: boolean;
  readonly isCount?: boolean;
}

function judged(status: number, body: unknown, { headers = {}, hasAnswered, isCount = false }: How = {}) {
  const header = (name: string) => headers[name] ?? null;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyStatus({ status, header, body: text, isMessages: !isCount, isCount, model, hasAnswered }, now);
}

const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message }, request_id: 'req_1' });
const openai = (message: string, more: object = {}) => ({ error: { message, type: 'invalid_request_error', ...more } });
const relay = (message: string, code = '') => ({ error: { code, message, type: 'new_api_error' } });
const glm = (code: string, message: string) => ({ error: { code, message } });
const minimax = (status_code: number, status_msg: string) => ({ base_resp: { status_code, status_msg } });

type Row = readonly [who: string, status: number, body: unknown];

function means(failure: Failure | null, rows: readonly Row[], how: How = {}): void {
  it.each(rows)('%s, %i', (_, status, body) => {
    expect(judged(status, body, how).failure).toBe(failure);
  });
}

describe('the endpoint does not have the model', () => {
  means('noModel', [
    ['Anthropic, a plan', 403, anthropic('permission_error', 'Your plan does not have access to this model.')],
    ['a token', 403, anthropic('permission_error', `This token has no access to model ${model}`)],
    ['new-api, a token', 403, relay(`该令牌无权访问模型 ${model}`)],
    ['a name alone', 403, anthropic('permission_error', `${model}: forbidden`)],
    ['new-api', 503, relay(`No available channel for model ${model} under group default (distributor)`)],
    ['new-api, in Chinese', 503, relay(`当前分组 default 下对于模型 ${model} 无可用渠道`, 'model_not_found')],
    ['one-api', 503, relay(`当前分组 vip 下对于模型 ${model} 无可用渠道`)],
    ['a relay', 400, openai(`no available provider for model ${model}`)],
    ['a relay of accounts', 429, openai(`No available accounts supporting model ${model}`)],
    ['OpenRouter', 404, { error: { message: `No endpoints found for ${model}.`, code: 404 } }],
    ['OpenRouter', 400, { error: { message: `anthropic/${model} is not a valid model ID`, code: 400 } }],
    ['DeepSeek', 400, openai('Model Not Exist', { param: null, code: 'invalid_request_error' })],
    ['GLM', 400, glm('1211', '模型不存在,请检查模型代码。')],
    [
      'DeepSeek, with the names that it has',
      400,
      openai(`The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed ${model}.`),
    ],
    [
      'claude-relay-service',
      500,
      { error: 'Internal server error', message: `No available Claude accounts support the requested model: ${model}` },
    ],
    ['new-api, without a price', 400, relay(`模型 ${model} 倍率或价格未配置，请联系管理员设置`)],
    [
      'LiteLLM, a key',
      401,
      { error: { message: 'key not allowed to access model.', type: 'key_model_access_denied' } },
    ],
    ['Bedrock, behind a relay', 400, anthropic('invalid_request_error', 'The provided model identifier is invalid.')],
    ['ModelScope', 400, { errors: { message: `Invalid model id: ${model}` } }],
    ['GLM, its code in the sentence', 400, anthropic('invalid_request_error', '[1211][请检查][2026]')],
    ['GLM, a plan', 429, glm('1311', 'Your current subscription plan does not yet include access to GLM-5')],
    ['MiniMax', 200 + 300, minimax(2061, 'your current token plan not support model')],
    ['Kimi', 404, openai(`Not found the model ${model} or Permission denied`, { type: 'resource_not_found_error' })],
    ['Qwen', 404, { code: 'ModelNotFound', message: 'Model not exist.', request_id: 'x' }],
    ['Qwen, a plan', 400, openai(`model '${model}' is not supported.`)],
    [
      'OpenAI',
      404,
      openai(`The model \`${model}\` does not exist or you do not have access to it.`, { code: 'model_not_found' }),
    ],
    ['LiteLLM', 400, openai(`Invalid model name passed in model=${model}`)],
    ['a stranger', 400, anthropic('invalid_request_error', `unknown model '${model}'`)],
    ['a stranger', 422, { detail: `model ${model} does not exist` }],
    ['ZenMux', 404, { error: { code: '404', type: 'model_not_available', message: 'not in your plan' } }],
    ['Anthropic', 404, anthropic('not_found_error', `model: ${model}`)],
    ['LiteLLM', 400, openai(`litellm.BadRequestError: LLM Provider NOT provided. You passed model=${model}`)],
  ]);
});

describe('the account cannot go on', () => {
  means('billing', [
    [
      'Anthropic',
      400,
      anthropic('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    ],
    [
      'Anthropic',
      400,
      anthropic(
        'invalid_request_error',
        'You have reached your specified API usage limits. You will regain access on 2099-12-01 at 00:00 UTC.',
      ),
    ],
    ['Anthropic', 400, anthropic('invalid_request_error', 'This organization has been disabled.')],
    ['Anthropic', 403, anthropic('permission_error', 'Your account has been suspended. Please contact support.')],
    [
      'Anthropic',
      429,
      {
        type: 'error',
        error: { type: 'rate_limit_error', message: 'no', details: { error_code: 'enforced_spend_limit_reached' } },
      },
    ],
    ['GLM', 429, glm('1113', '余额不足或无可用资源包,请充值。')],
    ['GLM, locked', 403, glm('1112', 'Your account has been locked')],
    ['GLM, as a number', 429, { error: { code: 1113, message: 'Insufficient balance' } }],
    ['MiniMax', 500, minimax(1008, 'insufficient balance')],
    ['MiniMax, in an envelope', 500, anthropic('api_error', 'insufficient balance (1008)')],
    ['DeepSeek', 402, openai('Insufficient Balance', { type: 'unknown_error' })],
    [
      'Kimi',
      429,
      openai('Your account is suspended due to insufficient balance', { type: 'exceeded_current_quota_error' }),
    ],
    [
      'Kimi',
      403,
      { error: { message: 'Access terminated. Review our Community Guidelines', type: 'access_terminated_error' } },
    ],
    ['Qwen', 400, { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' }],
    [
      'Qwen, a free tier',
      403,
      openai('The free tier of the model has been exhausted.', { code: 'AllocationQuota.FreeTierOnly' }),
    ],
    [
      'OpenAI',
      429,
      openai('You exceeded your current quota, please check your plan and billing details.', {
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }),
    ],
    ['OpenRouter', 403, { error: { message: 'Key limit exceeded (total limit)', code: 403 } }],
    ['new-api', 403, relay('用户额度不足, 剩余额度: ＄0.000000', 'insufficient_user_quota')],
    ['one-api', 401, relay('该令牌额度已用尽 !token.UnlimitedQuota')],
    ['one-api', 403, relay('user quota is not enough')],
    [
      'Anthropic, a workspace',
      400,
      anthropic('invalid_request_error', 'You have reached your specified workspace API usage limits.'),
    ],
    ['Volcengine Ark', 403, { error: { code: 'AccountOverdueError', message: 'no', type: 'Forbidden' } }],
  ]);
});

describe('the plan is used up for a time', () => {
  means('quota', [
    ['GLM', 429, glm('1308', '已达到 5 小时的使用上限。您的限额将在 2026-11-30 23:41:44 重置。')],
    ['GLM', 429, glm('1310', 'Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-12-06 22:19:54')],
    ['GLM', 429, glm('1316', 'Usage limit reached for the past 5 hours. Insufficient balance for extra usage')],
    [
      'Kimi',
      403,
      anthropic(
        'permission_error',
        "You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle.",
      ),
    ],
    ['Kimi', 403, openai("You've reached your weekly (7-day) usage limit.", { type: 'access_terminated_error' })],
    ['Kimi', 429, openai("You've reached kimi monthly usage limit")],
    ['MiniMax', 500, minimax(2056, 'usage limit exceeded')],
    ['Qwen, a plan', 429, openai('hour allocated quota exceeded')],
    ['Volcengine Ark', 429, openai('You have exceeded the 5-hour usage quota.', { code: 'TooManyRequests' })],
    ['MiniMax, in an envelope', 500, anthropic('api_error', 'usage limit exceeded (2056)')],
    ['a relay', 429, relay('今日额度已用完')],
  ]);

  it('until the time that it names: GLM says it as it is in Beijing', () => {
    const said = glm('1308', '已达到 5 小时的使用上限。您的限额将在 2026-11-30 23:41:44 重置。');
    expect(judged(429, said).resetAt).toBe(Date.UTC(2026, 10, 30, 15, 41, 44));
    const sentence = 'Usage limit reached for 5 hour. Your limit will reset at 2026-11-30 23:41:44';
    for (const said of [
      anthropic('1308', sentence),
      relay(sentence),
      anthropic('rate_limit_error', `[1308][${sentence}]`),
    ])
      expect(judged(429, said).resetAt).toBe(Date.UTC(2026, 10, 30, 15, 41, 44));
    const utc = anthropic('permission_error', "You've reached your usage limit. Resets at 2026-11-30 14:00 UTC");
    expect(judged(403, utc).resetAt).toBe(Date.UTC(2026, 10, 30, 14));
    const ahead = openai("You've reached your usage limit until 2026-11-30T14:00:00+02:00, not sooner");
    expect(judged(429, ahead).resetAt).toBeNull();
  });

  it('until nobody knows when, where the time has passed or there is none', () => {
    expect(judged(429, glm('1308', 'reset at 2026-11-30 09:00:00')).resetAt).toBeNull();
    expect(judged(429, glm('1310', 'Limit Exhausted')).resetAt).toBeNull();
  });
});

describe('another matter', () => {
  means('rateLimited', [
    ['GLM', 429, glm('1302', 'High concurrency usage of this API')],
    ['MiniMax', 500, minimax(1002, 'rate limit')],
    ['MiniMax, in an envelope', 500, anthropic('api_error', 'rate limit exceeded(RPM) (1002)')],
    ['Kimi', 429, openai("We're receiving too many requests at the moment.", { type: 'rate_limit_reached_error' })],
    [
      'Qwen',
      429,
      openai('You exceeded your current quota', { type: 'insufficient_quota', code: 'Throttling.AllocationQuota' }),
    ],
    ['Anthropic', 429, anthropic('rate_limit_error', 'Number of request tokens has exceeded your daily rate limit')],
  ]);
  means('overloaded', [
    ['Kimi', 429, openai('The engine is currently overloaded', { type: 'engine_overloaded_error' })],
    ['GLM', 429, glm('1305', 'The service may be temporarily overloaded')],
  ]);
  means('notForThis', [
    ['Anthropic', 429, anthropic('rate_limit_error', 'Extra usage is required for long context requests.')],
    [
      'Anthropic',
      400,
      anthropic('invalid_request_error', 'The long context beta is not yet available for this subscription.'),
    ],
    ['a relay', 429, relay('context-1m is not enabled for this account')],
    ['OpenRouter', 404, { error: { message: 'No endpoints found that support tool use.', code: 404 } }],
  ]);
  means('tooLargeHere', [
    ['nginx', 413, '<html><head><title>413 Request Entity Too Large</title></head></html>'],
    ['an empty one', 413, ''],
    ['a page', 400, '<html><body>Request Header Or Body Too Large</body></html>'],
    ['Kimi', 400, openai('total message size 2200000 exceeds limit 2097152')],
  ]);
  means('blocked', [
    ['Anthropic', 403, { error: { type: 'forbidden', message: 'Request not allowed' } }],
    [
      'OpenAI',
      403,
      openai('Country, region, or territory not supported', { code: 'unsupported_country_region_territory' }),
    ],
  ]);
  means('credential', [
    ['a key', 403, anthropic('permission_error', 'This API key: request not allowed')],
    [
      'Kimi, of a client',
      403,
      openai('Kimi For Coding is currently only available for Coding Agents such as Kimi CLI', {
        type: 'access_terminated_error',
      }),
    ],
    ['MiniMax', 500, minimax(1004, 'not authorized')],
    ['MiniMax, in an envelope', 500, anthropic('api_error', 'login fail (1004)')],
    ['a group', 403, relay('无权访问 vip 分组')],
  ]);
  means('serverError', [
    ['new-api, without a model', 503, relay('当前分组上游负载已饱和，请稍后再试')],
    ['a relay, without a model', 503, openai('no available accounts')],
    ['MiniMax', 500, minimax(1024, 'internal error')],
  ]);
});

describe('the client’s affair stays the client’s', () => {
  means(null, [
    ['no messages', 400, anthropic('invalid_request_error', 'messages: at least one message is required')],
    [
      'too many tokens',
      400,
      anthropic(
        'invalid_request_error',
        `max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for ${model}`,
      ),
    ],
    ['a feature', 400, anthropic('invalid_request_error', `thinking.type: adaptive is not supported on this model`)],
    ['a feature of it', 400, anthropic('invalid_request_error', `Images are not supported for ${model}`)],
    ['a feature of it', 400, anthropic('invalid_request_error', `The model ${model} does not support effort`)],
    ['a parameter', 400, openai('invalid model parameter')],
    [
      'a beta',
      400,
      anthropic(
        'invalid_request_error',
        'Unexpected value(s) `context-1m-2025-08-07` for the `anthropic-beta` header.',
      ),
    ],
    ['a long prompt', 400, anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum')],
    ['a large one', 413, anthropic('request_too_large', 'Request exceeds the maximum size')],
    [
      'what the prompt quotes',
      400,
      anthropic('invalid_request_error', `Too long: ${'x'.repeat(1_000)} insufficient balance`),
    ],
    [
      'what is wrong there',
      400,
      anthropic('invalid_request_error', 'messages.3.content: insufficient balance is no text'),
    ],
    ['a tool of that name', 400, anthropic('invalid_request_error', 'tools.0.name: unknown model must match ^[a-z]+$')],
    ['what it quotes', 400, anthropic('invalid_request_error', 'Not valid: "your credit balance is too low"')],
    ['what it quotes, in Python', 400, openai("Not a list [input_value='the model gpt-9 does not exist']")],
    ['what it quotes, in JSON', 422, { detail: [{ loc: ['body'], msg: 'no', input: 'insufficient balance' }] }],
  ]);
});

describe('a 404 that does not name the model', () => {
  const body = '<html><title>404 Not Found</title></html>';

  it('is a strike where messages have been answered, and a wrong address where none ever was', () => {
    expect(judged(404, body, { hasAnswered: true }).failure).toBe('badAnswer');
    expect(judged(404, body, { hasAnswered: false }).failure).toBe('misconfigured');
  });

  it('names it in its text, and not in the scripts of its page', () => {
    expect(judged(404, `<html>${' '.repeat(5_000)}model</html>`, { hasAnswered: true }).failure).toBe('badAnswer');
  });
});

describe('a count that is refused', () => {
  it.each([401, 402, 403, 404, 405, 500, 501, 503, 529])(
    'with %i says nothing of the endpoint, and is remembered',
    (status) => {
      expect(judged(status, anthropic('x_error', 'no'), { isCount: true })).toMatchObject({
        failure: null,
        isMissing: true,
        countsNot: true,
      });
    },
  );

  it('for the moment is not remembered', () => {
    const verdict = judged(429, anthropic('rate_limit_error', 'slow down'), { isCount: true });
    expect([verdict.failure, verdict.isMissing, verdict.countsNot]).toEqual([null, true, undefined]);
  });

  it('for what it asks is the client’s affair', () => {
    const verdict = judged(400, anthropic('invalid_request_error', 'messages: required'), { isCount: true });
    expect([verdict.failure, verdict.isMissing]).toEqual([null, undefined]);
  });
});

describe('an error that came with status 200', () => {
  const inside = (body: unknown) => classifyInside({ body: JSON.stringify(body), model }, now);

  it.each([
    ['invalid_request_error', 400],
    ['request_too_large', 413],
    ['not_found_error', 404],
  ])('that blames the request (%s) is the client’s, with the status %i', (type, status) => {
    expect(inside(anthropic(type, 'no'))).toMatchObject({ verdict: { failure: null }, status });
  });

  it.each<[string, unknown, Failure | null]>([
    ['a balance', anthropic('invalid_request_error', 'Your credit balance is too low'), 'billing'],
    ['a model', anthropic('not_found_error', `model: ${model} not found`), 'noModel'],
    ['a model, as Anthropic says it', anthropic('not_found_error', `model: ${model}`), 'noModel'],
    ['what is no model', anthropic('not_found_error', 'File not found: file_011'), null],
    ['MiniMax', minimax(1008, 'insufficient balance'), 'billing'],
    ['OpenRouter', { error: { code: 429, message: 'slow down' } }, 'rateLimited'],
    ['a relay', { code: 500, msg: 'internal', success: false }, 'badAnswer'],
    ['an OpenAI error', openai('upstream failed', { type: 'server_error' }), 'badAnswer'],
    ['OpenAI’s protocol', { choices: [] }, 'badAnswer'],
  ])('%s', (_, body, failure) => {
    expect(inside(body).verdict.failure).toBe(failure);
  });
});

describe('a probe that is refused for its looks', () => {
  const looks = (status: number, body: unknown) => isForLooks({ status, body: JSON.stringify(body), model });

  it.each<[number, unknown]>([
    [403, { error: 'Client not allowed', message: 'Your client is not authorized to use this API key' }],
    [
      403,
      {
        error: { type: 'client_validation_error', message: 'This endpoint only accepts requests from Claude Code CLI' },
      },
    ],
    [403, openai('Kimi For Coding is currently only available for Coding Agents such as Kimi CLI')],
    [503, openai('Claude Code clients only')],
    [403, openai('仅允许 Claude Code 客户端')],
    [400, openai('This credential is only authorized for use with Claude Code')],
  ])('%i %j', (status, body) => {
    expect(looks(status, body)).toBe(true);
  });

  it.each<[number, unknown]>([
    [403, openai('forbidden')],
    [401, openai('invalid client credentials')],
    [503, openai('overloaded, try again')],
    [500, openai('Claude Code only')],
  ])('is not seen in %i %j', (status, body) => {
    expect(looks(status, body)).toBe(false);
  });
});

describe('the words of an error', () => {
  it('are found in all shapes', () => {
    expect(errorWordsIn('{"error":"no","message":"why"}').message).toBe('no: why');
    expect(errorWordsIn('{"detail":"no such thing"}').message).toBe('no such thing');
    expect(errorWordsIn('event: error\ndata: {"error":{"code":"1113","message":"x"}}\n\n').codes).toEqual(['1113']);
    expect(errorWordsIn('data: {"error":{"type":"api_error"}}').type).toBe('api_error');
    expect(errorWordsIn('[{"error":{"code":404,"message":"m"}}]').codes).toEqual(['404']);
    expect(errorWordsIn('{"error":{"type":"overloaded_error","message":"cut o').type).toBe('overloaded_error');
    expect(errorWordsIn('Bad gateway').message).toBe('Bad gateway');
  });

  it('are bounded, whatever is sent', () => {
    const long = errorWordsIn(JSON.stringify({ error: { message: 'x'.repeat(20_000), type: 'y'.repeat(20_000) } }));
    expect([long.message.length, long.type.length]).toEqual([1_000, 80]);
    expect(errorWordsIn('x'.repeat(1_000_000)).message.length).toBe(1_000);
  });

  it.each([
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"error":null}',
    '{"error":[]}',
    '{"base_resp":1}',
    '{"error":{"code":{}}}',
  ])('are none in %s', (body) => {
    expect(errorWordsIn(body)).toMatchObject({ type: '', codes: [] });
  });

  it('are no pattern: a model whose name is one is taken by the letter', () => {
    const body = JSON.stringify(openai('model (a+)+$ does not exist'));
    const refusal = { status: 400, header: () => null, body, isMessages: true, isCount: false };
    expect(classifyStatus({ ...refusal, model: '(a+)+$' }, now).failure).toBe('noModel');
    expect(classifyStatus({ ...refusal, model: '.*' }, now).failure).toBeNull();
  });

  it('take no time to be judged, however they are made', () => {
    const text = 'model '.repeat(160) + 'a:-'.repeat(50);
    const at = performance.now();
    for (let count = 0; count < 50; count++) judged(400, openai(text));
    expect(performance.now() - at).toBeLessThan(2_000);
  });
});
