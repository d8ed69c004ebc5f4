/** Texts about the past, in both languages, over the histories that released versions left: every event has a sentence without a gap. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../../events/fact.ts';
import { LevelLog } from '../../../src/log/level-log.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const histories = ['0.1.0-demo', '0.1.0-queue', '0.1.0-storm'] as const;
const languages = ['en', 'zh-CN'] as const;
const chinese = /\p{Script=Han}/u;
// Of a value that a sentence did not get.
const hole = /undefined|NaN|\[object|function |=>|Invalid/;

function factsOf(name: string): readonly Recorded[] {
  const text = readFileSync(join(import.meta.dirname, `../../histories/${name}.ndjson`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
}

/** A home in which all of that has happened. */
async function homeOf(name: (typeof histories)[number]) {
  const home = temporaryHome();
  const run = at(home);
  await run('init');
  const facts = factsOf(name);
  mkdirSync(join(home, 'log'), { recursive: true });
  const log = await LevelLog.open(join(home, 'log'));
  await log.append([...facts], { sync: true });
  await log.close();
  const of = (type: string) => facts.filter((fact) => fact.type === type);
  return { home, run, facts, of };
}

describe.each(histories)('the history %s', (name) => {
  it.each(languages)('has words for every fact: %s', async (language) => {
    const { run, facts } = await homeOf(name);
    const { code, out, err } = await run('history', '--limit', '1000', '--lang', language);
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toMatch(hole);
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(facts.length / 10);
    for (const line of lines.filter((one) => /#\d/.test(one)))
      expect([line, chinese.test(line)]).toEqual([line, language === 'zh-CN']);
  });

  it.each(languages)('explains each request that failed, and each endpoint: %s', async (language) => {
    const { run, of } = await homeOf(name);
    const requests = [...of('RequestFailed'), ...of('AnswerBroken'), ...of('RequestServed').slice(-1)];
    const endpoints = of('EndpointAdded').map(({ data }) => (data as { endpoint: string }).endpoint);
    for (const about of [...requests.map(({ stream }) => stream.replace('request/', '')), ...endpoints]) {
      const { code, out, err } = await run('history', 'explain', about, '--lang', language);
      expect([about, code, err]).toEqual([about, 0, '']);
      expect(out).not.toMatch(hole);
      expect(out).toContain(about);
      expect(chinese.test(out)).toBe(language === 'zh-CN');
    }
  });

  it('is exported without a secret, and gives the same answers on another machine', async () => {
    const { home, run } = await homeOf(name);
    const file = join(dirname(home), 'incident.ndjson');
    expect((await run('history', 'export', '--incident', file)).out).toContain(file);
    const there = at(temporaryHome());
    for (const asked of [['history', '--limit', '1000'], ['debug']]) {
      const { code, out, err } = await there(...asked, '--from-log', file);
      expect([asked, code, err]).toEqual([asked, 0, '']);
      expect(out).not.toMatch(hole);
      expect(out.length).toBeGreaterThan(500);
    }
    const machines = async (by: typeof run, ...more: string[]) =>
      ((await by('debug', '--json', ...more)).json() as { machines: { id: string; state: string }[] }).machines
        .map(({ id, state }) => `${id} ${state}`)
        .filter((line) => !line.startsWith('gateway'));
    expect(await machines(there, '--from-log', file)).toEqual(await machines(run));
    const stories = async (by: typeof run, ...more: string[]) =>
      (
        (await by('incidents', '--json', ...more)).json() as { incidents: { number: number; requests: object }[] }
      ).incidents.map(({ number, requests }) => ({ number, requests }));
    expect(await stories(there, '--from-log', file)).toEqual(await stories(run));
  });

  it('is replayed under other settings, with the difference', async () => {
    const { run } = await homeOf(name);
    for (const language of languages) {
      const tried = ['--set', 'failover.failure_threshold=50', '--set', 'failover.cooldown=1'];
      const { code, out, err } = await run('history', 'what-if', ...tried, '--lang', language);
      expect([code, err]).toEqual([0, '']);
      expect(out).not.toMatch(hole);
      expect(out).toContain('failover.failure_threshold=50');
      expect(chinese.test(out)).toBe(language === 'zh-CN');
    }
  });
});

it.each(languages)(
  'any moment is shown as it was, with the changes since and the facts that caused them: %s',
  async (language) => {
    const { run, of } = await homeOf('0.1.0-demo');
    const [out] = of('EndpointFailed');
    const seq = `#${(out?.seq ?? 0) + 1}`;
    const then = await run('history', '--at', seq, '--lang', language);
    expect([then.code, then.err, hole.test(then.out)]).toEqual([0, '', false]);
    expect(then.out).toContain(out?.stream);
    expect(then.out).toContain(language === 'en' ? 'failed' : '失败');
    expect(then.out).toMatch(/^health\.mode = /m);
    const since = await run('history', 'diff', seq, 'now', '--lang', language);
    expect([since.code, hole.test(since.out)]).toEqual([0, false]);
    expect(since.out).toMatch(language === 'en' ? /state: failed → healthy +#\d+/ : /state: 失败 → 健康 +#\d+/);
    expect((await run('history', 'diff', seq, seq, '--lang', language)).out).toContain(
      language === 'en' ? 'nothing' : '没有变化',
    );
    expect((await run('history', '--at', seq, '--type', 'Online')).code).toBe(2);
  },
);

it.each(languages)('the audit lists all actions of the user: %s', async (language) => {
  const home = temporaryHome();
  const run = at(home);
  const key = ['--base-url', 'http://127.0.0.1:1', '--api-key', 'sk-test-0123456789'];
  const ran = async (...argv: string[]) => {
    const { code, err, out } = await run(...argv, '--yes');
    expect([argv, code, err]).toEqual([argv, 0, expect.not.stringContaining('error:')]);
    return out;
  };
  await ran('add', 'work', '--tier', 'primary', '--description', 'at the desk', ...key);
  await ran('add', 'spare', '--tier', 'secondary', ...key);
  const { endpoints } = JSON.parse(await ran('endpoint', 'list', 'work', '--json')) as { endpoints: { id: string }[] };
  const id = endpoints[0]?.id ?? '';
  await ran('config', 'snapshot', 'before');
  await ran('endpoint', 'update', 'work', id, '--weight', '50', '--api-key', 'sk-test-9876543210');
  await ran('endpoint', 'disable', 'work', id);
  await ran('endpoint', 'enable', 'work', id);
  await ran('health', 'reset', id);
  await ran('priority', 'switch', 'spare', '--reason', 'lunch');
  await ran('priority', 'switch', '--release');
  await ran('default', 'spare');
  await ran('priority', 'set', 'work', 'none');
  await ran('config', 'set', 'queue.hold', '9');
  await ran('endpoint', 'remove', 'work', id);
  await ran('remove', 'work');
  await ran('config', 'rollback', '--last');
  const { out } = await run('history', '--limit', '1000', '--lang', language);
  expect(out).not.toMatch(hole);
  const told = out.split('\n').filter((line) => /#\d/.test(line));
  expect(told.length).toBeGreaterThan(20);
  for (const line of told) expect([line, chinese.test(line)]).toEqual([line, language === 'zh-CN']);
  expect(out).not.toMatch(/sk-test-\d{10}/);
  expect(out).toContain('lunch');
});

it('queued items are listed and shown, and stored answers are printed again', async () => {
  const { run, of } = await homeOf('0.1.0-queue');
  const [died, answered] = [of('QueuedRequestDied'), of('RetrySucceeded')].map((facts) =>
    (facts[0]?.stream ?? '').replace('queue/', ''),
  );
  const list = await run('queue', 'list');
  for (const id of [died ?? '', answered ?? '']) expect(list.out).toContain(id);
  expect((await run('queue', 'list', '--state', 'dead')).out).not.toContain(answered);
  expect((await run('queue', 'status')).out).toMatch(/waiting +retrying +answered +dead/);
  for (const language of languages) {
    const { code, out } = await run('queue', 'show', answered ?? '', '--lang', language);
    expect([code, hole.test(out), chinese.test(out)]).toEqual([0, false, language === 'zh-CN']);
  }
  // The bodies were never here: that is said, and is no crash.
  expect(await run('queue', 'show', answered ?? '', '--answer')).toMatchObject({ code: 1, out: '' });
  expect(await run('queue', 'list', '--state', 'lost')).toMatchObject({ code: 2, out: '' });
  expect((await run('queue', 'clear')).out).toMatch(/2/);
  expect((await run('queue', 'list')).err).toContain('nothing is in the queue');
  expect((await run('queue', 'show', 'ffff')).code).toBe(5);
});

it('settings of the queue are changed by flags, and shown', async () => {
  const run = at(temporaryHome());
  const flags = ['--strategy', 'fixed', '--max-retries', '7', '--base-delay', '2s', '--max-delay', '1m', '--disable'];
  expect((await run('queue', 'config', ...flags, '--json')).json()).toMatchObject({
    settings: {
      'queue.enabled': false,
      'queue.strategy': 'fixed',
      'queue.max_retries': 7,
      'queue.base_delay': 2,
      'queue.max_delay': 60,
    },
  });
  expect((await run('queue', 'config', '--enable')).out).toMatch(/queue\.enabled +true/);
  expect((await run('queue', 'config', '--enable', '--disable')).code).toBe(2);
  expect((await run('queue', 'status')).err).toContain('nothing is in the queue');
});
