import { describe, expect, it } from 'vitest';
import { languageOf } from '../../src/cli/words.ts';
import { temporaryHome } from '../support/home.ts';
import { at, qcc } from './command.ts';

describe('the language', () => {
  it.each([
    ['nothing is said', undefined, {}, 'en'],
    ['the flag says Chinese', 'zh-CN', { QCC_LANG: 'en' }, 'zh-CN'],
    ['the flag says English', 'en', { QCC_LANG: 'zh-CN', LANG: 'zh_CN.UTF-8' }, 'en'],
    ['QCC_LANG is set', undefined, { QCC_LANG: 'zh-CN', LC_ALL: 'en_US.UTF-8' }, 'zh-CN'],
    ['LC_ALL beats LANG', undefined, { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
    ['LC_MESSAGES beats LANG', undefined, { LC_MESSAGES: 'zh_TW.UTF-8', LANG: 'de_DE.UTF-8' }, 'zh-CN'],
    ['LANG is all there is', undefined, { LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
    ['the system speaks a third one', undefined, { LANG: 'fr_FR.UTF-8' }, 'en'],
    ['an empty variable counts as none', undefined, { QCC_LANG: '', LC_ALL: '', LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
  ] as const)('%s', (_, flag, env, language) => {
    expect(languageOf(flag, env)).toBe(language);
  });

  it.each([
    [['--lang', 'zh-CN', 'lst'], {}],
    [['lst', '--lang', 'zh-CN'], {}],
    [['lst', '--lang=zh-CN'], {}],
    [['lst'], { QCC_LANG: 'zh-CN' }],
    [['lst'], { LANG: 'zh_CN.UTF-8' }],
  ] as const)('is that of mistakes, too: %j', async (argv, env) => {
    const { code, err } = await qcc(argv, env);
    expect({ code, err }).toEqual({ code: 2, err: 'error: 未知命令 "lst"\n  您是不是想用 qcc list？\n' });
  });

  it('is one of two', async () => {
    const { code, out } = await qcc(['--help', '--lang', 'fr']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('changes what people read, never names in JSON or codes', async () => {
    const run = at(temporaryHome(), { QCC_LANG: 'zh-CN' });
    const added = await run('add', '工作', '--tier', 'primary', '--json');
    expect(added.json()).toMatchObject({ name: '工作', tier: 'primary', default: true });
    const { out } = await run('list');
    expect(out).toMatch(/名称.*层级/);
    const again = await run('add', '工作', '--json');
    expect(JSON.parse(again.err)).toMatchObject({ error: { code: 'QCC_PROFILE_EXISTS' } });
  });
});
