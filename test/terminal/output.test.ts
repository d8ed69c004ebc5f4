import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tellSubject } from '../../src/commands/subject-line.ts';
import { QccError } from '../../src/errors/qcc-error.ts';
import { printError } from '../../src/terminal/output.ts';
import { tableLines } from '../../src/terminal/table.ts';
import { styled, styles } from '../../src/terminal/terminal.ts';
import { widthOf } from '../../src/terminal/width.ts';
import { wrapped, wrappedCommand } from '../../src/terminal/wrap.ts';
import { at, listening, qcc } from '../cli/command.ts';
import { temporaryHome } from '../support/home.ts';

const plain = (text: string) => text;
const red = (text: string) => styled('red', text);
const bold = (text: string) => styled('bold', text);
const wideTerminal = 200;

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['qcc', 3],
    ['接口', 4],
    ['工作-1', 6],
    ['ｗｉｄｅ', 8],
    ['ﾊﾝｶｸ', 4],
    ['한국', 4],
    ['ひらがな', 8],
    ['𠀀', 2],
    ['café', 4],
    ['cafe\u0301', 4],
    ['привет', 6],
    ['●✓✗→…', 5],
    ['🚀', 2],
    [red('failed'), 6],
    [bold('接口'), 4],
  ])('of %j is %i cells', (text, cells) => {
    expect(widthOf(text)).toBe(cells);
  });
});

describe('a table', () => {
  it('aligns its columns, in any script', () => {
    const rows = [
      ['work', red('failed'), 'a'],
      ['工作接口', 'healthy', 'b'],
    ];
    const lines = tableLines(['name', '状态', 'why'], rows, { columns: wideTerminal, paintHead: plain }).map((line) =>
      line.replace(styles, ''),
    );
    expect(lines).toEqual(['name      状态     why', 'work      failed   a', '工作接口  healthy  b']);
  });

  it('has no trailing spaces', () => {
    expect(tableLines(['name', 'why'], [['work', '']], { columns: wideTerminal, paintHead: plain })).toEqual([
      'name  why',
      'work',
    ]);
  });

  const drawn = (heads: readonly string[], rows: readonly (readonly string[])[], columns: number, shape = {}) =>
    tableLines(heads, rows, { columns, paintHead: plain }, shape).map((line) => line.replace(styles, ''));

  it('puts what does not fit beside the rest below its row, with its head, and loses nothing', () => {
    const rows = [
      ['work', 'https://api.example.com', 'sk-a…4567'],
      ['spare', '-', 'sk-b…89ab'],
    ];
    expect(drawn(['name', 'address', 'key'], rows, 30)).toEqual([
      'name   address',
      'work   https://api.example.com',
      '    key sk-a…4567',
      'spare  -',
      '    key sk-b…89ab',
    ]);
    expect(drawn(['name', 'address', 'key'], rows, 28)).toEqual([
      'name',
      'work',
      '    address',
      '    https://api.example.com',
      '    key sk-a…4567',
      'spare',
      '    key sk-b…89ab',
    ]);
  });

  it('puts a sentence below its row without a head, where it would get too little room', () => {
    const rows = [
      ['work', 'failed', '16 s 后恢复中', '超时'],
      ['家', 'healthy', '', ''],
    ];
    const shape = { sentences: ['next', 'why'], wrapsLast: true };
    expect(drawn(['name', 'state', 'next', 'why'], rows, 30, shape)).toEqual([
      'name  state    next',
      'work  failed   16 s 后恢复中',
      '    超时',
      '家    healthy',
    ]);
    expect(drawn(['name', 'state', 'next', 'why'], rows, 24, shape)).toEqual([
      'name  state',
      'work  failed',
      '    16 s 后恢复中  超时',
      '家    healthy',
    ]);
  });

  it('lets one long name hang over its column: it takes nothing from the others', () => {
    const long = 'the-account-of-the-team-in-the-old-house';
    const rows = [
      ['work', '1', 'overloaded'],
      [long, '2', 'no answer in time'],
      ['家里的', '3', 'cannot be reached'],
    ];
    expect(drawn(['profile', 'n', 'why'], rows, 44, { optional: ['n'], wrapsLast: true })).toEqual([
      'profile  n  why',
      'work     1  overloaded',
      long,
      '         2  no answer in time',
      '家里的   3  cannot be reached',
    ]);
  });

  it('has on a terminal no optional column in which no row says anything', () => {
    const rows = [['work', '-', '']];
    const shape = { optional: ['left'], sentences: ['next'] };
    expect(drawn(['name', 'left', 'next'], rows, 80, shape)).toEqual(['name', 'work']);
    expect(drawn(['name', 'left', 'next'], rows, Infinity, shape)).toEqual(['name  left  next', 'work  -']);
  });

  it('does not split a character of two cells', () => {
    const [, ...rows] = tableLines(['why'], [['连接被重置']], { columns: 6, paintHead: plain });
    expect(rows).toEqual(['连接被', '重置']);
  });

  it('omits the least important columns, in the order that its command gives', () => {
    const rows = [['work', '12345678', 'failed', '98 %', 'unreachable']];
    const heads = ['name', 'id', 'state', 'success', 'why'];
    const shown = (columns: number) =>
      tableLines(heads, rows, { columns, paintHead: plain }, { optional: ['success', 'id'] })[0]?.split(/ +/);
    expect(shown(wideTerminal)).toEqual(heads);
    expect(shown(45)).toEqual(heads);
    expect(shown(40)).toEqual(['name', 'id', 'state', 'why']);
    expect(shown(30)).toEqual(['name', 'state', 'why']);
  });

  it('wraps its last column below itself if it is a sentence, in any script', () => {
    const rows = [
      ['work', 'the connection was reset by its peer'],
      ['家', red('连接被对方重置（第 3 次），稍后重试')],
    ];
    const lines = tableLines(['name', 'why'], rows, { columns: 30, paintHead: plain }, { wrapsLast: true });
    expect(lines.map((line) => line.replace(styles, ''))).toEqual([
      'name  why',
      'work  the connection was reset',
      '      by its peer',
      '家    连接被对方重置（第 3',
      '      次），稍后重试',
    ]);
  });

  it('never exceeds the width, and leaves no open colour behind', () => {
    const cell = fc
      .tuple(fc.stringMatching(/^[a-z接口한 ]{0,12}$/), fc.boolean())
      .map(([text, isRed]) => (isRed ? red(text) : text));
    const columns = fc.integer({ min: 4, max: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 4 }),
        columns,
        fc.boolean(),
        (rows, width, wrapsLast) => {
          for (const line of tableLines(
            ['a', 'b', 'c'],
            rows,
            { columns: width, paintHead: plain },
            { wrapsLast, optional: ['b'] },
          )) {
            expect(widthOf(line)).toBeLessThanOrEqual(width);
            expect(line.replace(styles, '')).not.toContain('\ufdd0');
          }
        },
      ),
    );
  });

  it('is complete when there is no terminal width', async () => {
    const { out } = await at(temporaryHome())('config', 'list', '--show-origin');
    // Of what a seed looks like, the ellipsis is a part.
    expect(out.replaceAll('SU…', '')).not.toContain('…');
  });
});

describe('a sentence that is wider than the terminal', () => {
  it.each([
    ['a number with its unit', '应答 200，用时 172 ms', 20, ['应答 200，用时', '172 ms']],
    [
      'a time with its preposition',
      'the gateway online since 12:34:56',
      28,
      ['the gateway online', '  since 12:34:56'],
    ],
    [
      'a time with its preposition, in Chinese',
      '端点 relay  健康  自 12:34:56',
      24,
      ['端点 relay  健康', '  自 12:34:56'],
    ],
  ])('keeps %s', (_, text, columns, lines) => {
    expect(wrapped(text, columns, 2)).toEqual(lines);
  });

  it('indents a long word less, before the terminal breaks it', () => {
    const indent = 30;
    const url = 'https://api.example.com/messages';
    expect(wrapped(`${'at'.padStart(indent)} ${url}`, 40, indent)).toEqual(['at'.padStart(indent), url.padStart(40)]);
  });
});

describe('a command that is wider than the terminal', () => {
  const columns = 40;
  const shell = (lines: readonly string[]) => lines.join('\n').replaceAll(/ \\\n */g, ' ');

  it.each([
    '  qcc fc --preset anthropic --name work --api-key-env KEY',
    '  next: qcc endpoint update spare relay --api-key-stdin',
    '  下一步：qcc endpoint update spare relay --api-key-stdin',
  ])('goes on below as a shell reads it: %s', (text) => {
    const lines = wrappedCommand(text, columns);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(shell(lines)).toBe(text);
  });

  it('is left as it is where it fits, and where it is no command but a sentence', () => {
    expect(wrappedCommand('  qcc status', columns)).toEqual(['  qcc status']);
    expect(wrappedCommand('  use https:// for the address, or --allow-plaintext', columns)).toEqual([
      '  use https:// for the address, or',
      '    --allow-plaintext',
    ]);
  });
});

describe('a line about a subject', () => {
  const shown = (subject: string, columns: number) => {
    const lines: string[] = [];
    const prose = (indent: number, ...given: readonly string[]) =>
      lines.push(...given.flatMap((one) => wrapped(one, columns, indent)));
    const told = {
      lead: '12:34:56 #7      ',
      subject,
      paint: plain,
      sentence: 'failed: overloaded (529 overloaded_error)',
    };
    tellSubject({ columns, prose } as unknown as Parameters<typeof tellSubject>[0], told);
    return lines;
  };
  const long = 'the-account-of-the-team-in-the-old-house';

  it('has its sentence beside it, and below it where the subject is long or the terminal narrow', () => {
    expect(shown('relay', 80)).toEqual([
      '12:34:56 #7       relay               failed: overloaded (529 overloaded_error)',
    ]);
    expect(shown(long, 80)).toEqual([
      `12:34:56 #7       ${long}`,
      '                                      failed: overloaded (529 overloaded_error)',
    ]);
    expect(shown('relay', 50)).toEqual([
      '12:34:56 #7       relay',
      '         failed: overloaded (529 overloaded_error)',
    ]);
  });
});

describe('an error', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const printed = (error: unknown, json: boolean) =>
    listening(() => printError(error, { json, language: 'en', colour: false }));
  const port = new QccError('QCC_USAGE_INVALID', { text: 'port 7860 is taken', hint: 'qcc proxy start --port 0' }, 6);

  it('shows the cause and the next command, and no stack', async () => {
    const err = 'error: port 7860 is taken\n  qcc proxy start --port 0\n';
    expect(await printed(port, false)).toEqual({ code: 6, out: '', err });
  });

  it('is one object with --json', async () => {
    const { code, out, err } = await printed(port, true);
    const error = { code: 'QCC_USAGE_INVALID', message: 'port 7860 is taken', hint: 'qcc proxy start --port 0' };
    expect({ code, out, said: JSON.parse(err) }).toEqual({ code: 6, out: '', said: { error } });
  });

  it('that was not foreseen has a code too', async () => {
    const { code, err } = await printed(new TypeError('x is not a function'), true);
    const error = { code: 'QCC_COMMAND_FAULT', message: 'x is not a function' };
    expect({ code, said: JSON.parse(err) }).toMatchObject({ code: 1, said: { error } });
  });

  it('shows its stack with QCC_DEBUG=1 only', async () => {
    const { stack = '' } = port;
    expect((await printed(port, false)).err).not.toContain(stack);
    vi.stubEnv('QCC_DEBUG', '1');
    expect((await printed(port, false)).err).toContain(stack);
  });
});

describe('the streams', () => {
  it('carry data and messages separately', async () => {
    const run = at(temporaryHome());
    const { out, err } = await run('list');
    expect(out).toBe('');
    expect(err).toContain('there is no profile yet');
  });

  it('carry nothing but data and errors with --quiet', async () => {
    const home = temporaryHome();
    const run = at(home);
    expect(await run('list', '--quiet')).toMatchObject({ code: 0, out: '', err: '' });
    const endpoint = ['--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef'];
    await run('add', 'work', '--tier', 'primary', ...endpoint);
    const acts = [
      ['init'],
      ['config', 'set', 'queue.hold', '9'],
      ['config', 'reset', 'queue.hold'],
      ['priority', 'set', 'work', 'fallback'],
      ['use', 'work'],
      ['priority', 'switch', '--release'],
      ['queue', 'retry-all'],
      ['queue', 'clear', '--yes'],
      ['history', 'compact'],
      ['config', 'export', join(dirname(home), 'export.json')],
    ];
    for (const act of acts) {
      const { code, out, err } = await run(...act, '-q');
      expect({ act, code, out, err }).toEqual({ act, code: 0, out: '', err: '' });
    }
    expect(await run('list', '-q')).toMatchObject({ code: 0, out: expect.stringContaining('work') });
    expect(await run('default', 'wrok', '-q')).toMatchObject({ code: 5, err: expect.stringContaining('wrok') });
  });

  it('carry messages without a logger’s label', async () => {
    const { err } = await at(temporaryHome())('list');
    expect(err).not.toContain('[log]');
  });
});

describe('colour', () => {
  const home = '/nowhere/qcc';
  it.each([
    ['is not for pipes', {}, [], false],
    ['is there when it is forced', { FORCE_COLOR: '1' }, [], true],
    ['is refused by NO_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, [], false],
    ['does not take an empty NO_COLOR for a refusal', { NO_COLOR: '', FORCE_COLOR: '1' }, [], true],
    ['is refused by --no-color', { FORCE_COLOR: '1' }, ['--no-color'], false],
    ['is not forced by 0', { FORCE_COLOR: '0' }, [], false],
  ])('%s', async (_, env, flags, coloured) => {
    const { err } = await qcc(['nope', ...flags], { QCC_HOME: home, ...env });
    expect(err.includes('\u001b')).toBe(coloured);
  });

  describe('on a terminal', () => {
    const terminals = [process.stdout.isTTY, process.stderr.isTTY] as const;
    afterEach(() => {
      [process.stdout.isTTY, process.stderr.isTTY] = terminals;
    });

    it('is decided for each stream separately', async () => {
      process.stdout.isTTY = true;
      process.stderr.isTTY = false;
      expect((await qcc(['nope'], { QCC_HOME: home })).err).not.toContain('\u001b');
    });

    it.each([
      [{}, true],
      [{ TERM: 'dumb' }, false],
      [{ NO_COLOR: '1' }, false],
      [{ FORCE_COLOR: '0' }, false],
    ])('with %j', async (env, coloured) => {
      process.stderr.isTTY = true;
      const { err } = await qcc(['nope'], { QCC_HOME: home, ...env });
      expect(err.includes('\u001b')).toBe(coloured);
    });
  });
});
