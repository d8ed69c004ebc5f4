/** Vendors that check signatures and vendors that want thinking back are told by what they say. */
import { describe, expect, it } from 'vitest';
import { thinkingRefusal } from '../../machines/refused-thinking.ts';

describe('a refusal about thinking', () => {
  it.each([
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation',
    '{"error":{"message":"messages.3.content.0: Invalid \\"signature\\" in \\"thinking\\" block"}}',
    'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
    'messages.1.content.0.thinking.signature: Field required',
    'messages.5.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
    'Thinking signature verification failed',
    'thinking block signature is invalid',
    'Unable to submit request because Thought signature is not valid.',
    'thinking_signature_invalid',
    "messages.1.content.0: Input tag 'thinking' found using 'type' does not match any of the expected tags: 'text'",
    'content type `thinking` is not supported',
    'messages.1.content.0: unknown content block type: thinking',
  ])('that is of another: %s', (text) => {
    expect(thinkingRefusal(text)).toBe('foreign');
  });

  it.each([
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
  ])('that is not at the beginning of a turn: %s', (text) => {
    expect(thinkingRefusal(text)).toBe('noStart');
  });

  it.each([
    'The `content[].thinking` in the thinking mode must be passed back to the API.',
    'The reasoning_content in the thinking mode must be passed back to the API.',
    'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
    'Missing `reasoning_content` in the last message',
    'Invalid request: missing thinking content in assistant message 3',
    'The thinking block is missing in messages[2]',
  ])('that is wanted back: %s', (text) => {
    expect(thinkingRefusal(text)).toBe('passBack');
  });

  it.each([
    'context_management: Extra inputs are not permitted',
    'thinking: Extra inputs are not permitted',
    'thinking.budget_tokens: Input should be greater than or equal to 1024',
    'max_tokens must be greater than `thinking.budget_tokens`',
    'Invalid signature of the request',
    'messages.1.content.1.cache_control: cache_control cannot be set for thinking blocks',
    "Missing required parameter: 'thinking.budget_tokens'",
    'thinking is enabled but max_tokens is missing',
    'Not valid text: "why is it that the thinking block must be passed back to the API?"',
    '{"error":{"message":"no","input":"Invalid signature in thinking block"}}',
    '`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive',
    '',
  ])('is none: %s', (text) => {
    expect(thinkingRefusal(text)).toBeNull();
  });

  it('takes the time of its letters', () => {
    const startedAt = performance.now();
    thinkingRefusal('missing thinking signature '.repeat(100_000));
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});
