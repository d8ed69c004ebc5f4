/** What an answer says, whether it is whole, whether it will do. */
import { describe, expect, it } from 'vitest';
import {
  answerEvents,
  errorBody,
  messageBody,
  ping,
  readAsked,
  sseEvent,
} from '../../src/simulated-endpoint/replies.ts';
import { isSensible, readAnswer } from '../../workers/answer.ts';

const saying = (text: string) => readAsked('{"model":"m","stream":true}', text);
const stream = (text: string) => answerEvents(saying(text));
const whole = (text: string) => stream(text).join('');
const message = (content: readonly object[]) => JSON.stringify({ type: 'message', content });

describe('a parsed answer', () => {
  it.each([
    ['in a stream', whole('Ready, he said.')],
    ['in one piece', messageBody(saying('Ready, he said.'))],
    ['with CRLF', whole('Ready, he said.').replaceAll('\n', '\r\n')],
    ['with pings and comments between', `: hello\n\n${stream('Ready, he said.').join(ping)}`],
    ['with events that nobody knows', `${sseEvent({ type: 'gateway_notice' })}${whole('Ready, he said.')}`],
  ])('%s is read', (_, body) => {
    expect(readAnswer(body)).toMatchObject({ text: 'Ready, he said.', isWhole: true, error: null, outputTokens: 4 });
  });

  it('counts cache tokens as input', () => {
    const usage = { input_tokens: 3, cache_creation_input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 2 };
    const body = JSON.stringify({ type: 'message', content: [], usage });
    expect(readAnswer(body)).toMatchObject({ inputTokens: 123, outputTokens: 2 });
  });

  it('counts the last usage, which is cumulative', () => {
    const start = sseEvent({ type: 'message_start', message: { usage: { input_tokens: 9, output_tokens: 1 } } });
    const deltas = [3, 7].map((count) => sseEvent({ type: 'message_delta', usage: { output_tokens: count } }));
    expect(readAnswer([start, ...deltas].join(''))).toMatchObject({ inputTokens: 9, outputTokens: 7 });
  });

  it.each([
    ['none at all', '{"type":"message","content":[]}'],
    ['null', '{"type":"message","content":[],"usage":null}'],
    ['words', '{"type":"message","content":[],"usage":{"input_tokens":"many","output_tokens":{}}}'],
  ])('with a usage that is %s has unknown cost', (_, body) => {
    expect(readAnswer(body)).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });
});

describe('a probe’s judgement of an answer', () => {
  it.each<[string, string, boolean]>([
    ['in English', whole('OK'), true],
    ['in Chinese', whole('好'), true],
    ['as a number', whole('2'), true],
    ['as a sign', whole('👍'), true],
    ['that misses the point', whole('I would rather talk about cheese.'), true],
    ['with quotes and backslashes', whole('"\\"'), true],
    ['that has only thought so far', message([{ type: 'thinking', thinking: 'hm' }]), true],
    ['of nothing', whole(''), false],
    ['of spaces', messageBody(saying(' \n\t ')), false],
    ['of what cannot be seen', messageBody(saying('\u200b\u0000')), false],
    ['of broken characters', messageBody(saying('\uFFFD\uFFFD')), false],
    ['without blocks', message([]), false],
    ['whose blocks are nothing', '{"type":"message","content":[null,7]}', false],
    ['without its last event', stream('OK').slice(0, -1).join(''), false],
    ['whose JSON is cut', messageBody(saying('OK')).slice(0, -9), false],
    ['with an error in the middle', `${stream('OK').slice(0, 4).join('')}${sseEvent({ type: 'error' })}`, false],
    ['with an error in its place', errorBody('api_error', 'no'), false],
    ['of another kind of API', '{"choices":[{"message":{"content":"OK"}}]}', false],
    ['that is a page', '<html><body>Please sign in</body></html>', false],
    ['without names of events, which no client reads either', whole('OK').replaceAll(/^event:.*\n/gm, ''), false],
    ['that is a number', '7', false],
    ['that is empty', '', false],
  ])('%s: %#', (_, body, will) => {
    expect(isSensible(readAnswer(body))).toBe(will);
  });
});
