/** A machine for people: what moves it next, and when. */
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/commands/context.ts';
import { linesOf } from '../../src/commands/machine-lines.ts';
import type { MachineRow } from '../../src/contract/debug.ts';
import { type Language, wordsOf } from '../../src/messages/messages.ts';
import { makeOutput } from '../../src/terminal/output.ts';

const dueAt = Date.parse('2026-11-24T12:00:30.000Z');

function nextLine(now: number, language: Language = 'en'): string | undefined {
  const machine = {
    id: 'endpoint/11111111',
    machine: 'endpoint',
    state: 'degraded',
    since: '2026-11-24T12:00:00.000Z',
    context: {},
    next: [{ on: 'quiet', to: 'healthy', at: new Date(dueAt).toISOString(), rule: 'quiet', params: {} }],
  } as MachineRow;
  const out = makeOutput({ colour: false, quiet: false });
  return linesOf({ out, language, words: wordsOf(language) } as Context, machine, now).at(-1);
}

describe('the next transition of a machine', () => {
  it('shows the remaining time', () => {
    expect(nextLine(dueAt - 20_000)).toContain('→ healthy in 20 s:');
  });

  it('is not shown as "in 40 min" when it has been overdue for that long', () => {
    expect(nextLine(dueAt + 2_400_000)).toContain('→ healthy when the gateway looks next:');
    expect(nextLine(dueAt, 'zh-CN')).toContain('→ 网关下次检查时变为“健康”：');
  });
});
