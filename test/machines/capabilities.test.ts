/** What a refusal names is left out where that is possible, and nothing else is. */
import { describe, expect, it } from 'vitest';
import {
  isRepairedByClient,
  missingFor,
  partsOf,
  type RequestNames,
  withMissing,
  withoutMissing,
} from '../../machines/capabilities.ts';
import { learned } from '../../machines/refused-names.ts';

const betas = [
  'claude-code-20250219',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'advanced-tool-use-2025-11-20',
  'interleaved-thinking-2025-05-14',
];
const paths = new Set([
  'messages',
  'system',
  'tools',
  'max_tokens',
  'model',
  'stream',
  'thinking',
  'metadata',
  'context_management',
  'output_config',
  'output_config.effort',
  'output_config.format',
  'thinking.display',
  'thinking.type',
  'tools[].eager_input_streaming',
  'tools[].defer_loading',
  'tools[].input_schema',
  'tools[].name',
  'tools[].odd',
  'cache_control',
  'cache_control.scope',
  'cache_control.ttl',
  'temperature',
  'top_k',
  'safeguards',
  'nested',
  'nested.part',
]);
const names: RequestNames = { betas, maxTokens: 64_000, has: (path) => paths.has(path) };
const what = (text: string, of = names) => learned(text, of).map((one) => one.what);
const anthropic = (message: string) =>
  JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_1' });

describe('a refusal names', () => {
  it.each([
    ['context_management: Extra inputs are not permitted', ['context_management']],
    ['context_management.edits.0.keep: Extra inputs are not permitted', ['context_management']],
    ['body.context_management: Extra inputs are not permitted', ['context_management']],
    ["400 Extra inputs are not permitted, field: 'context_management'", ['context_management']],
    ['tools.0.custom.eager_input_streaming: Extra inputs are not permitted', ['eager_input_streaming']],
    ['tools.11.eager_input_streaming: Extra inputs are not permitted', ['eager_input_streaming']],
    ['tools[0].custom.defer_loading: Extra inputs are not permitted', ['advanced_tool_use']],
    ['tools.3.custom.odd: Extra inputs are not permitted', ['tools[].odd']],
    ['system.1.cache_control.ephemeral.scope: Extra inputs are not permitted', ['cache_scope']],
    ['messages.0.content.2.text.cache_control.ttl: Extra inputs are not permitted', ['cache_ttl']],
    ['cache_control: Extra inputs are not permitted', ['cache_control']],
    ['thinking.adaptive.display: Extra inputs are not permitted', ['thinking_display']],
    ['output_config: Extra inputs are not permitted', ['output_config']],
    ['output_config.effort: Extra inputs are not permitted', ['effort']],
    ['nested.part.0.more: Extra inputs are not permitted', ['nested.part']],
    [
      'context_management: Extra inputs are not permitted\nsafeguards: Extra inputs are not permitted',
      ['context_management', 'safeguards'],
    ],
    ['This model does not support the effort parameter.', ['effort']],
    ['Unknown field: temperature', ['temperature']],
    ['json: unknown field "context_management"', ['context_management']],
    ['Invalid JSON payload received. Unknown name "context_management": Cannot find field.', ['context_management']],
    ['Unrecognized request argument supplied: top_k', ['top_k']],
    ["Unsupported parameter: 'temperature' is not supported with this model.", ['temperature']],
    ['Unknown parameter: `context_management`.', ['context_management']],
    ["Unrecognized key(s) in object: 'safeguards'", ['safeguards']],
    ["got an unexpected keyword argument 'context_management'", ['context_management']],
    ["Additional properties are not allowed ('context_management' was unexpected)", ['context_management']],
    ['`temperature` is not supported by this model', ['temperature']],
    ['temperature parameter is not supported', ['temperature']],
    ['context_management is not supported', ['context_management']],
    ['The parameter temperature is not supported by this model.', ['temperature']],
    ['Field temperature not permitted', ['temperature']],
    ['extra fields not permitted: temperature', ['temperature']],
    ['Malformed input request: #: extraneous key [context_management] is not permitted', ['context_management']],
    ['Unrecognized keys: "safeguards"', ['safeguards']],
    ['property temperature is not allowed', ['temperature']],
    ['不支持的参数: context_management', ['context_management']],
    ['参数 temperature 不支持', ['temperature']],
    ['max_tokens is not supported', []],
    ['Invalid parameter: context_management', ['context_management']],
    ['request has invalid field `safeguards`.', ['safeguards']],
    ['Invalid parameter: temperature must be between 0 and 1', []],
    ['Invalid parameter: `temperature`. It should be less than 1', []],
    ['invalid field temperature value', []],
    ['invalid name "temperature"', []],
    ['parameter temperature is not allowed to be greater than 1', []],
    ['`temperature` is not allowed to be 2', []],
    ['tool use is not supported, nor is this nested thing', []],
  ] as const)('%s', (message, expected) => {
    expect(what(anthropic(message))).toEqual(expected);
    expect(what(message)).toEqual(expected);
  });

  it('fields as FastAPI tells their places, and as Python prints them', () => {
    const detail = [
      { type: 'extra_forbidden', loc: ['body', 'context_management'], msg: 'Extra inputs are not permitted' },
    ];
    expect(what(JSON.stringify({ detail }))).toEqual(['context_management']);
    const printed =
      "[{'type': 'extra_forbidden', 'loc': ('body', 'tools', 0, 'odd'), 'msg': 'Extra inputs are not permitted'}]";
    expect(what(JSON.stringify({ error: { message: printed } }))).toEqual(['tools[].odd']);
  });

  it('a refusal inside of the text of another', () => {
    expect(
      what(JSON.stringify({ error: { message: anthropic('context_management: Extra inputs are not permitted') } })),
    ).toEqual(['context_management']);
  });

  it.each([
    anthropic('messages.0.content: not valid: "why is context_management: Extra inputs are not permitted"'),
    anthropic("This prompt was blocked: 'Unknown field: temperature'"),
    JSON.stringify({
      detail: [{ loc: ['body'], msg: 'too long', input: 'temperature: Extra inputs are not permitted' }],
    }),
    anthropic('Not a number [input_value="max_tokens: 64000 > 8192"]'),
  ])('nothing in what it repeats of the prompt: %s', (said) => {
    expect(learned(said, names)).toEqual([]);
  });

  it('all that an error inside of a sentence names, and all in a list between quotes', () => {
    const inside = 'litellm.BadRequestError: {"message":"context_management: Extra inputs are not permitted"}. Tried 1';
    expect(what(anthropic(inside))).toEqual(['context_management']);
    const raw = anthropic('context_management: Extra inputs are not permitted');
    expect(what(JSON.stringify({ error: { message: 'Provider returned error', metadata: { raw } } }))).toEqual([
      'context_management',
    ]);
    expect(
      what(anthropic('Unsupported beta values: "effort-2025-11-24, context-management-2025-06-27"')).sort(),
    ).toEqual(['context_management', 'effort']);
  });

  it.each([
    ['Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header.', ['context_management']],
    [
      'Unexpected value(s) `effort-2025-11-24`, `claude-code-20250219` for the `anthropic-beta` header.',
      ['claude-code-20250219', 'effort'],
    ],
    ['anthropic-beta: unknown beta "interleaved-thinking-2025-05-14"', ['interleaved-thinking-2025-05-14']],
    ['The beta feature advanced-tool-use-2025-11-20 is not available', ['advanced_tool_use']],
  ])('values of the header: %s', (message, expected) => {
    expect(what(anthropic(message)).sort()).toEqual(expected);
  });

  it.each([
    'invalid beta flag',
    '{\\"message\\":\\"invalid beta flag\\"}. Received Model Group=claude-opus-4-5-20251101\\nFallbacks=None',
    'The model returned the following errors: invalid beta flag',
    'Unsupported beta header',
    'Unexpected value(s) for the `anthropic-beta` header.',
    'anthropic-beta: not supported',
    '不支持 anthropic-beta 请求头',
  ])('some value of the header, and not which: those that few vendors know. %s', (message) => {
    const few = ['advanced_tool_use', 'claude-code-20250219', 'context_management', 'effort'];
    const found = learned(JSON.stringify({ error: { message: JSON.parse(`"${message}"`) as string } }), names);
    expect(found.map((one) => one.what).sort()).toEqual(few);
    expect(new Set(found.map(({ evidence }) => evidence))).toEqual(new Set(['someBeta']));
  });

  it('some value of the header: with no such value left, all that may go; with none at all, nothing', () => {
    const with_ = (...left: string[]) => what(anthropic('invalid beta flag'), { ...names, betas: left });
    expect(with_('interleaved-thinking-2025-05-14', 'oauth-2025-04-20')).toEqual(['interleaved-thinking-2025-05-14']);
    expect(with_('context-1m-2025-08-07', 'mine')).toEqual([]);
    expect([with_('oauth-2025-04-20'), with_()]).toEqual([[], []]);
  });

  it.each([
    'invalid beta flag `fast-mode-2026-02-01`',
    'This model is in beta and is not supported in your region',
    'the beta distribution is invalid',
    'messages: at least one message is required',
  ])('no value of the header at all: %s', (message) => {
    expect(what(anthropic(message))).toEqual([]);
  });

  it.each([
    // Not in the request.
    'speed: Extra inputs are not permitted',
    'Unexpected value(s) `fast-mode-2026-02-01` for the `anthropic-beta` header.',
    // Never dropped.
    'messages: Extra inputs are not permitted',
    'messages.0.content.0.text.odd: Extra inputs are not permitted',
    'system: Extra inputs are not permitted',
    'tools: Extra inputs are not permitted',
    'tools.0.custom.input_schema: Extra inputs are not permitted',
    'tools.0.custom.name: Extra inputs are not permitted',
    'max_tokens: Extra inputs are not permitted',
    'model: Extra inputs are not permitted',
    'stream: Extra inputs are not permitted',
    'metadata: Extra inputs are not permitted',
    'metadata.user_id: Extra inputs are not permitted',
    'thinking: Extra inputs are not permitted',
    'thinking.type: Extra inputs are not permitted',
    "Unsupported parameter: 'max_tokens' is not supported with this model.",
    // Says nothing of what it knows.
    'messages: at least one message is required',
    'temperature: range: 0..1',
    'prompt is too long: 210000 tokens > 200000 maximum',
    '',
  ])('nothing that could be left out: %s', (message) => {
    expect(what(anthropic(message))).toEqual([]);
  });

  it('nothing in a text that is long, within the time of its letters', () => {
    const text = `${'tools.0.'.repeat(200_000)}: Extra inputs are not permitted`;
    const startedAt = performance.now();
    expect(what(text)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('a name in any case of its sentence, and with control characters around it', () => {
    expect(what('\u0000\u001b[context_management: extra inputs are not permitted')).toEqual(['context_management']);
  });
});

describe('a maximum of tokens', () => {
  it.each([
    ['max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for m', 8_192],
    [
      'max_tokens is too large: 64000. This model supports at most 16384 completion tokens, whereas you provided 64000.',
      16_384,
    ],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 8_192],
    ['<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]', 8_192],
    [
      '`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the `context_window`',
      32_768,
    ],
    ['max_tokens: Input should be less than or equal to 8192', 8_192],
    ['max_tokens must be between 1 and 4,096', 4_096],
    ['max_tokens参数非法，最大值为 16384', 16_384],
    ['max_tokens 不能超过 8192', 8_192],
    ['invalid params, max_tokens(64000) > 8192', 8_192],
    ['max_tokens=64000 is greater than 8192', 8_192],
    ['max_new_tokens 64000 exceed 8192', 8_192],
    ['the max_tokens must be less than 8192', 8_191],
    ['The maximum tokens you requested exceeds the model limit of 4096.', 4_096],
    ['max_tokens cannot exceed 8192 for this model (code 1210)', 8_192],
    ['max_tokens (64000) exceeds limit 8192', 8_192],
    ['max_output_tokens should be <= 32000', 32_000],
    ['the maximum value of max_tokens is 8192', 8_192],
    ['maximum allowed value for max_tokens is 8192', 8_192],
  ])('%s', (message, limit) => {
    expect(learned(anthropic(message), names)).toEqual([{ what: 'max_tokens', evidence: 'tooManyTokens', limit }]);
  });

  it.each([
    'input length and `max_tokens` exceed context limit: 188240 + 64000 > 200000, decrease input length or `max_tokens`',
    "This model's maximum context length is 8192 tokens. However, you requested 70000 tokens (max_tokens 64000)",
    'max_tokens: 64000 > 128000, which is the maximum allowed number of output tokens for m',
    'max_tokens: Field required',
    '`max_tokens` must be greater than `thinking.budget_tokens`',
    'error 400: max_tokens is wrong',
  ])('is not in: %s', (message) => {
    expect(learned(anthropic(message), names)).toEqual([]);
  });

  it('is nothing to a request that asks for none', () => {
    expect(learned('max_tokens: 64000 > 8192', { ...names, maxTokens: null })).toEqual([]);
  });
});

describe('a pair', () => {
  it('is a value of the header and its fields', () => {
    expect(partsOf('context_management', betas)).toEqual({
      betas: ['context-management-2025-06-27'],
      fields: ['context_management'],
    });
  });

  it('of a field that nobody knows is that field, of a value that nobody knows that value', () => {
    expect(partsOf('temperature', betas)).toEqual({ betas: [], fields: ['temperature'] });
    expect(partsOf('claude-code-20250219', betas)).toEqual({ betas: ['claude-code-20250219'], fields: [] });
  });

  it('goes with the whole of which its field is a member', () => {
    expect(partsOf('output_config', betas)).toEqual({ betas: ['effort-2025-11-24'], fields: ['output_config'] });
  });

  it('is repaired by the client alone where it is about the look of thinking', () => {
    expect(['thinking_display', 'context_management', 'max_tokens'].map(isRepairedByClient)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('what is missing', () => {
  const one = { model: 'm', what: 'speed', limit: null, until: 100 };

  it('holds for its model, and until its time', () => {
    expect(missingFor([one], 'm', 99)).toEqual([one]);
    expect(missingFor([one], 'm', 100)).toEqual([]);
    expect(missingFor([one], 'other', 99)).toEqual([]);
  });

  it('is remembered once, by its latest word, and not for ever more', () => {
    expect(withMissing([one], { ...one, until: 200 })).toEqual([{ ...one, until: 200 }]);
    let all = withMissing([], one);
    for (let i = 0; i < 200; i++) all = withMissing(all, { ...one, what: `field${i}` });
    expect(all).toHaveLength(64);
    expect(all.at(-1)?.what).toBe('field199');
  });

  it('is forgotten by its name, or all of it', () => {
    const all = withMissing([one], { ...one, what: 'effort' });
    expect(withoutMissing(all, 'speed').map(({ what: left }) => left)).toEqual(['effort']);
    expect(withoutMissing(all, null)).toEqual([]);
  });
});
