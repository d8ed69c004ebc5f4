/** What the history prints, commands take; and a filter that names nothing is said, not answered with nothing. */
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';
import { hostileHome } from './hostile.ts';

describe('a short id as the history prints it', () => {
  it('is accepted by every command that takes a request', async () => {
    const { home, facts } = await hostileHome('0.1.0-queue');
    const run = at(home);
    const { out } = await run('history', '--stream', 'request', '--limit', '50');
    const shorts = [...new Set([...out.matchAll(/request\/…([0-9a-z-]{6})/g)].map(([, end = '']) => end))];
    expect(shorts.length).toBeGreaterThan(0);
    for (const end of shorts) {
      const whole =
        facts.map(({ stream }) => stream).find((stream) => stream.startsWith('request/') && stream.endsWith(end)) ?? '';
      for (const form of [end, `…${end}`, `request/…${end}`]) {
        const { code, out: told } = await run('history', 'explain', form, '--json');
        expect([form, code, JSON.parse(told)]).toMatchObject([form, 0, { request: whole.replace('request/', '') }]);
        expect((await run('history', '--request', form, '--json')).out).toContain(whole);
      }
    }
  });

  it('finds an item of the queue by the end of its request, or by the whole id', async () => {
    const { home, facts } = await hostileHome('0.1.0-queue');
    const queued = facts.filter(({ type }) => type === 'RequestQueued');
    for (const { stream, data } of queued) {
      const { request } = data as { request: string };
      const id = stream.replace('queue/', '');
      for (const form of [id, id.slice(0, 5), stream, request, `request/${request}`, `…${request.slice(-6)}`]) {
        const { code, out } = await at(home)('queue', 'show', form, '--json');
        expect([form, code, out]).toEqual([form, 0, expect.stringContaining(`"id":"${id}"`)]);
      }
    }
    expect(queued.length).toBeGreaterThan(0);
  });
});

describe('a filter that matches nothing known', () => {
  it.each([
    [['--type', 'RequestServd'], 2, 'did you mean RequestServed?\n'],
    [['--stream', 'reqest'], 2, 'did you mean request'],
    [['--endpoint', 'nobody'], 5, 'there are: nine'],
    [['--profile', 'wrok'], 5, 'did you mean work'],
    [['--request', '4f2a1c'], 5, 'qcc history --stream request'],
  ])('%j is a usage error', async (flags, exit, hint) => {
    const run = at(temporaryHome());
    const key = ['--api-key', 'sk-ant-0123456789abcdef', '--name', 'nine'];
    await run('add', 'work');
    await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', ...key);
    const { code, out, err } = await run('history', ...flags);
    expect([code, out, err]).toEqual([exit, '', expect.stringContaining(hint)]);
    const json = await run('history', ...flags, '--json');
    expect([json.code, json.out]).toEqual([exit, '']);
  });
});

describe('a name that does not exist', () => {
  it.each([
    [['config', 'audit', '--by', 'gatewy'], 2, 'did you mean --by gateway'],
    [['config', 'audit', '--target', 'wrok'], 5, 'did you mean work'],
    [['config', 'audit', '--target', 'failover.cooldwn'], 5, 'did you mean failover.cooldown'],
    [['proxy', 'logs', '--level', 'wran'], 2, 'did you mean --level warn'],
    [['queue', 'list', '--state', 'waitng'], 2, 'did you mean --state waiting'],
    [['queue', 'clear', '--state', 'deda'], 2, 'did you mean --state dead'],
  ])('%j is an error with what may be meant', async (argv, exit, hint) => {
    const run = at(temporaryHome());
    await run('add', 'work');
    const { code, out, err } = await run(...argv);
    expect([code, out, err]).toEqual([exit, '', expect.stringContaining(hint)]);
    const json = await run(...argv, '--json');
    expect([json.code, json.out]).toEqual([exit, '']);
  });

  it('is not one that merely was not changed', async () => {
    const run = at(temporaryHome());
    await run('add', 'work');
    await run('remove', 'work', '--yes');
    for (const target of ['failover.cooldown', 'work'])
      expect((await run('config', 'audit', '--target', target, '--since', '2099-01-01')).code).toBe(0);
  });
});

it('a removed endpoint keeps its name in facts about it', async () => {
  const run = at(temporaryHome());
  const key = ['--api-key', 'sk-ant-0123456789abcdef'];
  await run('add', 'work', '--base-url', 'http://127.0.0.1:9', ...key);
  const { out } = await run('endpoint', 'list', 'work', '--json');
  const { id } = (JSON.parse(out) as { endpoints: [{ id: string }] }).endpoints[0];
  await run('endpoint', 'update', 'work', id, '--name', 'before');
  await run('endpoint', 'disable', 'work', id);
  await run('endpoint', 'update', 'work', id, '--name', 'after');
  await run('endpoint', 'enable', 'work', id);
  await run('endpoint', 'remove', 'work', id, '--yes');
  const told = (await run('history')).out.split('\n');
  expect(told.find((line) => line.includes('disabled'))).toContain('work/before');
  expect(told.find((line) => line.includes('enabled'))).toContain('work/after');
  expect((await run('history', '--endpoint', 'before')).out).toContain('work/before');
});
