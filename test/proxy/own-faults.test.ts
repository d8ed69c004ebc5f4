/** What is wrong with a request itself: the client sees the endpoint's words to the byte, after one call, and nothing is learned of it. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ask, gateway } from './gateway.ts';
import { upstream } from './upstreams.ts';

/** It has all that these refusals speak of. */
const body = JSON.stringify({
  model: 'claude-test',
  max_tokens: 64_000,
  temperature: 0.5,
  tool_choice: { type: 'odd' },
  system: 'x',
  tools: [{ name: 'x' }],
  metadata: {},
  context_management: {},
  thinking: { type: 'enabled', budget_tokens: 5 },
  messages: [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'y', cache_control: {} }] },
    { role: 'user', content: 'y' },
  ],
  stream: true,
});

const own: readonly (readonly [status: number, message: string])[] = [
  [400, 'messages: roles must alternate between "user" and "assistant"'],
  [400, 'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.'],
  [400, '`max_tokens` must be greater than `thinking.budget_tokens`.'],
  [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
  [400, 'input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000, decrease `max_tokens`'],
  [400, 'tools.0.custom.name: String should match pattern'],
  [400, 'system: text content blocks must be non-empty'],
  [400, 'messages.1.content.0.cache_control: cache_control cannot be set for thinking blocks'],
  [400, '`temperature` may only be set to 1 when thinking is enabled.'],
  [400, 'The model claude-test does not support assistant message prefill.'],
  [400, "tool_choice: Input tag 'odd' found using 'type' does not match any of the expected tags"],
  [400, "Tool 'unknown model' not found"],
  [400, 'Invalid parameter: tool_choice must be one of auto, any'],
  [400, 'Invalid parameter: temperature should be less than or equal to 1'],
  [400, "Missing required parameter: 'thinking.budget_tokens'"],
  [400, 'Output blocked by content filtering policy'],
  [400, 'messages.0.content: not valid: "why is context_management: Extra inputs are not permitted"'],
  [400, "This prompt was blocked: 'your credit balance is too low'"],
  [400, 'tools.0.name: unknown model does not match ^[a-z]+$'],
  [400, "Not a list [type=list_type, input_value='the model gpt-9 does not exist']"],
  [413, 'Request exceeds the maximum allowed number of bytes'],
];

describe('a fault of the request stays the client’s', () => {
  it.each(own)('%i %s', async (status, message) => {
    const type = status === 413 ? 'request_too_large' : 'invalid_request_error';
    const plain = Buffer.from(JSON.stringify({ type: 'error', error: { type, message } }));
    for (const [said, packed] of [
      [plain, {}],
      [gzipSync(plain), { 'content-encoding': 'gzip' }],
    ] as const) {
      const a = await upstream('a', ({ response }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...packed });
        response.end(said);
      });
      const b = await upstream('b');
      const gw = await gateway({ main: [a], spare: [b] });
      const got = await ask(gw, { body });
      expect([got.status, got.body.equals(said), a.heard.length, b.heard.length]).toEqual([status, true, 1, 0]);
      expect([got.headers['x-qcc-adapted'], gw.found, gw.failures]).toEqual([undefined, [], []]);
    }
  });
});
