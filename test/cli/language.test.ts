import { describe, expect, it } from 'vitest';
import { languageOf } from '../../src/messages/messages.ts';
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
  ] as const)('applies to usage errors, too: %j', async (argv, env) => {
    const { code, err } = await qcc(argv, env);
    expect({ code, err }).toEqual({ code: 2, err: '错误：未知命令“lst”\n  您是不是想用 qcc list？\n' });
  });

  it('is one of two', async () => {
    const { code, out } = await qcc(['--help', '--lang', 'fr']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('changes text for people, but no names in JSON and no codes', async () => {
    const run = at(temporaryHome(), { QCC_LANG: 'zh-CN' });
    const added = await run('add', '工作', '--tier', 'primary', '--json');
    expect(added.json()).toMatchObject({ name: '工作', tier: 'primary', default: true });
    const { out } = await run('list');
    expect(out).toMatch(/名称.*层级/);
    const again = await run('add', '工作', '--json');
    expect(JSON.parse(again.err)).toMatchObject({ error: { code: 'QCC_PROFILE_EXISTS' } });
  });
});

describe('an error below the command line', () => {
  it.each([
    ['default wrok', '没有名为“wrok”的配置'],
    ['config set proxy.prot 1', '没有名为“proxy.prot”的设置'],
    ['config set proxy.port x', 'proxy.port 的值“x”无效'],
    ['proxy stop', '网关未运行'],
    ['health reset ffff', '没有端点“ffff”'],
    ['add .x', '“.x”不能作为配置名'],
  ])('is translated, too: qcc %s', async (typed, said) => {
    const { err } = await at(temporaryHome())(...typed.split(' '), '--lang', 'zh-CN');
    expect(err).toContain(`错误：${said}`);
  });
});

describe('a file that cannot be written', () => {
  it('is explained in words, and a missing folder is a wrong value', async () => {
    const home = temporaryHome();
    const run = at(home);
    await run('add', 'work');
    expect(await run('config', 'export', `${home}/none/x.json`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('its folder does not exist (ENOENT)'),
    });
    expect(await run('config', 'export', home)).toMatchObject({
      code: 2,
      err: expect.stringContaining('it is a folder (EISDIR)'),
    });
    expect(await run('proxy', 'stats', '--export', home)).toMatchObject({ code: 2 });
  });
});
