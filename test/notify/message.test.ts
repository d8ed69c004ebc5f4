import { describe, expect, it } from 'vitest';
import { reason } from '../../events/reason.ts';
import { type NotifyLanguage, notifyWordsOf } from '../../src/messages/notify.ts';
import { messageOf } from '../../src/notify/message.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { noon } from '../support/world.ts';
import { allDown, failover, refusedKey } from './given.ts';

const entry = (notice: Notice, count = 1) => ({ notice, count });
const told = (language: NotifyLanguage, ...notices: readonly Notice[]) =>
  messageOf(
    notices.map((notice) => entry(notice)),
    notifyWordsOf(language),
    noon,
  );
/** Without the time, which is that of the place where the test runs. */
const body = (text: string) => text.replaceAll(/\d\d:\d\d:\d\d /g, '');

const recovery: Notice = {
  kind: 'recovery',
  at: noon,
  from: 'spare',
  to: 'main',
  because: reason('checksPassed', { profile: 'main', checks: 3 }),
};
const back: Notice = { kind: 'recovery', at: noon, from: null, to: 'main' };
const billing: Notice = { ...(refusedKey() as Extract<Notice, { kind: 'credential' }>), because: 'billing' };
const test: Notice = { kind: 'test', at: noon };

describe('a message', () => {
  it.each([
    [failover(), 'qcc: switched to spare', 'main → spare: every endpoint of main is known to be unusable', false],
    [recovery, 'qcc: back on main', 'spare → main, back: main passed 3 checks and its delay', false],
    [back, 'qcc: main can answer again', 'main can answer again', false],
    [allDown(), 'qcc: no endpoint can answer', 'no endpoint of any profile is usable; see qcc health status', true],
    [
      refusedKey(),
      'qcc: an endpoint of main refuses its key',
      'main, relay: its key was refused; qcc endpoint update main 11111111 --api-key-stdin',
      true,
    ],
    [
      billing,
      'qcc: an endpoint of main has no balance left',
      'main, relay: its balance is spent; top it up, then qcc health reset 11111111',
      true,
    ],
    [test, 'qcc: a test message', 'notifications arrive here', false],
  ])('says what happened: %o', (notice, title, text, urgent) => {
    const message = told('en', notice);
    expect({ ...message, text: body(message.text) }).toMatchObject({ title, text, urgent, at: noon });
    expect(message.text).toMatch(/^\d\d:\d\d:\d\d /);
  });

  it('is in Chinese too, with no English word but names, reasons and commands', () => {
    const notices = [failover(), recovery, back, allDown(), refusedKey(), billing, test];
    const titles = notices.map((notice) => told('zh-CN', notice).title);
    expect(titles.filter((title) => !/^qcc: .*\p{Script=Han}/u.test(title))).toEqual([]);
    expect(body(told('zh-CN', allDown()).text)).toBe('所有配置都没有可用端点；参见 qcc health status');
  });

  it('about several subjects is titled by the gravest, with counts', () => {
    const message = messageOf([entry(failover(), 3), entry(allDown())], notifyWordsOf('en'), noon);
    expect(message.title).toBe('qcc: no endpoint can answer');
    expect(message.urgent).toBe(true);
    expect(body(message.text).split('\n')).toEqual([
      'main → spare: every endpoint of main is known to be unusable (3 times)',
      'no endpoint of any profile is usable; see qcc health status',
    ]);
  });

  it('is limited in length', () => {
    const many = Array.from({ length: 25 }, (_, i) => failover(`p${i}`));
    const lines = told('en', ...many).text.split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('and 15 more; see qcc history');
  });

  it('keeps each notice on its line, whatever an endpoint’s name is', () => {
    const named = { ...(refusedKey() as Extract<Notice, { kind: 'credential' }>), name: 'a\nb\tc' };
    expect(told('en', named).text).toContain('main, a b c: its key');
    expect(told('en', named).text).not.toContain('\n');
  });
});
