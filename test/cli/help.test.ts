import { describe, expect, it } from 'vitest';
import { root, sections } from '../../src/cli/manifest.ts';
import { usageOf } from '../../src/cli/usage.ts';
import type { Command } from '../../src/commands/command.ts';
import { defaultOf, settingKey } from '../../src/config/settings/settings.ts';
import { wordsOf } from '../../src/messages/messages.ts';
import { widthOf } from '../../src/terminal/width.ts';
import { qcc } from './command.ts';

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function everyCommand(path: readonly string[], command: Command): readonly Leaf[] {
  const below = Object.entries(command.sub ?? {}).flatMap(([name, one]) => everyCommand([...path, name], one));
  return [{ path, command }, ...below];
}

const commands = everyCommand([], root);

describe('help', () => {
  it.each(['en', 'zh-CN'])('in %s is unchanged', async (lang) => {
    const pages: string[] = [];
    for (const { path } of commands) {
      const { code, out, err } = await qcc([...path, '--help', '--lang', lang]);
      expect({ path, code, err }).toEqual({ path, code: 0, err: '' });
      pages.push(`$ ${['qcc', ...path, '--help'].join(' ')}\n${out}`);
    }
    await expect(pages.join('\n')).toMatchFileSnapshot(`help/${lang}.txt`);
  });

  it('fits a terminal of 80 columns in both languages', async () => {
    for (const { path } of commands) {
      for (const lang of ['en', 'zh-CN']) {
        const { out } = await qcc([...path, '-h', '--lang', lang]);
        expect(out.split('\n').filter((line) => widthOf(line) > 80)).toEqual([]);
      }
    }
  });

  it('names every sub-command and every flag', async () => {
    for (const { path, command } of commands) {
      const { out } = await qcc([...path, '--help']);
      for (const name of Object.keys(command.sub ?? {})) expect(out).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
      for (const name of Object.keys(command.flags ?? {})) expect(out).toContain(`--${name}`);
    }
  });

  it('gives examples of every command, and each of them parses', async () => {
    for (const { command } of commands) {
      for (const example of command.examples) {
        const typed = /qcc ([^<|)]*)/.exec(example)?.[1]?.trim() ?? '';
        const argv = [...typed.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word);
        const [own, after] = [argv.slice(0, argv.indexOf('--') + 1 || undefined), argv.includes('--')];
        const { code, err } = await qcc(after ? ['--help', ...argv] : [...own, '--help']);
        expect({ example, code, err }).toEqual({ example, code: 0, err: '' });
      }
    }
  });

  it.each([
    [['help'], ['--help']],
    [
      ['help', 'proxy', 'start'],
      ['proxy', 'start', '--help'],
    ],
    [
      ['--json', 'help', 'add'],
      ['add', '--help'],
    ],
  ])('qcc %j is qcc %j', async (asked, meant) => {
    expect((await qcc(asked)).out).toBe((await qcc(meant)).out);
  });

  it('puts every command under one heading, set-up first', async () => {
    const placed = sections.flatMap(([, names]) => names);
    expect([...placed].sort()).toEqual(Object.keys(root.sub ?? {}).sort());
    expect((await qcc(['--help'])).out).toMatch(
      /Set up\n {2}init [\s\S]*See what happens now\n {2}status [\s\S]*Look after\n/,
    );
    expect((await qcc(['--help', '--lang', 'zh-CN'])).out).toMatch(/安装设置\n {2}init /);
  });

  it('tells the defaults of flags, and those of settings are the settings’ own', async () => {
    expect((await qcc(['proxy', 'logs', '-h'])).out).toContain('(default 50)');
    for (const { path, command } of commands)
      for (const flag of Object.values(command.flags ?? {})) {
        if (flag.type === 'boolean' || flag.setting === undefined) continue;
        const [, value] = /^(.*?)s?$/.exec(flag.default ?? '') ?? [];
        expect([path, flag.setting, value]).toEqual([path, flag.setting, String(defaultOf(settingKey(flag.setting)))]);
      }
  });

  it('names itself and the version', async () => {
    const { out } = await qcc(['--help']);
    expect(out).toContain('help [COMMAND]');
    expect(out).toContain('--version');
  });

  it('fits a terminal of 40 columns', () => {
    for (const { path, command } of commands)
      for (const language of ['en', 'zh-CN'] as const) {
        const page = usageOf(path, command, { words: wordsOf(language), language, columns: 40 });
        const lines = page.split('\n').filter((line) => !/^ {2}\S|^qcc|^ {6}--|^ {2}-/.test(line));
        expect(lines.filter((line) => widthOf(line) > 40)).toEqual([]);
      }
  });

  it('is printed for a command that lacks its arguments', async () => {
    const { code, out } = await qcc(['endpoint', 'update', '-h']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('qcc endpoint update PROFILE ID') });
  });

  it('has no colours', async () => {
    const { out } = await qcc(['--help'], { FORCE_COLOR: '1' });
    expect(out).not.toContain('\u001b');
  });

  it('is what bare qcc prints without a terminal', async () => {
    const [bare, asked] = [await qcc([]), await qcc(['--help'])];
    expect({ code: bare.code, out: bare.out }).toEqual({ code: 0, out: asked.out });
  });
});

describe('the manifest', () => {
  it('leads every command to existing code', async () => {
    for (const { path, command } of commands) {
      if (!command.sub) expect(command.load, path.join(' ')).toBeDefined();
      if (command.load && path[0] !== 'demo') expect(await command.load(), path.join(' ')).toBeTypeOf('function');
    }
  });

  it('gives no short flag two meanings', () => {
    const everywhere = ['q', 'y', 'h'];
    for (const { path, command } of commands) {
      const short = Object.values(command.flags ?? {}).flatMap(({ alias }) => (alias === undefined ? [] : [alias]));
      const all = [...everywhere, ...short];
      expect(new Set(all).size, path.join(' ')).toBe(all.length);
    }
  });

  it('requires no more arguments than it names', () => {
    for (const { path, command } of commands)
      expect(command.required ?? 0, path.join(' ')).toBeLessThanOrEqual(command.positionals?.length ?? 0);
  });
});

describe('the messages', () => {
  /** Where both languages write the same. */
  const same = ['startIt'];

  it('are all translated', () => {
    const spoken = (words: Record<string, unknown>) =>
      Object.entries(words).map(([key, word]) => [key, typeof word === 'function' ? word('W', 'V') : word]);
    const chinese = Object.fromEntries(spoken({ ...wordsOf('zh-CN') }));
    const untranslated = spoken({ ...wordsOf('en') }).flatMap(([key, word]) => (word === chinese[key] ? [key] : []));
    expect(untranslated).toEqual(same);
  });

  it('contain all of their parameters', () => {
    for (const words of [wordsOf('en'), wordsOf('zh-CN')]) {
      expect(words.unknownCommand('wrok')).toContain('wrok');
      expect(words.needsValue('--key')).toContain('--key');
      expect(words.stopping(12, 34)).toMatch(/12.*34/);
    }
  });
});
