/** Nobody who reads Chinese is told in English why a profile was left, or was not. */
import { expect, it } from 'vitest';
import { heldEn, heldZh, ladderZh } from '../../src/messages/ladder.ts';
import { simulate } from '../simulation/simulation.ts';

const profiles = /main|spare|last/g;

it('every reason that the ladder gives in 60 lives is said in Chinese', async () => {
  const said = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const { facts } = await simulate({ seed, requests: 100 });
    for (const { stream, type, data } of facts) {
      const { because } = data as { because?: string };
      if (stream === 'priority' && because !== undefined)
        said.add(type === 'SwitchHeldBack' ? heldZh(because).replaceAll(/failover\.\w+/g, '') : ladderZh(because));
    }
  }
  expect(said.size).toBeGreaterThan(10);
  expect([...said].filter((reason) => /[a-z]/.test(reason.replaceAll(profiles, '')))).toEqual([]);
});

it.each([
  ['all endpoints of work are out for certain', 'work 的端点确定全部不可用'],
  ['工作 had no usable endpoint in 3 reports in a row', '工作 连续 3 次报告无可用端点'],
  ['work passed 2 checks and its delay', 'work 通过 2 次检查并等满延时'],
  ['work has endpoints that are out', 'work 有端点不可用'],
  ['spare is active instead of work', '当前为 spare，而非 work'],
  ['the pinned profile work has failed', '固定的配置 work 已失败'],
  ['work is not there any more', 'work 已不存在'],
  ['work is pinned', 'work 已固定'],
  ['it is not usable any more', '不再可用'],
  ['automatic recovery is off', '自动恢复已关闭'],
  ['released by hand', '手动解除'],
  ['by hand', '手动'],
  ['no endpoint of any profile is usable', '所有配置都没有可用端点'],
])('%s', (english, chinese) => {
  expect(ladderZh(english)).toBe(chinese);
});

it('the reason that a person gave is repeated as it was given', () => {
  for (const reason of ['my boss is pinned to the wall', 'maintenance at night', '维护'])
    expect(ladderZh(reason)).toBe(reason);
});

it('a reason of another version is a word at least', () => {
  expect([heldEn('moon'), heldZh('moon')]).toEqual(['moon', 'moon']);
  expect(heldEn('off')).toBe('failover.auto is off');
});
