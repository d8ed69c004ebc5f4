/** Every reason is said in both languages, with all that belongs into it. */
import { expect, it } from 'vitest';
import { reason } from '../../events/reason.ts';
import type { NextRule } from '../../machines/moment.ts';
import { reasons as en } from '../../src/messages/en/reasons.ts';
import { reasonsAsSentences, reasonText } from '../../src/messages/reasons.ts';
import { storyWordsOf } from '../../src/messages/story.ts';
import { reasons as zh } from '../../src/messages/zh-CN/reasons.ts';
import { chinese, said } from './said.ts';

/** A code of the system, a status, a foreign text. */
const asTheyAre: ReadonlySet<string> = new Set(['told', 'system', 'status']);

it.each(Object.keys(en) as (keyof typeof en)[])('%s', (code) => {
  const [english, translated] = [said(en[code]), said(zh[code])];
  expect(translated.names).toEqual(english.names);
  expect(english.text).not.toMatch(chinese);
  if (!asTheyAre.has(code)) expect(translated.text).toMatch(chinese);
});

it('a reason begins with the status, and ends with the endpoint’s words', () => {
  const found = reason('status', { status: 503, type: null, said: 'overloaded, come back' });
  expect(reasonText(found, 'zh-CN')).toBe('503：overloaded, come back');
  expect(reasonText(reason('noAnswerInTime', { head: 503 }), 'zh-CN')).toBe('503：应答超时');
});

it('a reason is its English sentence in JSON, wherever it occurs', () => {
  const row = { seq: 7, switches: [{ reason: reason('checksPassed', { profile: '工作', checks: 2 }) }], at: null };
  expect(JSON.parse(JSON.stringify(row, reasonsAsSentences))).toEqual({
    seq: 7,
    switches: [{ reason: '工作 passed 2 checks and its delay' }],
    at: null,
  });
});

it('a reason that is a text stays a text, and the code of a newer version is shown as it is', () => {
  expect(reasonText('maintenance', 'zh-CN')).toBe('maintenance');
  expect(reasonText({ code: 'constructor', params: {} } as never, 'en')).toBe('constructor');
  expect(reasonText({ code: 'ofTomorrow', params: {} } as never, 'zh-CN')).toBe('ofTomorrow');
});

it('a machine’s next transition has the English sentence of its rule in JSON, and an older gateway’s sentence stays', () => {
  const step = { on: 'failures', to: 'failed', at: null, rule: 'strikesLeft', params: { left: 2 } };
  const told = (row: object) => JSON.parse(JSON.stringify([row], reasonsAsSentences));
  expect(told(step)).toEqual([{ ...step, because: '2 more strikes in a row put it out' }]);
  expect(told({ ...step, because: 'it is so' })).toEqual([{ ...step, because: 'it is so' }]);
  expect(told({ ...step, rule: 'constructor' })).toEqual([{ ...step, rule: 'constructor', because: 'constructor' }]);
});

it.each(Object.keys(storyWordsOf('en').next) as NextRule[])(
  'the next transition %s is said in both languages',
  (rule) => {
    const [english, translated] = [said(storyWordsOf('en').next[rule]), said(storyWordsOf('zh-CN').next[rule])];
    expect(english.text).not.toMatch(chinese);
    expect(translated.text).toMatch(chinese);
    expect(translated.names).toEqual(english.names);
  },
);
