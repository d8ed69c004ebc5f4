/** The contract with scripts: the JSON and the exit code of every command that needs no gateway. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const id = expect.stringMatching(/^[0-9a-f]{8}$/);

function opened(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome();
  const run = at(home, { KEY: key, ...env });
  const json = async (...argv: readonly string[]) => {
    const ran = await run(...argv, '--json');
    expect({ argv, code: ran.code, err: ran.err }).toEqual({
      argv,
      code: 0,
      err: expect.not.stringContaining('error'),
    });
    return ran.json();
  };
  return { home, run, json };
}

async function withEndpoint(env: Readonly<Record<string, string>> = {}) {
  const it = opened(env);
  await it.json('add', 'work', '--tier', 'primary');
  const add = ['endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key-env', 'KEY'];
  const endpoint = (await it.json(...add, '--name', 'nine')) as { id: string };
  return { ...it, add, endpoint };
}

const profile = {
  name: 'work',
  description: '',
  tier: 'primary',
  default: true,
  active: true,
  endpoints: 1,
  createdAt: time,
};

const endpointRow = {
  id,
  name: 'nine',
  profile: 'work',
  baseUrl: 'http://127.0.0.1:9',
  auth: expect.stringMatching(/^(x-api-key|bearer)$/),
  key: 'sk-ant…stuv',
  weight: 100,
  effectiveWeight: 100,
  priority: expect.any(Number),
  enabled: true,
  maxFailures: 3,
  timeoutMs: null,
  state: 'healthy',
  since: time,
  until: null,
  source: null,
};

describe('qcc init', () => {
  it('creates the home once, and repeats its message the second time', async () => {
    const { home, json } = opened();
    expect(await json('init')).toMatchObject({ home, created: true });
    expect(await json('init')).toMatchObject({ home, created: false });
  });
});

describe('profiles', () => {
  it('are added with an endpoint, listed, made default and removed', async () => {
    const { run, json } = opened();
    const target = ['--base-url', 'http://127.0.0.1:9', '--api-key-env', 'KEY'];
    expect(await json('add', 'work', '--tier', 'primary', ...target)).toMatchObject(profile);
    await json('add', 'spare', '--description', 'for rainy days');
    expect(await json('list')).toMatchObject({
      profiles: [profile, { name: 'spare', description: 'for rainy days', tier: null, default: false, endpoints: 0 }],
    });
    expect(await json('default', 'spare')).toMatchObject({ name: 'spare', default: true });
    expect(await json('remove', 'spare', '--yes')).toMatchObject({ name: 'spare' });
    expect((await run('default', 'spare')).code).toBe(5);
    expect((await run('add', 'work')).code).toBe(6);
  });

  it('are not added with an incomplete endpoint', async () => {
    const { run, json } = opened();
    expect(await run('add', 'work', '--api-key-env', 'KEY')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--base-url'),
    });
    expect(await json('list')).toEqual({ profiles: [] });
  });

  it('are added from a preset', async () => {
    const { json } = opened();
    const { presets } = (await json('fc', '--list')) as { presets: readonly object[] };
    const preset = { name: expect.any(String), baseUrl: expect.stringMatching(/^https:/), auth: expect.any(String) };
    for (const one of presets)
      expect(one).toMatchObject({ ...preset, docs: expect.any(String), verifiedAt: expect.any(String) });
    expect(await json('fc', '--preset', 'anthropic', '--api-key-env', 'KEY', '--name', 'mine')).toMatchObject({
      name: 'mine',
      endpoints: 1,
    });
    expect(await json('endpoint', 'list', 'mine')).toMatchObject({ endpoints: [{ source: 'anthropic' }] });
  });
});

describe('endpoints', () => {
  it('are added, listed, changed, disabled, enabled and removed', async () => {
    const { json, endpoint } = await withEndpoint();
    expect(endpoint).toMatchObject(endpointRow);
    expect(await json('endpoint', 'list', 'work')).toMatchObject({ profile: 'work', endpoints: [endpointRow] });
    const short = endpoint.id.slice(0, 4);
    expect(await json('endpoint', 'update', 'work', short, '--weight', '30', '--timeout', '90s')).toMatchObject({
      id: endpoint.id,
      weight: 30,
      timeoutMs: 90_000,
    });
    expect(await json('endpoint', 'disable', 'work', short)).toMatchObject({ enabled: false, state: 'disabled' });
    expect(await json('endpoint', 'enable', 'work', short)).toMatchObject({ enabled: true });
    expect(await json('endpoint', 'remove', 'work', short, '--yes')).toMatchObject({ id: endpoint.id });
    expect(await json('endpoint', 'list', 'work')).toEqual({ profile: 'work', endpoints: [] });
  });

  it('are not added twice, nor to a missing profile', async () => {
    const { run, add } = await withEndpoint();
    expect((await run(...add)).code).toBe(6);
    expect((await run(...add.map((word) => (word === 'work' ? 'wrok' : word)))).code).toBe(5);
    expect((await run('endpoint', 'enable', 'work', 'ffffffff')).code).toBe(5);
  });

  it('are not changed without a change', async () => {
    const { run, endpoint } = await withEndpoint();
    expect((await run('endpoint', 'update', 'work', endpoint.id)).code).toBe(2);
  });

  it('are copied from another profile: one as it is, several in a list', async () => {
    const { json } = await withEndpoint();
    await json('add', 'second');
    await json('add', 'third');
    expect(await json('endpoint', 'add', 'second', '-f', 'work')).toMatchObject({ profile: 'second', name: 'nine' });
    await json('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:10', '--api-key-env', 'KEY');
    const { added } = (await json('endpoint', 'add', 'third', '--from-profile', 'work')) as { added: object[] };
    expect(added).toMatchObject([{ profile: 'third' }, { profile: 'third' }]);
  });
});

describe('a check of endpoints', () => {
  const check = {
    endpoint: id,
    profile: 'work',
    at: time,
    verdict: 'failure',
    responseMs: expect.any(Number),
    ttftMs: null,
    score: expect.any(Number),
    valid: false,
    error: expect.any(String),
  };

  it.each([
    ['endpoint', 'test', 'work'],
    ['health', 'test'],
  ])('qcc %s %s: exits with 7 when one failed, and records nothing', async (...command) => {
    const { run } = await withEndpoint();
    const before = (await run('history', '--json')).out;
    const ran = await run(...command, '--json');
    expect({ code: ran.code, json: ran.json() }).toMatchObject({ code: 7, json: { checks: [check] } });
    expect((await run('history', '--json')).out).toBe(before);
  });
});

describe('the ladder', () => {
  it('is set, listed and switched by hand', async () => {
    const { json, run } = await withEndpoint();
    await json('add', 'spare', '--base-url', 'http://127.0.0.1:9', '--api-key-env', 'KEY');
    expect(await json('priority', 'set', 'spare', 'fallback')).toEqual({ profile: 'spare', tier: 'fallback' });
    expect(await json('priority', 'list')).toMatchObject({
      active: 'work',
      state: expect.any(String),
      pinned: null,
      tiers: { primary: ['work'], secondary: [], fallback: ['spare'] },
      policy: { autoFailover: expect.any(Boolean) },
    });
    const switched = { at: time, seq: expect.any(Number), kind: 'manual', from: 'work', to: 'spare', reason: 'lunch' };
    expect(await json('priority', 'switch', 'spare', '--reason', 'lunch')).toEqual(switched);
    expect(await json('priority', 'history', '-n', '1')).toEqual({ switches: [switched] });
    expect(await json('priority', 'switch', '--release')).toMatchObject({ released: true });
    expect(await json('priority', 'set', 'spare', 'none')).toEqual({ profile: 'spare', tier: null });
    expect((await run('priority', 'switch', 'wrok')).code).toBe(5);
  });

  it('has a policy', async () => {
    const { json } = opened();
    const rules = ['--no-auto-failover', '--auto-recovery', '--failure-threshold', '5', '--cooldown', '2m'];
    expect(await json('priority', 'policy', ...rules, '--recovery-delay', '45', '--max-per-hour', '6')).toEqual({
      autoFailover: false,
      autoRecovery: true,
      failureThreshold: 5,
      recoveryChecks: expect.any(Number),
      cooldownS: 120,
      recoveryDelayS: 45,
      maxPerHour: 6,
    });
    expect(await json('priority', 'policy')).toMatchObject({ autoFailover: false, cooldownS: 120 });
  });
});

describe('health', () => {
  it('is shown and reset', async () => {
    const { json, endpoint } = await withEndpoint();
    expect(await json('health', 'status')).toMatchObject({
      endpoints: [
        {
          id: endpoint.id,
          profile: 'work',
          state: 'healthy',
          since: time,
          until: null,
          successRate: null,
          consecutiveFailures: 0,
          lastCheckAt: null,
          lastError: null,
          weight: 100,
          effectiveWeight: 100,
        },
      ],
    });
    expect(await json('health', 'reset', endpoint.id)).toMatchObject({ id: endpoint.id });
  });
});

describe('settings', () => {
  it('are read, set, listed with their origin and reset', async () => {
    const { json, run } = opened();
    expect(await json('config', 'get', 'proxy.port')).toEqual({ key: 'proxy.port', value: 7860 });
    expect(await json('config', 'set', 'proxy.port', '7900')).toMatchObject({ key: 'proxy.port', value: 7900 });
    expect(await json('config', 'list')).toMatchObject({ settings: { 'proxy.port': 7900, 'proxy.host': '127.0.0.1' } });
    expect(await json('config', 'list', '--show-origin')).toMatchObject({
      settings: {
        'proxy.port': { value: 7900, origin: 'set', range: expect.any(String) },
        'proxy.host': { value: '127.0.0.1', origin: 'default' },
      },
    });
    expect(await json('config', 'reset', 'proxy.port')).toMatchObject({ settings: { 'proxy.port': 7860 } });
    expect(await run('config', 'set', 'proxy.port', '70000')).toMatchObject({
      code: 2,
      err: expect.stringContaining('65535'),
    });
    expect((await run('config', 'get', 'proxy.prot')).code).toBe(2);
    expect(await json('config', 'get', 'proxy.port')).toMatchObject({ value: 7860 });
  });

  it('are exported into a file with everything but secrets', async () => {
    const { home, json } = await withEndpoint();
    const file = join(home, '..', 'export.json');
    await json('config', 'export', file);
    const text = readFileSync(file, 'utf8');
    expect(JSON.parse(text)).toBeTypeOf('object');
    expect(text).toContain('http://127.0.0.1:9');
    expect(text).not.toContain(key);
  });
});

describe('the client’s environment', () => {
  const url = 'http://127.0.0.1:7860';

  it('is printed for scripts and for every shell', async () => {
    const { json, run } = opened({ NO_PROXY: 'intranet' });
    expect(await json('env')).toMatchObject({
      env: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: expect.any(String),
        NO_PROXY: expect.stringMatching(/^intranet,127/),
      },
    });
    expect((await run('env')).out).toContain(`export ANTHROPIC_BASE_URL='${url}'\n`);
    expect((await run('env', '--shell', 'fish')).out).toContain(`set -gx ANTHROPIC_BASE_URL '${url}';\n`);
    expect((await run('env', '--shell', 'pwsh')).out).toContain(`$env:ANTHROPIC_BASE_URL = '${url}'\n`);
    const unset = (await run('env', '--unset')).out;
    expect(unset).toContain('unset ANTHROPIC_BASE_URL\n');
    expect(unset).not.toContain('NO_PROXY');
  });

  it('is written into Claude Code’s settings, and removed again', async () => {
    const home = temporaryHome();
    const folder = join(home, '..', 'claude');
    const settings = join(folder, 'settings.json');
    const before = '{\n  // mine\n  "model": "opus"\n}\n';
    mkdirSync(folder);
    writeFileSync(settings, before);
    const run = at(home, { CLAUDE_CONFIG_DIR: folder });
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key);
    const used = await run('use', 'work', '--apply', '--json');
    expect(used.json()).toMatchObject({ env: { ANTHROPIC_BASE_URL: url }, applied: { file: settings } });
    const text = readFileSync(settings, 'utf8');
    expect(text).toContain('// mine');
    expect(text).toContain(url);
    expect(await run('use', '--restore')).toMatchObject({ code: 0, out: expect.stringContaining(settings) });
    expect(readFileSync(settings, 'utf8')).toContain('"model": "opus"');
  });
});

describe('the log', () => {
  const fact = {
    seq: expect.any(Number),
    at: time,
    stream: 'profile/work',
    type: 'ProfileAdded',
    data: { name: 'work' },
    cause: null,
  };

  it('has one fact per line, oldest first', async () => {
    const { run } = await withEndpoint();
    const { out } = await run('history', '--json');
    const facts = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number });
    expect(facts[0]).toMatchObject(fact);
    expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, i) => i + 1));
  });

  it('is read in part', async () => {
    const { run } = await withEndpoint();
    const types = async (...flags: readonly string[]) => {
      const { out } = await run('history', '--json', ...flags);
      return out.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { type: string }).type]));
    };
    const all = await types();
    expect(await types('--type', 'EndpointAdded')).toEqual(['EndpointAdded']);
    expect(await types('--stream', 'profile/work')).toEqual(['ProfileAdded', 'TierAssigned', 'EndpointAdded']);
    expect(await types('--limit', '1')).toEqual(all.slice(-1));
    expect(await types('--since', '#3')).toEqual(all.slice(2));
    expect(await types('--until', '#3'), 'exclusive').toEqual(all.slice(0, 2));
    expect(await types('--since', '-15m')).toEqual(all);
    expect(await types('--since=-15m')).toEqual(all);
    expect(await types('--until', 'yesterday')).toEqual([]);
    expect(await types('--since', 'yesterday')).toEqual(all);
  });

  it('is not read from an invalid number', async () => {
    const { run } = opened();
    for (const since of ['#', '#x', '#1.5'])
      expect(await run('history', '--since', since)).toMatchObject({ code: 2, out: '' });
    for (const since of ['#1', '-15m'])
      expect(await run('proxy', 'stats', '--since', since), since).toMatchObject({ code: 0 });
  });

  it('shows the machines and their next transitions', async () => {
    const { json, endpoint, run } = await withEndpoint();
    const machine = {
      id: `endpoint/${endpoint.id}`,
      machine: 'endpoint',
      state: 'healthy',
      since: time,
      context: expect.any(Object),
      next: expect.arrayContaining([
        {
          on: 'failures',
          to: 'failed',
          at: null,
          because: '3 more strikes in a row put it out',
          rule: 'strikesLeft',
          params: { left: 3 },
        },
      ]),
    };
    expect(await json('debug', 'endpoint')).toMatchObject({ seq: expect.any(Number), at: time, machines: [machine] });
    expect(await json('debug', endpoint.id)).toMatchObject({
      machines: [machine],
      live: { budget: { left: null, most: null }, inFlight: {}, permits: [] },
    });
    expect((await run('debug', 'nope')).code).toBe(5);
    expect((await run('history', 'explain', 'nope')).code).toBe(5);
  });
});

describe('without a gateway', () => {
  it.each([['proxy', 'status'], ['status']])('qcc %s %s reports that, with exit code 3', async (...command) => {
    const { run } = opened();
    const ran = await run(...command, '--json');
    expect({ code: ran.code, json: ran.json() }).toMatchObject({ code: 3, json: { running: false } });
  });

  it.each([
    ['proxy', 'stop'],
    ['proxy', 'restart'],
  ])('qcc %s %s is refused with the command that helps, and exit code 3', async (...command) => {
    const { run } = opened();
    const { code, out, err } = await run(...command, '--json');
    expect({ code, out, said: JSON.parse(err) }).toMatchObject({
      code: 3,
      out: '',
      said: { error: { code: 'QCC_GATEWAY_DOWN', hint: 'qcc proxy start' } },
    });
  });

  it('qcc proxy stats shows past requests', async () => {
    const { json } = opened();
    expect(await json('proxy', 'stats')).toMatchObject({ since: null, stats: [], unpriced: [] });
  });
});
