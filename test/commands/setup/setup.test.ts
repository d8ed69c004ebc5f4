/** The first hour: what bare `qcc` and `qcc init` ask, and what is there when a person leaves. The person is simulated, the rest is real. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../../cli/command.ts';
import { runningGateway } from '../../support/gateway.ts';
import { temporaryHome } from '../../support/home.ts';

const person = vi.hoisted(() => ({ asked: [] as string[], answers: [] as unknown[], offered: [] as string[][] }));

vi.mock('../../../src/terminal/prompt.ts', () => {
  const ask = (kind: string) => (message: string, options: unknown) => {
    person.asked.push(`${kind}: ${message}`);
    if (kind === 'choose') person.offered.push((options as { value: string }[]).map(({ value }) => value));
    const answer = person.answers.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer);
  };
  return { confirm: ask('confirm'), choose: ask('choose'), askText: ask('text'), askSecret: ask('secret') };
});

const { isTTY: stdinIsTerminal } = process.stdin;
const { isTTY: stdoutIsTerminal } = process.stdout;
const terminal = (is: boolean | undefined) => {
  process.stdin.isTTY = is as boolean;
  process.stdout.isTTY = is as boolean;
};

beforeEach(() => {
  Object.assign(person, { asked: [], answers: [], offered: [] });
  terminal(true);
});
afterEach(() => {
  process.stdin.isTTY = stdinIsTerminal;
  process.stdout.isTTY = stdoutIsTerminal;
});

/** A machine of its own: other programs' files are looked for in its folder. */
function machine() {
  const home = temporaryHome();
  const user = dirname(home);
  const run = at(home, { TERM: 'dumb', HOME: user, CLAUDE_CONFIG_DIR: join(user, '.claude') });
  const claude = join(user, '.claude', 'settings.json');
  const json = async (...argv: readonly string[]) => (await run(...argv, '--json')).json();
  return { home, user, run, claude, json };
}

async function endpointAt() {
  const endpoint = await startSimulatedEndpoint({ auth: 'bearer' });
  onTestFinished(() => endpoint.close());
  return endpoint;
}

describe('qcc with nothing set up', () => {
  it('goes through all steps, tests what it adds, and says what comes next', async () => {
    const { run, json, claude } = machine();
    const [first, second] = [await endpointAt(), await endpointAt()];
    const hand = (url: string, key: string, name: string) => ['hand', url, key, name];
    person.answers = [
      ...hand(first.url, first.key, 'work'),
      true,
      ...hand(second.url, second.key, 'spare'),
      false,
      'leave',
      true,
    ];
    const { code, out, err } = await run();
    expect({ code, answers: person.answers, err }).toMatchObject({ code: 0, answers: [] });
    expect(person.asked).toEqual([
      'choose: Where does the first endpoint come from?',
      'text: Base URL',
      'secret: API key',
      'text: Name of its profile',
      'confirm: Add another endpoint, for when this one fails?',
      'choose: Where does the next endpoint come from?',
      'text: Base URL',
      'secret: API key',
      'text: Name of its profile',
      'confirm: Add another endpoint, for when this one fails?',
      'choose: How should the gateway run?',
      `confirm: Send Claude Code through the gateway? This writes ${claude}; "qcc use --restore" undoes it.`,
    ]);
    expect(out.split('\n').map((line) => line.replace(/: (\S+, )?\d+ ms/, ': N ms'))).toEqual([
      '✓ profile work is added, with 1 endpoint, tier primary',
      `✓ 127.0.0.1:${new URL(first.url).port} answers: N ms`,
      '✓ profile spare is added, with 1 endpoint, tier secondary',
      `✓ 127.0.0.1:${new URL(second.url).port} answers: N ms`,
      `✓ Claude Code will use the gateway the next time it starts: ${claude} - to undo it: qcc use --restore`,
      '✓ qcc is set up - to see its state: qcc',
      '',
    ]);
    expect(out + err).not.toContain(first.key);
    expect(await json('priority', 'list')).toMatchObject({ tiers: { primary: ['work'], secondary: ['spare'] } });
    expect(readFileSync(claude, 'utf8')).toContain('ANTHROPIC_BASE_URL');
  });

  it('says that there is no service, until when the gateway runs, and how to try again', async () => {
    const { home, run } = machine();
    const { url, key } = await endpointAt();
    // A running gateway would not be asked how to run; systemctl and launchctl are not found where there are no programs.
    person.answers = ['hand', url, key, 'work', false, 'service', false];
    vi.stubEnv('PATH', dirname(home));
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await run('proxy', 'stop', '--timeout', '0');
    });
    const { code, err } = await run();

    expect(code).toBe(0);
    expect(err).toContain('there is no service yet, so the gateway starts in the background');
    expect(err).toContain('  qcc proxy install-service\n');
  });

  it('leaves nothing behind when every step is left, and names the commands that do it', async () => {
    const { home, run } = machine();
    person.answers = ['leave'];
    const { code, out, err } = await run();
    expect({ code, out }).toEqual({ code: 0, out: '' });
    for (const command of [
      'qcc fc --preset',
      'qcc endpoint test',
      'install-service',
      'qcc use work --apply',
      'qcc status',
    ])
      expect(err).toContain(command);
    expect(existsSync(home)).toBe(false);
  });

  it('keeps what is done when it is broken off', async () => {
    const { QccError, exitCodes } = await import('../../../src/errors/qcc-error.ts');
    const { run, json } = machine();
    const { url, key } = await endpointAt();
    const interrupted = new QccError('QCC_USAGE_INTERRUPTED', { text: 'x', hint: 'y' }, exitCodes.interrupted);
    person.answers = ['hand', url, interrupted];
    expect(await run()).toMatchObject({ code: 130, err: expect.stringContaining('error: x\n  y\n') });
    expect(await json('list')).toEqual({ profiles: [] });
    person.answers = ['hand', url, key, 'work', interrupted];
    const { code, err } = await run();
    expect({ code, err }).toEqual({
      code: 130,
      err: expect.stringContaining('error: interrupted; what was done before stays\n  qcc init\n'),
    });
    expect(await json('list')).toMatchObject({ profiles: [{ name: 'work', endpoints: 1 }] });
  });

  it('offers another key, or to remove it again, where the test fails', async () => {
    const { run, json } = machine();
    const endpoint = await endpointAt();
    const wrong = 'sk-wrong-0123456789abcdefgh';
    person.answers = ['hand', endpoint.url, wrong, 'work', 'key', endpoint.key, false, 'leave', false];
    const { out } = await run();
    expect(out).toMatch(/✗ \S+ does not answer: .*\n✓ \S+ answers/);
    expect(await json('endpoint', 'test', 'work')).toMatchObject({ checks: [{ verdict: 'success' }] });
    const anew = machine();
    const strict = await startSimulatedEndpoint({ auth: 'x-api-key' });
    onTestFinished(() => strict.close());
    person.answers = ['hand', strict.url, strict.key, 'work', 'header', false, 'leave', false];
    expect((await anew.run()).out).toMatch(/✗ \S+ does not answer: .*\n✓ \S+ answers/);
    expect(await anew.json('endpoint', 'list', 'work')).toMatchObject({ endpoints: [{ auth: 'x-api-key' }] });
    const other = machine();
    person.answers = ['hand', 'http://127.0.0.1:9', wrong, 'work', 'remove'];
    expect((await other.run()).out).toContain('✓ profile work is removed');
    expect(await other.json('list')).toEqual({ profiles: [] });
  });

  it('says what is wrong with an address, and goes on', async () => {
    const { run } = machine();
    person.answers = ['hand', 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv'];
    const { code, err } = await run();
    expect(code).toBe(0);
    expect(err).toContain('cannot be a base URL');
    expect(err).not.toContain('0123456789');
  });

  it('is the help where nobody can be asked, with the five commands', async () => {
    terminal(false);
    const { home, run } = machine();
    const { code, out } = await run();
    expect(code).toBe(0);
    for (const command of [
      'Usage',
      'qcc fc --preset',
      'qcc endpoint test',
      'install-service',
      'qcc use work --apply',
      'qcc status',
    ])
      expect(out).toContain(command);
    expect(existsSync(home)).toBe(false);
  });
});

describe('where a first endpoint comes from', () => {
  it('is what is found on this machine, a preset, or by hand', async () => {
    const { run, user, claude } = machine();
    person.answers = ['leave'];
    await run();
    mkdirSync(join(user, '.cc-switch'));
    writeFileSync(join(user, '.cc-switch', 'config.json'), '{}');
    mkdirSync(dirname(claude));
    writeFileSync(
      claude,
      JSON.stringify({ env: { ANTHROPIC_API_KEY: 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv' } }),
    );
    person.answers = ['leave'];
    await run();
    // A key of the gateway itself leads back here.
    writeFileSync(claude, JSON.stringify({ env: { ANTHROPIC_AUTH_TOKEN: 'qcc_0123456789abcdef' } }));
    person.answers = ['leave'];
    await run();
    const always = ['preset', 'hand', 'leave'];
    expect(person.offered).toEqual([always, ['cc-switch', 'claude', ...always], ['cc-switch', ...always]]);
  });

  it("takes Claude Code's own address and key, without asking for them", async () => {
    const { run, json, claude } = machine();
    const { url, key } = await endpointAt();
    mkdirSync(dirname(claude));
    writeFileSync(claude, JSON.stringify({ env: { ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_BASE_URL: url } }));
    person.answers = ['claude', '', 'keep', false, 'leave', false];
    await run();
    expect(person.asked.filter((one) => one.startsWith('secret'))).toEqual([]);
    expect(await json('endpoint', 'list', 'claude')).toMatchObject({ endpoints: [{ baseUrl: url, auth: 'bearer' }] });
  });

  it('takes over what fastcc has, shown first, in one change that can be undone', async () => {
    const { run, json, user } = machine();
    const { url, key } = await endpointAt();
    mkdirSync(join(user, '.fastcc'));
    writeFileSync(
      join(user, '.fastcc', 'cache.json'),
      JSON.stringify({ version: '1.0', profiles: [{ name: 'relay', base_url: url, api_key: key }] }),
    );
    person.answers = ['fastcc', true, false, 'leave', false];
    const { out } = await run();
    expect(out).toContain('qcc config rollback --last');
    expect(await json('list')).toMatchObject({ profiles: [{ endpoints: 1 }] });
  });
});

describe('qcc init', () => {
  it('makes the home, and is the same set-up at a terminal', async () => {
    const { home, run } = machine();
    person.answers = ['leave'];
    expect((await run('init')).out).toBe(`created ${home}\n`);
    expect(person.asked).toEqual(['choose: Where does the first endpoint come from?']);
  });

  it.each(['--no-input', '--json', '--yes'])('asks nothing with %s', async (flag) => {
    const { home, run } = machine();
    expect(await run('init', flag)).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([]);
    expect(existsSync(home)).toBe(true);
  });
});

describe('afterwards', () => {
  it('qcc shows how it stands, asks nothing and starts nothing', async () => {
    const { run, json } = machine();
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-test-0123456789', '--no-test');
    const { code, out, err } = await run();
    expect({ code, asked: person.asked }).toEqual({ code: 0, asked: [] });
    expect(out).toContain('127.0.0.1:9');
    expect(err).toContain('the gateway is not running');
    expect(await json('proxy', 'status')).toEqual({ running: false });
  });

  it('qcc shows how it stands in a pipe and with --no-input as well, and is one JSON document with --json', async () => {
    const { home, run, json } = machine();
    // Nothing is there yet: JSON is still JSON, and nothing is made.
    expect(await json()).toEqual(await json('status'));
    expect(existsSync(home)).toBe(false);
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-test-0123456789', '--no-test');
    expect(await json()).toEqual(await json('status'));
    expect((await run('--no-input')).out).toContain('127.0.0.1:9');
    terminal(false);
    const { code, out, err } = await run();
    expect({ code, asked: person.asked }).toEqual({ code: 0, asked: [] });
    expect(out).toContain('127.0.0.1:9');
    expect(err).toContain('qcc proxy start');
  });

  it('qcc route says that the gateway is not running, and how it is started', async () => {
    const { run } = machine();
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-test-0123456789', '--no-test');
    const { out, err } = await run('route');
    expect(out).toContain('the next request goes to work/127.0.0.1:9');
    expect(err).toBe('the gateway is not running: nothing answers requests until it is started\n  qcc proxy start\n');
    expect((await run('route', '--lang', 'zh-CN')).err).toBe(
      '网关未运行：启动之前，请求得不到应答\n  qcc proxy start\n',
    );
    const { gateway, home } = await runningGateway();
    expect(gateway.url).toContain('127.0.0.1');
    expect((await at(home, {})('route')).err).toBe('');
  });

  it.skipIf(process.platform === 'win32')('qcc code starts Claude Code with failover', async () => {
    const { home, gateway, call } = await runningGateway();
    for (const name of ['work', 'spare'])
      await call('profile.add', {
        name,
        endpoint: { baseUrl: `http://127.0.0.1:9/${name}`, key: 'sk-test-0123456789' },
      });
    const folder = dirname(home);
    const said = join(folder, 'said.json');
    writeFileSync(
      join(folder, 'claude'),
      `#!${process.execPath}\nconst fs = require('node:fs');\nfs.writeFileSync(${JSON.stringify(said)}, fs.readFileSync(process.argv[3]));\n`,
      { mode: 0o755 },
    );
    const run = at(home, { TERM: 'dumb', PATH: `${folder}${delimiter}${process.env['PATH']}` });
    expect((await run('code')).code).toBe(0);
    const { env } = JSON.parse(readFileSync(said, 'utf8')) as { env: Record<string, string> };
    expect(env['ANTHROPIC_BASE_URL']).toBe(gateway.url);
    expect(await call('priority.list', {})).toMatchObject({ pinned: null });
  });
});
