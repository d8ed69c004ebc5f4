/** The history for people: a line per fact, in words; equal facts grouped on one line; the date where it changes. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../src/commands/context.ts';
import { Teller } from '../../../src/commands/fact-lines.ts';
import { Folding } from '../../../src/commands/folding.ts';
import { Names } from '../../../src/commands/names.ts';
import type { FactRow } from '../../../src/contract/history.ts';
import { type Language, wordsOf } from '../../../src/messages/messages.ts';
import { makeOutput } from '../../../src/terminal/output.ts';

const names = { '11111111': 'main/relay', '22222222': 'spare/other' };

function told(facts: readonly FactRow[], language: Language = 'en', folds = false): readonly string[] {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += piece;
    return true;
  });
  const out = makeOutput({ colour: false, quiet: false });
  const context = { out, language, words: wordsOf(language) } as Context;
  const known = new Names({ names });
  const teller = new Teller(context, known);
  const lines = folds ? new Folding(context, known, teller) : teller;
  for (const fact of facts) lines.tell(fact);
  lines.flush();
  write.mockRestore();
  return text.trimEnd().split('\n');
}

let seq = 0;
function fact(type: string, stream: string, data: object, at = '2026-11-24T12:00:00.000Z'): FactRow {
  return { seq: ++seq, at, stream, type, data, cause: null, by: 'traffic' };
}

const served = (endpoint = '11111111', attempts = 1) =>
  fact('RequestServed', `request/${seq}`, {
    endpoint,
    status: 200,
    durationMs: 10 * seq,
    attempts: Array.from({ length: attempts }, () => ({})),
  });

const failed = {
  because: 'serverError',
  until: Date.parse('2026-11-24T12:00:12.000Z'),
  belief: 'inferred',
  times: 1,
  held: false,
};

describe('the history for people', () => {
  beforeEach(() => {
    seq = 0;
  });

  it('shows number, time, source, event and reason on one line', () => {
    const row = { ...fact('EndpointFailed', 'endpoint/11111111', failed), cause: 1 };
    const [day, line] = told([row]);
    expect(day).toMatch(/^── 2026-11-2\d (UTC|[+-]\d\d:\d\d) ──$/);
    expect(line).toMatch(/^\d\d:\d\d:00 #1 +main\/relay +ejected for 12 s: server error \(inferred\) {2}← #1$/);
    expect(told([row], 'zh-CN')[1]).toContain('剔除 12 s：服务器错误（推断）');
  });

  it('groups requests with equal answers on one line, and no other fact with them', () => {
    const lines = told([served(), served(), served(), fact('EndpointFailed', 'endpoint/22222222', failed), served()]);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/#1–3 .*3 requests answered by main\/relay until .*, half of them within 10 ms$/),
      expect.stringMatching(/#4 .*spare\/other .*ejected for/),
      expect.stringMatching(/#5 .*200 from main\/relay in 40 ms$/),
    ]);
  });

  it('does not group two requests, nor those with more than one attempt or another endpoint', () => {
    expect(told([served(), served()])).toHaveLength(3);
    expect(told([served(), served('22222222'), served(), served('22222222')])).toHaveLength(5);
    const [, line] = told([served('11111111', 2), served('11111111', 2), served('11111111', 2)]);
    expect(line).toContain(', 2 attempts');
  });

  it('prints the date once, and again when it changes', () => {
    const [first, second] = ['2026-11-20T12:00:00.000Z', '2026-11-22T12:00:00.000Z'];
    const facts = [first, first, second].map((at) => fact('Online', 'gateway', {}, at));
    expect(told(facts).map((line) => line.startsWith('──'))).toEqual([true, false, false, true, false]);
  });

  it('prints a fact without words by its fields', () => {
    expect(told([fact('MoonRose', 'sky', { phase: 'full', list: [1] })])[1]).toMatch(/sky +MoonRose phase=full$/);
  });

  it('translates the reasons of the ladder, and keeps unknown ones', () => {
    const over = (because: string | object) =>
      told([fact('FailedOver', 'priority', { from: 'a', to: 'b', because })], 'zh-CN')[1];
    expect(over({ code: 'allOutForCertain', params: { profile: 'a' } })).toContain(
      '故障转移 a → b：a 的端点全部不可用',
    );
    const unusable = { code: 'unusableInRow', params: { profile: 'a', reports: 3 } };
    expect(over(unusable)).toContain('a 连续 3 次没有可用端点');
    expect(over({ code: 'moonRose', params: {} })).toContain('故障转移 a → b：moonRose');
    expect(over('the moon rose')).toContain('故障转移 a → b：the moon rose');
  });
});

describe('what repeats itself in the history', () => {
  beforeEach(() => {
    seq = 0;
  });

  const probe = () => {
    const data = { verdict: 'failure', failure: 'serverError', detail: null, responseMs: 9 };
    const first = { ...fact('ProbeFailed', 'endpoint/11111111', data), by: 'probe' };
    return [first, { ...fact('EndpointFailed', 'endpoint/11111111', failed), by: 'probe', cause: first.seq }];
  };
  const refused = () => [
    fact('RequestFailed', `request/${seq}`, { status: 503, attempts: [], because: 'nobodyAnswers' }),
  ];

  it('is shown once with its decisions, and counted, also where two take turns', () => {
    const lines = told([...Array.from({ length: 4 }, () => [...probe(), ...refused()]).flat(), served()], 'en', true);
    expect(lines.slice(1).map((line) => line.replace(/^\d\d:\d\d:\d\d/, '').trim())).toEqual([
      expect.stringMatching(/^#1 .*server error/),
      expect.stringMatching(/^#2 .*ejected/),
      expect.stringMatching(/^#3 .*503/),
      expect.stringMatching(/^… 3 more like #1 until \d\d:\d\d:\d\d$/),
      expect.stringMatching(/^… 3 more like #3 until \d\d:\d\d:\d\d$/),
      expect.stringMatching(/^#13 /),
    ]);
  });

  it('is shown again when it is repeated once, and never folded when a person did it', () => {
    expect(told([...refused(), ...refused()], 'en', true)).toHaveLength(3);
    const set = (to: number) => ({
      ...fact('SettingChanged', 'config', { key: 'failover.cooldown', from: 1, to }),
      by: 'cli',
    });
    expect(told([set(1), set(2), set(3), set(4)], 'en', true)).toHaveLength(5);
  });

  it('says so in Chinese, and is shown in full without folding', () => {
    const facts = [...refused(), ...refused(), ...refused()];
    expect(told(facts, 'zh-CN', true).at(-1)).toMatch(/^ +……与 #1 相似的还有 2 次，至 /);
    expect(told(facts)).toHaveLength(4);
  });
});
