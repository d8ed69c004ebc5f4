/** Facts that former versions wrote are read as codes: every sentence of theirs has one, and is the sentence of its code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { callReasonOf, ladderReasonOf, queueReasonOf } from '../../events/old-sentences.ts';
import { sentenceInJson } from '../../src/messages/en/json-sentences.ts';
import { reasonText } from '../../src/messages/reasons.ts';

describe('an old sentence of the ladder', () => {
  it.each([
    ['all endpoints of work are out for certain', 'allOutForCertain', 'work 的端点全部不可用'],
    ['工作 had no usable endpoint in 3 reports in a row', 'unusableInRow', '工作 连续 3 次没有可用端点'],
    ['work passed 2 checks and its delay', 'checksPassed', 'work 已通过 2 次检查，并过了等待时间'],
    ['work has endpoints that are out', 'someOut', 'work 有端点不可用'],
    ['spare is active instead of work', 'isNotFirst', '当前配置是 spare，而不是 work'],
    ['the pinned profile work has failed', 'pinnedFailed', '固定的配置 work 已失败'],
    ['work is not there any more', 'profileGone', 'work 已不存在'],
    ['work is pinned', 'isPinned', 'work 已固定'],
    ['it is not usable any more', 'notUsable', '不再可用'],
    ['automatic recovery is off', 'recoveryOff', '自动恢复已关闭'],
    ['released by hand', 'releasedByHand', '手动解除'],
    ['no endpoint of any profile is usable', 'nothingUsable', '所有配置都没有可用端点'],
  ])('%j is %s', (sentence, code, chinese) => {
    const reason = ladderReasonOf(sentence);
    expect(reason.code).toBe(code);
    expect([sentenceInJson(reason), reasonText(reason, 'zh-CN')]).toEqual([sentence, chinese]);
  });

  it('that no version is known to have written stays as it is', () => {
    expect(ladderReasonOf('the moon is full')).toEqual({ code: 'told', params: { text: 'the moon is full' } });
  });
});

describe('a sentence of a call', () => {
  it.each([
    '529 overloaded_error',
    '402, credit exhausted',
    'ECONNREFUSED',
    'no connection in time',
    'no answer (HPE_INVALID_CONSTANT)',
    '200: the answer was cut off (ECONNRESET)',
    '200: the answer was cut off',
    'the HTTP proxy 127.0.0.1:3128 is down or refuses (EPROXY)',
    'the proxy is down or refuses',
    '200: not JSON (text/html)',
    '200: error event before content: overloaded_error',
    '200: an error with status 200',
    'nothing came after this machine had slept',
    'neither /v1/models nor count_tokens is there to be asked',
  ])('%j has a code, which says the same', (sentence) => {
    const reason = callReasonOf(sentence);
    expect(reason.code).not.toBe('told');
    expect(sentenceInJson(reason)).toBe(sentence);
  });

  it('that has none stays whole', () => {
    expect(callReasonOf('503: come back later')).toEqual({ code: 'told', params: { text: '503: come back later' } });
  });

  it('of the queue may be a word', () => {
    expect(queueReasonOf('timeout')).toBe('timeout');
    expect(['cleared', 'its client was told: billing'].map((one) => sentenceInJson(queueReasonOf(one)))).toEqual([
      'cleared',
      'its client was told: billing',
    ]);
  });
});

const folder = join(import.meta.dirname, '../histories');
const facts = readdirSync(folder)
  .filter((name) => name.endsWith('.ndjson'))
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
  .map((line) => JSON.parse(line) as Recorded);

it('every sentence of the golden histories has a code, and reads the same in English but for its plurals', () => {
  const said = facts.flatMap((fact) => {
    const today = upcast(fact).data as Readonly<Record<string, unknown>>;
    return Object.entries(fact.data).flatMap(([field, before]) =>
      typeof before === 'string' && typeof today[field] === 'object' ? [[before, today[field]] as const] : [],
    );
  });
  expect(said.length).toBeGreaterThan(100);
  for (const [before, reason] of said as [string, never][]) {
    expect(reason).not.toMatchObject({ code: 'told' });
    expect(sentenceInJson(reason)).toBe(
      before.replace('1 reports in a row', '1 report').replace(' 1 checks', ' 1 check'),
    );
  }
});

it('a reason given by the user is repeated unchanged', () => {
  for (const reason of ['my boss is pinned to the wall', 'maintenance at night', '维护'])
    expect(switchedWith(reason)).toBe(reason);
  expect(switchedWith('by hand')).toEqual({ code: 'byHand', params: {} });
});

function switchedWith(reason: string): unknown {
  const fact = { type: 'SwitchedByHand', v: 1, data: { from: null, to: 'spare', reason } };
  return (upcast(fact as unknown as Recorded).data as { reason: unknown }).reason;
}
