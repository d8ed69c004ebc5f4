/** What an input must be is said in the reader's language, whatever the contract asks for. */
import { describe, expect, it } from 'vitest';
import { inputOf } from '../../src/contract/inputs.ts';
import { contract } from '../../src/contract/operations.ts';
import { QccError } from '../../src/errors/qcc-error.ts';
import { wantedInChinese } from '../../src/messages/errors/zh-wanted.ts';
import { inLanguage } from '../../src/messages/errors.ts';

/** All that the schemas of the contract can say of a field, in the words of the contract. */
function requirements(): ReadonlySet<string> {
  const [found, seen] = [new Set<string>(), new Set<unknown>()];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const { message } = node as { readonly message?: unknown };
    if (typeof message === 'string') found.add(message);
    for (const inner of Object.values(node)) walk(inner);
  };
  for (const { input } of Object.values(contract)) walk(input);
  return found;
}

describe('names to choose from', () => {
  it('are listed as in Chinese', () => {
    const error = new QccError('QCC_PROFILE_UNKNOWN', { name: 'nope', near: '', known: 'work, spare' });
    expect(inLanguage(error, 'zh-CN').hint).toBe('现有：work、spare');
    expect(inLanguage(error, 'en').hint).toBe('there are: work, spare');
  });
});

describe('what an input must be', () => {
  it('has Chinese words for each requirement of the contract', () => {
    const all = [...requirements()];
    expect(all).toContain('a list');
    expect(all.filter((one) => wantedInChinese(one) === one)).toEqual([]);
  });

  it.each([
    ['proxy.stop', { graceMs: 'soon' }, 'proxy.stop：“graceMs”不符合要求（应为数字）'],
    ['proxy.stop', {}, 'proxy.stop：“graceMs”不符合要求（必须提供）'],
    ['proxy.stop', { graceMs: 0, other: 1 }, 'proxy.stop：“other”不符合要求（没有这个字段）'],
    ['proxy.stop', { graceMs: -1 }, 'proxy.stop：“graceMs”不符合要求（应在 0 到 2147483647 之间）'],
    ['proxy.stop', [], 'proxy.stop：“输入”不符合要求（应为 JSON 对象）'],
    [
      'priority.set',
      { profile: 'work', tier: 'best' },
      'priority.set：“tier”不符合要求（可选：primary、secondary、fallback）',
    ],
  ] as const)('%s with %j', (operation, given, told) => {
    let thrown: unknown;
    try {
      inputOf(operation, given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(QccError);
    expect(inLanguage(thrown as QccError, 'zh-CN').message).toBe(told);
  });
});
