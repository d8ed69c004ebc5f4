/** What a probe asks: something tiny that every model can answer, and not always the same. */
import type { MessageCountTokensParams, MessageCreateParamsStreaming, MessageParam } from '@anthropic-ai/sdk/resources';

const messages = [
  'Say OK.',
  '请只回答：好',
  'Reply with one word: ready',
  '1+1=? 只回答数字。',
  'What colour is the sky? One word.',
  '用一个词回答：雪是什么颜色？',
] as const;

// Room for "Ready!" and for a model that cannot be brief; an answer that is cut here is as good as a whole one.
const maxTokens = 16;

/**
 * The body of a conversation with `model`.
 * @param dice uniform in [0, 1): which of the messages
 */
export function question(model: string, dice: number): string {
  const asked: MessageCreateParamsStreaming = { model, max_tokens: maxTokens, stream: true, messages: turn(dice) };
  return JSON.stringify(asked);
}

/** The body for `count_tokens`, which knows neither `max_tokens` nor `stream`. */
export function countable(model: string, dice: number): string {
  const asked: MessageCountTokensParams = { model, messages: turn(dice) };
  return JSON.stringify(asked);
}

function turn(dice: number): MessageParam[] {
  const content = messages[Math.floor(dice * messages.length)] ?? messages[0];
  return [{ role: 'user', content }];
}
