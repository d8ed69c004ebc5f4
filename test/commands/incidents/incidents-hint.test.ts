/** After trouble, the first screen of `qcc history` says where the incidents are; to people alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { hostileHome } from '../../cli/hostile.ts';
import { temporaryHome } from '../../support/home.ts';

const { isTTY } = process.stdout;
beforeEach(() => {
  process.stdout.isTTY = true;
});
afterEach(() => {
  process.stdout.isTTY = isTTY;
});

const pager = { PAGER: 'cat', NO_COLOR: '1' };

describe('qcc history on a terminal', () => {
  it('begins with the incidents in what it shows', async () => {
    const run = at((await hostileHome('0.1.0-storm')).home, pager);
    const { code, out } = await run('history');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ incidents? in this part of the history:\n {2}qcc incidents\n\n/);
    expect((await run('history', '--lang', 'zh-CN')).out).toMatch(/^这段历史中有 \d+ 个故障：\n {2}qcc incidents\n/);
  });

  it('asks for the same span', async () => {
    const { out } = await at((await hostileHome('0.1.0-storm')).home, pager)('history', '--since', '#1');
    expect(out).toContain("\n  qcc incidents --since '#1'\n");
  });

  it('says nothing of them without trouble, under a filter, to programs, and where there is no terminal', async () => {
    const calm = at(temporaryHome(), pager);
    await calm('add', 'work');
    expect((await calm('history')).out).not.toContain('qcc incidents');
    const run = at((await hostileHome('0.1.0-storm')).home, pager);
    for (const flags of [['--type', 'FailedOver'], ['--json']])
      expect((await run('history', ...flags)).out).not.toContain('qcc incidents');
    process.stdout.isTTY = false;
    expect((await run('history')).out).not.toContain('qcc incidents');
  });
});
