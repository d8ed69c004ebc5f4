/** `qcc statusline`, as Claude Code runs it: a process of its own, a session's JSON on its stdin, its stdout on the screen. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askOnce } from '../../../src/commands/demo/client.ts';
import { paths } from '../../../src/config/files/home.ts';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { main } from '../../cli/built.ts';
import { at, qcc } from '../../cli/command.ts';
import { runningGateway } from '../../support/gateway.ts';
import { temporaryHome } from '../../support/home.ts';

const session = '3f6e0c52-6a53-4b29-9d8e-0d7b1f1d9a11';
const told = {
  session_id: session,
  model: { id: 'claude-opus-4-8', display_name: 'Opus 4.8' },
  cost: { total_cost_usd: 1.2 },
};
const isPosix = process.platform !== 'win32';

async function shown(
  home: string,
  { input = JSON.stringify(told), argv = [], env = {} }: Partial<Given> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const { FORCE_COLOR: _, ANTHROPIC_BASE_URL: __, ...own } = process.env;
  const child = spawn(process.execPath, [main, 'statusline', ...argv], {
    env: { ...own, QCC_HOME: home, QCC_KEYCHAIN: 'off', LC_ALL: 'C', ...env },
  });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, out: out.join(''), err: err.join('') };
}

interface Given {
  readonly input: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Two profiles on the ladder, an endpoint each. */
async function ladder() {
  const { home, gateway, call } = await runningGateway();
  const add = async (profile: string, tier: 'primary' | 'secondary') => {
    const simulated = await startSimulatedEndpoint({ name: profile });
    onTestFinished(() => simulated.close());
    const { url: baseUrl, key, auth } = simulated;
    await call('profile.add', { name: profile, tier });
    await call('endpoint.add', { profile, baseUrl, key, auth, name: `${profile}-1` });
    return simulated;
  };
  const [office, relay] = [await add('office', 'primary'), await add('relay', 'secondary')];
  return { home, gateway, call, office, relay };
}

const line = (text: string) => ({ code: 0, err: '', out: `${text}\n` });

describe('the status line', () => {
  it('names the endpoint that serves the session, its model and its cost', async () => {
    const { home, gateway } = await ladder();
    expect(await shown(home)).toMatchObject(line('office ▸ Opus 4.8 · $1.20'));
    await askOnce(gateway.url, session, 'hello');
    expect(await shown(home)).toMatchObject(line('office ▸ Opus 4.8 · $1.20'));
    expect(await shown(home, { input: JSON.stringify({ session_id: session }) })).toMatchObject(
      line('office ▸ claude-simulated'),
    );
  });

  it('shows from where a request of the session was moved, in both languages, and only in that session', async () => {
    const { home, gateway, office } = await ladder();
    await office.play({ kind: 'status', status: 529, type: 'overloaded_error', message: 'overloaded' });
    await askOnce(gateway.url, session, 'hello');
    expect((await shown(home)).out).toMatch(/^relay ▸ Opus 4\.8 · failed over from office \d+ s ago · \$1\.20\n$/);
    expect((await shown(home, { argv: ['--lang', 'zh-CN'] })).out).toMatch(/ · \d+ s 前从 office 故障转移至此 · /);
    const screens = await Promise.all(['en', 'zh-CN'].map((lang) => shown(home, { argv: ['--lang', lang] })));
    await expect(screens.map(({ out }) => out.replace(/\d+ s/, 'N s')).join('')).toMatchFileSnapshot('statusline.txt');
    const other = await shown(home, { input: JSON.stringify({ ...told, session_id: 'another' }) });
    expect(other.out).toBe('office ▸ Opus 4.8 · $1.20\n');
  });

  it('shows a switch of the ladder to every session, for as long as it lasts', async () => {
    const { home, gateway, call, office } = await ladder();
    await call('priority.policy', { failureThreshold: 1, cooldownS: 0 });
    await office.play({ kind: 'status', status: 401, type: 'authentication_error', message: 'no' });
    await askOnce(gateway.url, session, 'hello');
    const { out } = await shown(home, { input: '{}' });
    expect(out).toMatch(/^relay · failed over from office \d+ s ago\n$/);
    await call('priority.switch', { profile: 'relay' });
    expect((await shown(home, { input: '{}' })).out).toBe('relay\n');
  });

  it('names the endpoint if its profile has several', async () => {
    const { home, gateway, call, relay } = await ladder();
    await call('endpoint.add', {
      profile: 'office',
      baseUrl: relay.url,
      key: relay.key,
      auth: relay.auth,
      name: 'o-2',
    });
    await askOnce(gateway.url, session, 'hello');
    expect((await shown(home)).out).toMatch(/^office\/(office-1|o-2) ▸ Opus 4\.8 /);
  });

  it('explains why nothing is served, and which command to run', async () => {
    const { home } = await runningGateway();
    expect((await shown(home)).out).toBe('Opus 4.8 · there is no profile yet - run: qcc init · $1.20\n');
  });

  it('of a session that is confined to a profile starts there', async () => {
    const { home, gateway } = await ladder();
    const env = { ANTHROPIC_BASE_URL: `${gateway.url}/p/relay` };
    expect((await shown(home, { env })).out).toBe('relay ▸ Opus 4.8 · $1.20\n');
  });

  it('shows the used share of the plan: from the endpoint’s answers, otherwise from Claude Code', async () => {
    const { home, gateway, office } = await ladder();
    const rate_limits = { five_hour: { used_percentage: 41.6 }, seven_day: { used_percentage: 7 } };
    const input = JSON.stringify({ ...told, rate_limits });
    expect((await shown(home, { input })).out).toBe('office ▸ Opus 4.8 · 5h 42% · 7d 7% · $1.20\n');
    const prefix = 'anthropic-ratelimit-unified';
    const headers = {
      [`${prefix}-status`]: 'allowed',
      [`${prefix}-5h-utilization`]: '0.62',
      'content-type': 'application/json',
    };
    const body = '{"type":"message","role":"assistant","content":[{"type":"text","text":"x"}],"usage":{}}';
    await office.play({ kind: 'status', status: 200, headers, body });
    const sent = { model: 'claude-x', max_tokens: 8, messages: [{ role: 'user', content: 'x' }] };
    const post = {
      method: 'POST',
      body: JSON.stringify(sent),
      headers: { 'content-type': 'application/json', authorization: 'Bearer proxy-managed' },
    };
    expect((await fetch(`${gateway.url}/v1/messages`, post)).status).toBe(200);
    expect((await shown(home, { input })).out).toBe('office ▸ Opus 4.8 · 5h 62% · $1.20\n');
  });

  it('is one JSON document for programs', async () => {
    const { home, gateway } = await ladder();
    await askOnce(gateway.url, session, 'hello');
    const { out } = await shown(home, { argv: ['--json'] });
    expect(JSON.parse(out)).toEqual({
      running: true,
      notReady: [],
      active: 'office',
      last: { profile: 'office', endpoint: null, model: 'claude-simulated', at: expect.stringMatching(/Z$/) },
      limits: [],
      failover: null,
      waiting: 0,
    });
    expect(JSON.parse((await shown(temporaryHome(), { argv: ['--json'] })).out)).toEqual({ running: false });
  });
});

describe('a status line without an answer', () => {
  it('reports that no gateway runs, and creates nothing', async () => {
    const home = temporaryHome();
    expect(await shown(home)).toMatchObject(line('qcc: the gateway is not running - run: qcc proxy start'));
    expect(await shown(home, { argv: ['--lang', 'zh-CN'] })).toMatchObject(
      line('qcc：网关未运行，请运行：qcc proxy start'),
    );
    expect(readdirSync(join(home, '..'))).not.toContain('q');
  });

  it.each(['', 'nonsense', '[]', 'null', '{"model":7,"cost":"x","session_id":{},"rate_limits":[]}'])(
    'ignores invalid input on stdin: %j',
    async (input) => {
      const { home } = await ladder();
      expect(await shown(home, { input })).toMatchObject(line('office'));
    },
  );

  it.runIf(isPosix)('is empty after a short time when the gateway does not answer', async () => {
    const home = temporaryHome();
    mkdirSync(home, { recursive: true });
    const mute = createServer((socket) => void socket.on('error', () => undefined)).listen(paths(home).socket);
    await once(mute, 'listening');
    onTestFinished(() => void mute.close());
    expect(await shown(home)).toMatchObject({ code: 0, out: '', err: '' });
  });

  it.runIf(isPosix)('is empty when the gateway’s answer is invalid, or it does not know the operation', async () => {
    for (const answer of ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{', 'nonsense', '']) {
      const home = temporaryHome();
      mkdirSync(home, { recursive: true });
      const odd = createServer((socket) => void socket.on('error', () => undefined).end(answer));
      odd.listen(paths(home).socket);
      await once(odd, 'listening');
      onTestFinished(() => void odd.close());
      expect(await shown(home)).toMatchObject({ code: 0, out: '', err: '' });
    }
  });
});

describe.runIf(isPosix)('a status line around another one', () => {
  const around = (command: string) => ['--around', command];

  it('shows the other one’s output, colours included, and its own line below', async () => {
    const { home } = await ladder();
    const command = `printf '\\033[31mmine\\033[0m\\nsecond'`;
    expect((await shown(home, { argv: around(command) })).out).toBe(
      '\u001b[31mmine\u001b[0m\nsecond\noffice ▸ Opus 4.8 · $1.20\n',
    );
  });

  it('passes Claude Code’s input on, byte for byte', async () => {
    const home = temporaryHome();
    const input = `${JSON.stringify({ ...told, cwd: '/ü/写' })}\n \n`;
    const { out } = await shown(home, { input, argv: around('cat') });
    expect(out).toBe(`${input}qcc: the gateway is not running - run: qcc proxy start\n`);
  });

  it.each(['exit 3', 'echo half; exit 1', 'no-such-program-at-all 2>/dev/null', 'kill -9 $$'])(
    'shows its own line when the other one fails: %s',
    async (command) => {
      const { home } = await ladder();
      expect(await shown(home, { argv: around(command) })).toMatchObject({
        code: 0,
        out: 'office ▸ Opus 4.8 · $1.20\n',
      });
    },
  );

  it('shows the other one alone when its own fails', async () => {
    const { out, code } = await shown(`/${'long/'.repeat(40)}`, { argv: around('echo mine') });
    expect([code, out]).toEqual([0, 'mine\n']);
  });
});

describe('qcc use --status-line', () => {
  const folderOf = (home: string) => {
    const folder = join(home, '..', 'claude');
    mkdirSync(folder, { recursive: true });
    return { folder, file: join(folder, 'settings.json') };
  };

  it.runIf(isPosix)('installs a line that works in a shell, and --restore removes it', async () => {
    const { home } = await ladder();
    const { folder, file } = folderOf(home);
    const before = '{\n  // mine\n  "statusLine": { "type": "command", "command": "echo it\'s \\"me\\"" }\n}\n'.replace(
      "it's",
      'its',
    );
    writeFileSync(file, before);
    const run = at(home, { CLAUDE_CONFIG_DIR: folder });
    expect(await run('use', '--status-line')).toMatchObject({ code: 0, out: `written: ${file}\n` });
    const { statusLine } = JSON.parse(readFileSync(file, 'utf8').replace('// mine', '')) as {
      statusLine: { command: string };
    };
    expect(statusLine.command).toContain(`statusline --home ${home} --around 'echo its "me"'`);
    // The tests run the sources; an installation has the built program.
    const built = statusLine.command.replace(/^.* statusline/, `'${process.execPath}' '${main}' statusline`);
    const child = spawn('sh', ['-c', built], { env: { ...process.env, QCC_HOME: '/nowhere', LC_ALL: 'C' } });
    child.stdin.end(JSON.stringify(told));
    expect((await child.stdout.toArray()).join('')).toBe('its me\noffice ▸ Opus 4.8 · $1.20\n');
    expect(await run('use', '--restore', '--json')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('is a part of a switch, too, and makes a home where there is none', async () => {
    const home = temporaryHome();
    const { folder, file } = folderOf(home);
    const run = at(home, { CLAUDE_CONFIG_DIR: folder });
    expect((await run('use', '--status-line', '--json')).json()).toEqual({
      statusLine: { file, changed: ['statusLine'], kept: [] },
    });
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-test-0123456789');
    const used = (await run('use', 'work', '--apply', '--status-line', '--json')).json();
    expect(used).toMatchObject({ applied: { file }, statusLine: { changed: ['statusLine'] } });
    await run('use', '--restore');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('contradicts --restore', async () => {
    expect(await qcc(['use', '--status-line', '--restore'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--status-line and --restore contradict each other'),
    });
  });
});

describe('the cost of a status line', () => {
  it('is that of nothing that serves', async () => {
    const { home } = await ladder();
    const folder = `${temporaryHome()}-coverage`;
    await shown(home, { env: { NODE_V8_COVERAGE: folder } });
    const [report = ''] = readdirSync(folder);
    const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: readonly { url: string }[] };
    const packages = result.flatMap(({ url }) => /\/node_modules\/((?:@[^/]+\/)?[^./][^/]*)\//.exec(url)?.[1] ?? []);
    expect(
      [...new Set(packages)].filter(
        (name) => !['consola', 'fast-string-width', 'fast-string-truncated-width'].includes(name),
      ),
    ).toEqual([]);
    const own = result.flatMap(({ url }) => /\/dist\/(src\/[^/]+|machines|workers)\//.exec(url)?.[1] ?? []);
    const parts = ['cli', 'commands', 'config', 'contract', 'control', 'errors', 'messages', 'platform', 'terminal'];
    expect([...new Set(own)].filter((part) => !parts.includes(part.replace('src/', '')))).toEqual([]);
  });
});
