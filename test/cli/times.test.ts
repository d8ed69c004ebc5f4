import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { root } from '../../src/cli/manifest.ts';
import type { Command } from '../../src/commands/command.ts';
import { wordsOf } from '../../src/messages/messages.ts';
import { instant, spanMs } from '../../src/messages/times.ts';
import { shortSpan, timeText } from '../../src/platform/time.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const words = wordsOf('en');

describe('a span', () => {
  it.each([
    ['30s', 30 * second],
    ['5m', 5 * minute],
    ['1h30m', 90 * minute],
    ['250ms', 250],
    ['2d', 2 * day],
    ['0.5s', 500],
    ['45', 45 * second],
    ['0', 0],
  ])('%s', (text, ms) => {
    expect(spanMs(text, words)).toBe(ms);
  });

  it.each(['', 's', '5x', '5m and more', 'm5', '-5m', '5 m', '1,5s'])('is not "%s"', (text) => {
    expect(() => spanMs(text, words)).toThrow(expect.objectContaining({ code: 'QCC_USAGE_INVALID', exit: 2 }));
  });

  it.each([
    [0, '0 s'],
    [89 * second, '89 s'],
    [90 * second, '2 min'],
    [89 * minute, '89 min'],
    [90 * minute, '2 h'],
    [47 * hour, '47 h'],
    [48 * hour, '2 d'],
    [-5 * second, '5 s'],
  ])('of %i ms is read as %s', (ms, text) => {
    expect(shortSpan(ms)).toBe(text);
  });
});

describe('an instant', () => {
  const now = new Date(2026, 6, 15, 14, 30, 0).getTime();

  it.each([
    ['now', now],
    ['-15m', now - 15 * minute],
    ['15m', now - 15 * minute],
    ['1h30m', now - 90 * minute],
    ['-1h30m', now - 90 * minute],
    ['14:03:22', new Date(2026, 6, 15, 14, 3, 22).getTime()],
    ['9:05', new Date(2026, 6, 15, 9, 5, 0).getTime()],
    ['today', new Date(2026, 6, 15).getTime()],
    ['yesterday', new Date(2026, 6, 14).getTime()],
    ['2026-07-01', new Date(2026, 6, 1).getTime()],
    ['2026-07-01T12:00:00', new Date(2026, 6, 1, 12).getTime()],
    ['2026-07-01T12:00:00Z', Date.UTC(2026, 6, 1, 12)],
    ['2026-07-01 12:00:00', new Date(2026, 6, 1, 12).getTime()],
    ['2026-07-01 12:00:00 UTC', Date.UTC(2026, 6, 1, 12)],
    ['2026-07-01 12:00:00 +08:00', Date.UTC(2026, 6, 1, 4)],
    ['2026-07-01T12:00:00.250+02:00', Date.UTC(2026, 6, 1, 10, 0, 0, 250)],
  ])('%s', (text, at) => {
    expect(instant(text, now, words)).toBe(at);
  });

  // Date.parse alone would take the last three for some day of the year 2001.
  it.each(['', 'whenever', '-soon', '25:00:00', '12:60', '2026-13-01', '#12', 'monday 3', '5'])(
    'is not "%s"',
    (text) => {
      expect(() => instant(text, now, words)).toThrow(expect.objectContaining({ code: 'QCC_USAGE_INVALID', exit: 2 }));
    },
  );

  // Clocks went forward on 29 March 2026 in Berlin: that Sunday had 23 hours.
  it('goes back by the calendar over a change of daylight saving time', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    onTestFinished(() => void vi.unstubAllEnvs());
    const monday = Date.parse('2026-03-30T00:30:00+02:00');
    expect(new Date(instant('yesterday', monday, words)).toISOString()).toBe('2026-03-28T23:00:00.000Z');
  });
});

describe('a printed instant', () => {
  it.each([
    ['UTC', '2026-07-01 23:30:00 UTC'],
    ['Asia/Shanghai', '2026-07-02 07:30:00 +08:00'],
    ['America/St_Johns', '2026-07-01 21:00:00 -02:30'],
  ])('is in the time zone of %s, shows the zone, and can be typed again', (zone, text) => {
    vi.stubEnv('TZ', zone);
    onTestFinished(() => void vi.unstubAllEnvs());
    const at = Date.UTC(2026, 6, 1, 23, 30);
    expect([timeText(at), timeText(new Date(at).toISOString())]).toEqual([text, text]);
    expect(instant(text, 0, words)).toBe(at);
  });

  it('is the same in every command, for people; in JSON it is UTC', async () => {
    vi.stubEnv('TZ', 'Asia/Shanghai');
    onTestFinished(() => void vi.unstubAllEnvs());
    const run = at(temporaryHome());
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef');
    await run('priority', 'switch', 'work');
    await run('config', 'snapshot', 'x');
    for (const words of [
      ['history'],
      ['history', '--at', 'now'],
      ['history', 'stats'],
      ['debug'],
      ['priority', 'history'],
      ['config', 'snapshots'],
      ['config', 'audit'],
      ['endpoint', 'list', 'work', '--verbose'],
    ]) {
      const { code, out } = await run(...words);
      expect([words, code, out]).toEqual([words, 0, expect.stringContaining('+08:00')]);
      expect(out).not.toMatch(/\d{2}:\d{2}(\.\d+)?Z/);
    }
    expect((await run('config', 'audit', '--json')).out).toMatch(/"at":"[^"]+Z"/);
    expect((await run('history', '--json')).out).not.toContain('+08:00');
  });
});

/** Every command that takes a moment, with the flags that take it, and with the arguments that it needs. */
function momentFlags(command: Command = root, path: readonly string[] = []): [readonly string[], string][] {
  const own = ['since', 'until', 'at', 'from', 'to'].filter((name) => command.flags?.[name]?.valueHint === 'TIME');
  const below = Object.entries(command.sub ?? {}).flatMap(([name, sub]) => momentFlags(sub, [...path, name]));
  return [...own.map((name): [readonly string[], string] => [path, name]), ...below];
}

describe('a moment', () => {
  const needed: Readonly<Record<string, readonly string[]>> = {
    'endpoint stats': ['work'],
    'history export': ['--incident', '/dev/null'],
    'history what-if': ['--set', 'failover.failure_threshold=5'],
  };

  it('is written the same way for every flag that takes one', async () => {
    const run = at(temporaryHome());
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef');
    await run('config', 'set', 'queue.hold', '9');
    const flags = momentFlags();
    expect(flags.map(([path, name]) => `${path.join(' ')} --${name}`)).toEqual(
      expect.arrayContaining(['config audit --since', 'config audit --to', 'debug --at', 'endpoint stats --since']),
    );
    for (const [path, name] of flags) {
      const typed = [...path, ...(needed[path.join(' ')] ?? []), '--json'];
      const codeOf = async (text: string) => {
        const { code, err } = await run(...typed, `--${name}`, text);
        return [typed.join(' '), name, text, code, err];
      };
      // A time before the first fact may be out of reach; it is never misread.
      // A time before the first fact may be out of reach; it is never misread.
      for (const text of ['5m', '-5m', '14:03', 'yesterday', '2026-07-01T12:00:00Z', '#2'])
        expect(await codeOf(text)).not.toEqual(expect.arrayContaining([expect.toBeOneOf([1, 2])]));
      for (const text of ['whenever', '#x'])
        expect(await codeOf(text)).toEqual([typed.join(' '), name, text, 2, expect.stringContaining(text)]);
    }
  });

  it('that is the number of a fact bounds the audit', async () => {
    const run = at(temporaryHome());
    for (const value of ['7', '8', '9']) await run('config', 'set', 'queue.hold', value);
    const seqs = async (...flags: readonly string[]) => {
      const { entries } = (await run('config', 'audit', ...flags, '--json')).json() as { entries: { seq: number }[] };
      return entries.map(({ seq }) => seq);
    };
    const all = await seqs();
    const [newest = 0, middle = 0, oldest = 0] = all;
    expect(all).toHaveLength(3);
    expect(await seqs('--since', `#${middle}`)).toEqual([newest, middle]);
    expect(await seqs('--until', `#${middle}`)).toEqual([oldest]);
    expect(await seqs('--from', `#${middle}`, '--to', `#${newest}`)).toEqual([middle]);
  });
});
