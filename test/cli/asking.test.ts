/** Which commands prompt, and when. The user is simulated: `ask.ts`, which draws the prompts, is the one part that is not real. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const person = vi.hoisted(() => ({ asked: [] as string[], answers: [] as unknown[] }));

vi.mock('../../src/terminal/prompt.ts', () => {
  const ask = (kind: string) => (message: string) => {
    person.asked.push(`${kind}: ${message}`);
    return Promise.resolve(person.answers.shift());
  };
  return { confirm: ask('confirm'), choose: ask('choose'), askText: ask('text'), askSecret: ask('secret') };
});

const { isTTY: stdinIsTerminal } = process.stdin;
const { isTTY: stdoutIsTerminal } = process.stdout;

function terminal(stdin: boolean, stdout: boolean): void {
  process.stdin.isTTY = stdin;
  process.stdout.isTTY = stdout;
}

beforeEach(() => {
  person.asked = [];
  person.answers = [];
  terminal(true, true);
});

afterEach(() => terminal(stdinIsTerminal, stdoutIsTerminal));

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const plain = { TERM: 'dumb' };

async function withProfiles(...names: readonly string[]) {
  const run = at(temporaryHome(), plain);
  for (const name of names) await run('add', name, '--yes');
  return run;
}

async function names(run: ReturnType<typeof at>): Promise<readonly string[]> {
  const { profiles } = (await run('list', '--json')).json() as { profiles: readonly { name: string }[] };
  return profiles.map(({ name }) => name);
}

describe('a destructive command', () => {
  it('runs when the user confirms it', async () => {
    const run = await withProfiles('work');
    person.answers = [true];
    expect(await run('remove', 'work')).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([
      'confirm: Remove profile work? It is the active one. It has no endpoint; "qcc add work" would make it anew.',
    ]);
    expect(await names(run)).toEqual([]);
  });

  it('changes nothing when the user declines', async () => {
    const run = await withProfiles('work');
    person.answers = [false];
    expect(await run('remove', 'work')).toMatchObject({ code: 130, out: '' });
    expect(await names(run)).toEqual(['work']);
  });

  it('is found before anything is asked', async () => {
    const run = await withProfiles('work');
    for (const command of [
      ['remove', 'wrok'],
      ['endpoint', 'remove', 'work', 'relay'],
      ['endpoint', 'remove', 'wrok', 'relay'],
    ])
      expect([command, await run(...command)]).toEqual([command, expect.objectContaining({ code: 5, out: '' })]);
    expect(person.asked).toEqual([]);
  });

  it('says what goes with it, and that it cannot be undone', async () => {
    const run = await withProfiles('work');
    await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--name', 'relay');
    person.answers = [false, false];
    await run('endpoint', 'remove', 'work', 'relay');
    await run('remove', 'work', '--lang', 'zh-CN');
    expect(person.asked).toEqual([
      'confirm: Remove relay (http://127.0.0.1:9, key sk-ant…stuv) from work? The key is destroyed with it: this cannot be undone.',
      'confirm: 删除配置 work 及其 1 个端点？它是当前配置。密钥将一并销毁，无法撤销。',
    ]);
  });

  it('is, of settings, listed, with the command that takes it back', async () => {
    const run = at(temporaryHome(), plain);
    await run('config', 'set', 'proxy.port', '7000');
    await run('config', 'set', 'queue.hold', '9');
    person.answers = [true];
    expect(await run('config', 'reset')).toMatchObject({
      code: 0,
      out: '✓ every setting has its default - to undo it: qcc config rollback --last\n',
    });
    expect(person.asked).toEqual([
      'confirm: Set 2 settings back to default: proxy.port, queue.hold? "qcc config rollback --last" takes it back.',
    ]);
    person.answers = [true];
    expect(await run('config', 'rollback', '--last')).toMatchObject({ code: 0 });
    expect(person.asked[1]).toMatch(/^confirm: Go back to #\d+, with these 2 changes\?/);
    expect((await run('config', 'get', 'proxy.port')).out).toBe('7000\n');
  });

  it('runs without a prompt with --yes', async () => {
    const run = await withProfiles('work');
    expect(await run('remove', 'work', '--yes')).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([]);
    expect(await names(run)).toEqual([]);
  });

  it.each([
    ['stdin is no terminal', [false, true], {}, []],
    ['stdout is no terminal', [true, false], {}, []],
    ['--no-input says so', [true, true], {}, ['--no-input']],
    ['it runs in CI', [true, true], { CI: 'true' }, []],
  ] as const)('is a usage error that names --yes when %s', async (_, [stdin, stdout], env, flags) => {
    const home = temporaryHome();
    const run = at(home, plain);
    await run('add', 'work', '--yes');
    terminal(stdin, stdout);
    for (const command of [
      ['remove', 'work'],
      ['config', 'reset'],
      ['endpoint', 'remove', 'work', 'abcd'],
    ]) {
      const ran = await at(home, { ...plain, ...env })(...command, ...flags);
      expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes') });
    }
    expect(person.asked).toEqual([]);
    expect(await names(run)).toEqual(['work']);
  });

  it('does not include a reset of a single setting, which can be set again', async () => {
    const run = at(temporaryHome(), plain);
    expect(await run('config', 'reset', 'proxy.port')).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([]);
  });
});

describe('qcc endpoint add on a terminal', () => {
  it('prompts for an address and a key', async () => {
    const run = await withProfiles('work');
    person.answers = ['hand', 'http://127.0.0.1:9', key];
    expect(await run('endpoint', 'add', 'work')).toMatchObject({
      code: 0,
      out: '✓ 127.0.0.1:9 stands in work, weight 100 - test: qcc endpoint test work 127.0.0.1:9\n',
    });
    expect(person.asked).toEqual(['choose: How to add an endpoint', 'text: Base URL', 'secret: API key']);
  });

  it('prompts for a preset and a key', async () => {
    const run = await withProfiles('work');
    person.answers = ['preset', 'anthropic', key];
    const { code, out } = await run('endpoint', 'add', 'work');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('api.anthropic.com stands in work') });
  });

  it('offers the endpoints of other profiles', async () => {
    const run = await withProfiles('work', 'spare');
    await run('endpoint', 'add', 'spare', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--auto');
    person.answers = ['copy', 'spare'];
    const { code, out } = await run('endpoint', 'add', 'work');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('127.0.0.1:9 stands in work') });
    expect(person.asked).toEqual(['choose: How to add an endpoint', 'choose: from another profile']);
  });

  it.each(['--auto', '--yes', '--no-input', '--json'])('prompts for nothing with %s', async (flag) => {
    const run = await withProfiles('work');
    expect(await run('endpoint', 'add', 'work', flag)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('--base-url'),
    });
    expect(person.asked).toEqual([]);
  });
});

describe('qcc fc on a terminal', () => {
  it('prompts for a preset and a key', async () => {
    const run = at(temporaryHome(), plain);
    person.answers = ['anthropic', key];
    expect(await run('fc')).toMatchObject({
      code: 0,
      out: '✓ profile anthropic is added, with 1 endpoint - test: qcc endpoint test anthropic\n',
    });
    expect(person.asked).toEqual(['choose: Preset', 'secret: API key']);
  });
});

describe('a key at a terminal', () => {
  it('is read without echo, where --api-key-stdin would have it echoed', async () => {
    const run = await withProfiles('work');
    person.answers = [key];
    const add = ['endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key-stdin'];
    expect(await run(...add, '--json')).toMatchObject({ code: 0, out: expect.stringContaining('sk-ant…stuv') });
    expect(person.asked).toEqual(['secret: API key']);
    expect(await run(...add, '--no-input')).toMatchObject({ code: 2, out: '' });
    expect(person.asked).toHaveLength(1);
  });

  it('is read the same way when a setting is to be read from stdin', async () => {
    const run = await withProfiles('work');
    person.answers = ['https://hooks.example.com/token-of-mine'];
    expect((await run('config', 'set', 'notify.webhook', '-')).code).toBe(0);
    expect(person.asked).toEqual(['secret: API key']);
  });
});

describe('bare qcc on a terminal', () => {
  it('says how to begin when there is nothing to choose from', async () => {
    const run = at(temporaryHome(), plain);
    expect(await run()).toMatchObject({ code: 5, out: '', err: expect.stringContaining('qcc add NAME') });
  });

  it('says what to add when no profile has an endpoint', async () => {
    const run = await withProfiles('work');
    expect(await run()).toMatchObject({ code: 5, out: '', err: expect.stringContaining('qcc endpoint add work') });
    expect(person.asked).toEqual([]);
  });

  /** Two profiles that can be asked and one that cannot, a gateway, and a program that writes down what it was started with. */
  async function withClaude() {
    const { home, gateway, call } = await runningGateway();
    for (const name of ['work', 'spare'])
      await call('profile.add', {
        name,
        tier: name === 'work' ? 'primary' : 'secondary',
        endpoint: { baseUrl: `http://127.0.0.1:9/${name}`, key },
      });
    await call('profile.add', { name: 'empty' });
    const folder = dirname(home);
    const said = join(folder, 'said.json');
    writeFileSync(
      join(folder, 'claude'),
      `#!${process.execPath}\nconst fs = require('node:fs');\nfs.writeFileSync(${JSON.stringify(said)}, fs.readFileSync(process.argv[3]));\n`,
      { mode: 0o755 },
    );
    const run = at(home, { ...plain, PATH: `${folder}${delimiter}${process.env['PATH']}` });
    const baseUrl = () =>
      (JSON.parse(readFileSync(said, 'utf8')) as { env: Record<string, string> }).env['ANTHROPIC_BASE_URL'];
    return { run, call, gateway, baseUrl };
  }

  it.skipIf(process.platform === 'win32')('starts Claude Code as qcc code does, with failover', async () => {
    const { run, call, gateway, baseUrl } = await withClaude();
    person.answers = ['work'];
    expect((await run()).code).toBe(0);
    expect(baseUrl()).toBe(gateway.url);
    expect(await call('priority.list', {})).toMatchObject({ active: 'work', pinned: null });
  });

  it.skipIf(process.platform === 'win32')(
    'switches to another profile when one is chosen, as qcc use does',
    async () => {
      const { run, call, gateway, baseUrl } = await withClaude();
      person.answers = ['spare'];
      expect((await run()).code).toBe(0);
      expect(baseUrl()).toBe(gateway.url);
      expect(await call('priority.list', {})).toMatchObject({ active: 'spare', pinned: 'spare' });
    },
  );

  it('prints help when there is no terminal to prompt on', async () => {
    const home = temporaryHome();
    const ran = await at(home, { ...plain, CI: '1' })();
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('Usage') });
    expect(existsSync(home)).toBe(false);
  });
});
