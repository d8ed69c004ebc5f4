import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DemoSummary, playDemo } from '../../../src/commands/demo/demo.ts';
import { widthOf } from '../../../src/terminal/width.ts';
import { wrapped } from '../../../src/terminal/wrap.ts';
import { at, qcc } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

// Fast, because what is tested is what is told, not how long one may look at it.
const speed = 10;
const plain = { once: true, speed, paint: (_: unknown, text: string) => text } as const;

describe('a day of the demo', () => {
  const lines: string[] = [];
  const chinese: string[] = [];
  const indented: { readonly line: string; readonly indent: number }[] = [];
  let ok = false;
  let summary: DemoSummary | undefined;
  // A folder of its own: another demo on this machine leaves its files elsewhere.
  const temporary = mkdtempSync(join(tmpdir(), 'qd-'));

  beforeAll(async () => {
    for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, temporary);
    const [english] = await Promise.all([
      playDemo({
        ...plain,
        lang: 'en',
        out: (line, indent = 2) => {
          lines.push(line);
          if (indent !== 'whole') indented.push({ line, indent });
        },
      }),
      playDemo({ ...plain, lang: 'zh-CN', out: (line) => chinese.push(line) }),
    ]);
    ({ ok, summary } = english);
  }, 60_000);

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true, force: true });
  });

  it('loses no turn', () => {
    expect(ok).toBe(true);
    expect(summary?.answered).toBe(summary?.turns);
    expect(lines.at(-2)).toContain('Every turn was answered.');
  });

  it('moves requests to another endpoint before the client notices', () => {
    expect(summary?.failovers).toBeGreaterThanOrEqual(3);
    expect(lines.filter((line) => line.includes('the client noticed nothing'))).not.toEqual([]);
  });

  it('shows the one cut connection, and that the client asks again', () => {
    expect(summary?.cut).toBe(1);
    const at = lines.findIndex((line) => line.includes('cut in the middle'));
    expect(lines.slice(at).find((line) => line.startsWith(' ✓'))).toContain('asked again');
  });

  it('shows 503 with the seconds to wait while all endpoints are ejected', () => {
    expect(summary?.refused).toBe(2);
    expect(lines.filter((line) => /503, retry-after [1-9]/.test(line))).toHaveLength(2);
  });

  it('returns to the preferred profile by itself', () => {
    expect(lines.some((line) => line.includes('→ office (recovery)'))).toBe(true);
    expect(summary?.switches).toBeGreaterThan(0);
  });

  it('shows a suppressed switch, why and for how long, and that no request waits for it', () => {
    const at = lines.findIndex((line) => line.includes('runs out of credit'));
    const scene = lines.slice(
      at,
      lines.findIndex((line) => line.includes('All three fail')),
    );
    expect(scene.find((line) => line.includes('put off'))).toMatch(
      /switch to relay is put off for \d\.\d s: the last switch is too recent \(failover.cooldown\)/,
    );
    expect(scene.find((line) => line.includes('(failover)'))).toMatch(
      /office → relay \(failover\): .*known to be unusable/,
    );
    expect(scene.some((line) => line.includes('a probe has found it working'))).toBe(true);
    expect(scene.filter((line) => /^ [✂…✗]/.test(line))).toEqual([]);
  });

  it('ends with a screen that a person can read, in both languages', async () => {
    const end = (all: readonly string[], heading: string) =>
      all
        .slice(all.findLastIndex((line) => line.includes(heading)))
        .map((line) => line.replace(/^ *\d+/, '  N').replace(/( of | 轮中 )\d+/, '$1N'));
    const screens = [...end(lines, 'Summary'), '', ...end(chinese, '小结')];
    await expect(`${screens.join('\n')}\n`).toMatchFileSnapshot('end.txt');
  });

  it('crosses to another vendor, which is asked by its own name of the model', () => {
    const at = lines.findIndex((line) => line.includes('another vendor'));
    const scene = lines.slice(
      at,
      lines.findIndex((line) => line.includes('All three fail')),
    );
    expect(scene.filter((line) => /relay .*it was asked for glm-4.6/.test(line))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('it was asked for'))).toHaveLength(2);
    expect(chinese.filter((line) => line.includes('向它请求的是 glm-4.6'))).toHaveLength(2);
  });

  it('gives the reason of each switch', () => {
    const switches = lines.filter((line) => line.includes('active profile:'));
    expect(switches.filter((line) => !/\((failover|recovery)\): \w+/.test(line))).toEqual([]);
  });

  it('speaks Chinese too, and uses only the styles that it is given', () => {
    expect(chinese.join('\n')).toContain('已应答，客户端毫无察觉');
    expect(chinese.at(-2)).toContain('每一轮都得到了应答');
    expect(chinese.join('\n')).not.toContain('\u001b');
  });

  it('says how to leave it, at the beginning', () => {
    expect(lines.slice(0, 3).join('\n')).toContain('or when you press Ctrl-C');
    expect(chinese.slice(0, 3).join('\n')).toContain('按 Ctrl-C');
  });

  it('goes on in the column of the sentence where a terminal is narrower', () => {
    const told = indented.filter(({ indent }) => indent > 2);
    expect(told.length).toBeGreaterThan(20);
    for (const { line, indent } of told) expect(line).toMatch(new RegExp(`^.{${indent - 1}} \\S`));
    const narrow = indented.flatMap(({ line, indent }) => wrapped(line, 60, indent));
    expect(narrow.filter((line) => widthOf(line) > 60)).toEqual([]);
  });

  it('names the flag that keeps its home', () => {
    expect(lines.at(-1)).toContain('qcc demo --once --keep ~/qcc-demo');
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('a demo whose home is kept', () => {
  it('names commands to try on it, and each of them answers', async () => {
    const home = join(temporaryHome(), 'kept demo');
    const whole: string[] = [];
    const { summary } = await playDemo({
      ...plain,
      lang: 'en',
      keep: home,
      out: (line, indent) => void (indent === 'whole' && whole.push(line)),
    });
    expect(summary.home).toBe(home);
    expect(whole).toContain(`  export QCC_HOME='${home}'`);
    const commands = whole.flatMap((line) => /^ {2}qcc (.*)/.exec(line)?.[1] ?? []);
    expect(commands.length).toBe(6);
    for (const command of commands) {
      const { code, out } = await at(home)(...command.split(' '));
      expect({ command, code }).toEqual({ command, code: 0 });
      expect(out).not.toBe('');
    }
    const moved = commands.find((command) => command.startsWith('history explain')) ?? '';
    expect((await at(home)(...moved.split(' '))).out).toContain('relay');
  }, 60_000);

  it('does not begin in a folder that holds something', async () => {
    const folder = temporaryHome();
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine'), '');
    for (const keep of [folder, join(folder, 'mine')]) {
      const refused = await qcc(['demo', '--once', '--keep', keep]);
      expect(refused).toMatchObject({ code: 6, out: '', err: expect.stringContaining(`qcc demo --keep ${keep}-2`) });
    }
    expect(readdirSync(folder)).toEqual(['mine']);
  });
});

describe('the demo', () => {
  it('reports that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(playDemo({ ...plain, port, lang: 'en', out: () => undefined })).rejects.toThrow(String(port));
    server.close();
  });
});
