/** Which commands prompt, and when. The user is simulated: `ask.ts`, which draws the prompts, is the one part that is not real. */
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeText } from '../../src/platform/time.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

interface Told {
  readonly hint?: string;
  readonly check?: (text: string) => string | undefined;
}
const person = vi.hoisted(() => ({ asked: [] as string[], answers: [] as unknown[], told: [] as unknown[] }));

vi.mock('../../src/terminal/prompt.ts', () => {
  const ask = (kind: string) => (message: string, told: unknown) => {
    person.asked.push(`${kind}: ${message}`);
    person.told.push(told);
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
  person.told = [];
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
      'confirm: Remove profile work? It is the active one. It has no endpoints; "qcc add work" creates it again.',
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
      'confirm: Remove relay (http://127.0.0.1:9, key sk-ant…stuv) from work? Its key is destroyed: this cannot be undone.',
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
      out: '✓ every setting has its default value - to undo it: qcc config rollback --last\n',
    });
    expect(person.asked).toEqual([
      'confirm: Reset 2 settings to default: proxy.port, queue.hold? "qcc config rollback --last" undoes it.',
    ]);
    person.answers = [true];
    expect(await run('config', 'rollback', '--last')).toMatchObject({ code: 0 });
    expect(person.asked[1]).toMatch(/^confirm: Go back to #\d+, making these 2 changes\?/);
    expect((await run('config', 'get', 'proxy.port')).out).toBe('7000\n');
  });

  it('asks nothing where nothing will change, or nothing can', async () => {
    const run = await withProfiles('work');
    await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--no-test');
    const file = join(dirname(temporaryHome()), 'all.json');
    await run('config', 'snapshot', 'now');
    await run('config', 'export', file);
    const { snapshots } = (await run('config', 'snapshots', '--json')).json() as { snapshots: { id: string }[] };
    const id = snapshots[0]?.id ?? '';
    for (const typed of [
      ['config', 'reset'],
      ['config', 'rollback', id],
      ['config', 'import', file],
    ])
      expect([typed, (await run(...typed)).code]).toEqual([typed, 0]);
    // The key is destroyed: neither the snapshot nor the file can bring the endpoint back.
    await run('remove', 'work', '--yes');
    for (const typed of [
      ['config', 'rollback', id],
      ['config', 'import', file],
    ])
      expect([typed, await run(...typed)]).toEqual([
        typed,
        expect.objectContaining({ out: '', err: expect.stringContaining(`${typed.join(' ')} --partial`) }),
      ]);
    expect(await run('config', 'rollback', 's999')).toMatchObject({ code: 5 });
    expect(await run('config', 'import', `${file}.gone`)).toMatchObject({ code: 5 });
    expect(await run('queue', 'clear', '--state', 'waitin')).toMatchObject({ code: 2 });
    await run('token', 'add', 'ann');
    await run('token', 'revoke', 'ann', '--yes');
    expect(await run('token', 'revoke', 'ann')).toMatchObject({ code: 0 });
    expect(await run('token', 'rotate', 'ann')).toMatchObject({ code: 6, err: expect.stringContaining('"ann"') });
    expect(await run('token', 'rotate', 'bob')).toMatchObject({ code: 5 });
    expect(person.asked).toEqual([]);
  });

  it('that can be undone by a command is undone by it', async () => {
    const run = await withProfiles('work');
    await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--no-test');
    person.answers = [true];
    // The endpoint goes, and its key is put aside, as the question says.
    expect(await run('config', 'rollback', '--last')).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([
      expect.stringContaining('making this change? "qcc config rollback --last" undoes it.'),
    ]);
    const endpoints = async () =>
      ((await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: unknown[] }).endpoints;
    expect(await endpoints()).toEqual([]);
    expect(await run('config', 'rollback', '--last', '--yes')).toMatchObject({ code: 0 });
    expect(await endpoints()).toMatchObject([{ key: 'sk-ant…stuv' }]);
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
    ]) {
      const ran = await at(home, { ...plain, ...env })(...command, ...flags);
      expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes') });
    }
    // Of what does not exist, no word would help.
    for (const command of [
      ['remove', 'wrok'],
      ['endpoint', 'remove', 'work', 'abcd'],
      ['token', 'rotate', 'bob'],
      ['token', 'revoke', 'bob'],
      ['queue', 'drop', 'abcd'],
      ['config', 'rollback', 's999'],
    ]) {
      const ran = await at(home, { ...plain, ...env })(...command, ...flags);
      expect([command, ran.code, ran.err]).toEqual([command, 5, expect.not.stringContaining('--yes')]);
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
    expect(await run('endpoint', 'add', 'work', '--no-test')).toMatchObject({
      code: 0,
      out: '✓ 127.0.0.1:9 is in work, weight 100 - test: qcc endpoint test work 127.0.0.1:9\n',
    });
    expect(person.asked).toEqual(['choose: How to add an endpoint', 'text: Base URL', 'secret: API key']);
  });

  it('prompts for a preset and a key', async () => {
    const run = await withProfiles('work');
    person.answers = ['preset', 'anthropic', key];
    const { code, out } = await run('endpoint', 'add', 'work', '--no-test');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('api.anthropic.com is in work') });
  });

  it('offers the endpoints of other profiles', async () => {
    const run = await withProfiles('work', 'spare');
    await run('endpoint', 'add', 'spare', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--auto');
    const { endpoints } = (await run('endpoint', 'list', 'spare', '--json')).json() as { endpoints: { id: string }[] };
    person.answers = ['copy', endpoints[0]?.id, '7', ''];
    expect(await run('endpoint', 'add', 'work', '--no-test')).toMatchObject({
      code: 0,
      out: expect.stringContaining('127.0.0.1:9 is in work, weight 7'),
    });
    expect(person.asked).toEqual([
      'choose: How to add an endpoint',
      'choose: from another profile',
      'text: Weight',
      'text: Priority (lower numbers go first)',
    ]);
    // What is there already is not offered again.
    person.asked = [];
    person.answers = ['hand', 'http://127.0.0.1:9/other', key];
    await run('endpoint', 'add', 'work', '--no-test');
    expect(person.asked).toEqual(['choose: How to add an endpoint', 'text: Base URL', 'secret: API key']);
  });

  it('asks again for a weight or a priority that is out of range, where it was typed', async () => {
    const run = await withProfiles('work', 'spare');
    await run('endpoint', 'add', 'spare', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--auto');
    const { endpoints } = (await run('endpoint', 'list', 'spare', '--json')).json() as { endpoints: { id: string }[] };
    person.answers = ['copy', endpoints[0]?.id, '', ''];
    await run('endpoint', 'add', 'work', '--no-test');
    const [weight, priority] = person.told.slice(-2).map((told) => (told as Told).check);
    expect([weight?.('10050'), weight?.('0'), weight?.('50'), weight?.('')]).toEqual([
      'weight must be a whole number from 1 to 1000, not 10050',
      'weight must be a whole number from 1 to 1000, not 0',
      undefined,
      undefined,
    ]);
    expect([priority?.('first'), priority?.('0')]).toEqual([
      'priority must be a whole number from 0 to 1000, not first',
      undefined,
    ]);
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

describe('an address', () => {
  it('is looked at before the key is asked for, and a key in its place is not printed', async () => {
    const run = await withProfiles('work');
    const pasted = 'sk-relay-8f3kQ2mZ71xYw0pLrT5vBn9c';
    for (const args of [
      ['endpoint', 'add', 'work', '--base-url', pasted],
      ['endpoint', 'add', 'work', '--base-url', pasted, '--api-key-stdin'],
      ['add', 'other', '--base-url', pasted],
      ['endpoint', 'add', 'work', '--base-url', 'http://relay.example.com'],
    ]) {
      const { code, out, err } = await run(...args);
      expect([args, code]).toEqual([args, 2]);
      expect(out + err).not.toContain(pasted.slice(9, 20));
    }
    person.answers = ['hand', pasted];
    const { code, err } = await run('endpoint', 'add', 'work');
    expect(code).toBe(2);
    expect(err).not.toContain(pasted.slice(9, 20));
    expect(person.asked.filter((one) => one.startsWith('secret'))).toEqual([]);
  });
});

describe('a key that is typed where the address is asked for', () => {
  it.each([
    ['en', 'this is a key, which is asked for next'],
    ['zh-CN', '这是密钥，下一步才会询问'],
  ])('is answered with what comes next, not with a flag, in %s', async (language, said) => {
    const run = await withProfiles('work');
    person.answers = ['hand', 'http://127.0.0.1:9', key];
    await run('endpoint', 'add', 'work', '--no-test', '--lang', language);
    const check = person.told.map((told) => (told as Told | undefined)?.check).find((one) => one !== undefined);
    expect(check?.(key)).toContain(said);
    expect(check?.(key)).not.toMatch(/--api-key|0123456789/);
    expect(check?.('http://127.0.0.1:9')).toBeUndefined();
  });
});

describe('a snapshot to go back to', () => {
  it("is offered with the time of the reader's clock, as the list shows it", async () => {
    const run = await withProfiles('work');
    await run('config', 'snapshot', 'before the move');
    const { snapshots } = (await run('config', 'snapshots', '--json')).json() as { snapshots: { at: string }[] };
    person.answers = ['s1'];
    await run('config', 'rollback');
    expect((person.told[0] as readonly Told[])[0]?.hint).toBe(`${timeText(snapshots[0]?.at ?? '')} before the move`);
  });
});

describe('arguments that were not typed', () => {
  it('are asked for, from a list where there is one', async () => {
    const run = await withProfiles('work', 'spare');
    await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--auto');
    const { endpoints } = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
    const id = endpoints[0]?.id ?? '';
    for (const [typed, answers, asked] of [
      ['default', ['spare'], ['choose: Profile']],
      ['endpoint disable', ['work', id], ['choose: Profile', 'choose: Endpoint']],
      ['endpoint enable work', [id], ['choose: Endpoint']],
      ['priority set', ['work', 'primary'], ['choose: Profile', 'choose: tier']],
      ['priority switch', ['work'], ['choose: Profile']],
      ['use', ['work'], ['choose: Profile']],
      ['health reset', [id], ['choose: Endpoint']],
      ['config set', ['queue.hold', '9'], ['choose: KEY', 'text: value']],
      ['config set notify.webhook', ['https://hooks.example.com/token-of-mine'], ['secret: API key']],
      ['describe work', ['of the office'], ['text: description']],
    ] as const) {
      person.asked = [];
      person.answers = [...answers];
      const { code } = await run(...typed.split(' '));
      expect([typed, code, person.asked]).toEqual([typed, 0, asked]);
    }
  });

  it('are not asked for in vain', async () => {
    const run = at(temporaryHome(), plain);
    expect(await run('remove')).toMatchObject({ code: 5, err: expect.stringContaining('qcc init') });
    await run('add', 'work', '--yes');
    expect(await run('endpoint', 'remove', 'work')).toMatchObject({
      code: 5,
      err: expect.stringContaining('qcc endpoint add work'),
    });
    expect(person.asked).toEqual([]);
  });

  it.each(['--no-input', '--json', '--yes'])('are the usage error that they were with %s', async (given) => {
    const run = await withProfiles('work');
    for (const typed of ['add', 'remove', 'endpoint disable work', 'priority set work', 'use'])
      expect([typed, await run(...typed.split(' '), given)]).toEqual([
        typed,
        expect.objectContaining({ code: 2, out: '', err: expect.stringContaining('missing') }),
      ]);
    expect(person.asked).toEqual([]);
  });

  it('of a new profile are its name, where its endpoint is, and the key', async () => {
    const run = at(temporaryHome(), plain);
    person.answers = ['work', 'hand', 'http://127.0.0.1:9', key];
    expect(await run('add', '--no-test')).toMatchObject({ code: 0, out: expect.stringContaining('with 1 endpoint') });
    expect(person.asked).toEqual(['text: name', 'choose: How to add an endpoint', 'text: Base URL', 'secret: API key']);
    person.answers = ['leave'];
    expect(await run('add', 'spare')).toMatchObject({ code: 0, out: expect.stringContaining('no endpoints yet') });
    person.asked = [];
    person.answers = [key];
    expect(await run('add', 'third', '--base-url', 'http://127.0.0.1:9', '--no-test')).toMatchObject({ code: 0 });
    expect(person.asked).toEqual(['secret: API key']);
  });
});

describe('qcc fc on a terminal', () => {
  it('prompts for a preset and a key', async () => {
    const run = at(temporaryHome(), plain);
    person.answers = ['anthropic', key];
    expect(await run('fc', '--no-test')).toMatchObject({
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
