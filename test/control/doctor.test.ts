import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { examine } from '../../src/diagnostics/doctor.ts';
import { temporaryHome } from '../support/home.ts';

const looking = { fix: false, connect: false };

async function healthy() {
  const home = temporaryHome();
  const root = dirname(home);
  const { call, close } = await connect({ home });
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com', key: 'sk-ant-0123456789abcdef' });
  await call('config.set', { key: 'proxy.port', value: String(await freePort()) });
  await close();
  const claude = join(root, '.claude', 'settings.json');
  const claudeSays = (settings: object) => {
    mkdirSync(dirname(claude), { recursive: true });
    writeFileSync(claude, `// mine\n${JSON.stringify(settings)}`);
  };
  const patient = { home, cwd: root, connect, env: { HOME: root } as Record<string, string> };
  const wrong = async (env: Readonly<Record<string, string>> = {}) => {
    const { checks } = await examine({ ...patient, env: { ...patient.env, ...env } }, looking);
    return checks.filter(({ ok }) => !ok).map(({ id, severity }) => `${id} ${severity}`);
  };
  return { home, root, patient, claude, claudeSays, wrong };
}

async function listening(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function freePort(): Promise<number> {
  const { port, close } = await listening();
  await close();
  return port;
}

describe('qcc doctor', () => {
  it('finds nothing in a sound installation', async () => {
    const { wrong } = await healthy();
    expect(await wrong()).toEqual([]);
  });

  it('creates no home where there is none', async () => {
    const home = temporaryHome();
    const { checks } = await examine(
      { home, cwd: '/', connect, env: { HOME: dirname(home) } },
      { fix: true, connect: false },
    );
    expect(checks.find(({ id }) => id === 'home')).toMatchObject({ ok: false, severity: 'warning', fix: 'qcc init' });
    expect(statSync(home, { throwIfNoEntry: false })).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('repairs modes that let others in, and nothing else', async () => {
    const { home, patient, wrong } = await healthy();
    chmodSync(home, 0o777);
    chmodSync(join(home, 'vault.json'), 0o644);
    const before = readFileSync(join(home, 'vault.json'), 'utf8');
    // A home that others can write into is not even opened.
    expect(await wrong()).toEqual(['home.modes fault', 'log fault']);
    const { checks, fixed } = await examine(patient, { fix: true, connect: false });
    expect(fixed).toEqual(['home.modes']);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect([statSync(home).mode & 0o777, statSync(join(home, 'vault.json')).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readFileSync(join(home, 'vault.json'), 'utf8')).toBe(before);
  });

  it.skipIf(process.platform === 'win32')('removes the socket of a killed gateway', async () => {
    const { home, patient, wrong } = await healthy();
    writeFileSync(join(home, 'qcc.sock'), '', { mode: 0o600 });
    expect(await wrong()).toEqual(['gateway.leftover warning']);
    expect((await examine(patient, { fix: true, connect: false })).fixed).toEqual(['gateway.leftover']);
    expect(await wrong()).toEqual([]);
  });

  it('names the process that holds the port while no gateway runs', async () => {
    const { home, patient } = await healthy();
    const { port, close } = await listening();
    onTestFinished(close);
    const { call, close: release } = await connect({ home });
    await call('config.set', { key: 'proxy.port', value: String(port) });
    await release();
    const found = (await examine(patient, looking)).checks.find(({ id }) => id === 'gateway.port');
    expect(found).toMatchObject({ ok: false, severity: 'fault', about: { port } });
    expect(found?.about['why']).toMatchObject({
      code: 'QCC_PORT_TAKEN',
      message: expect.stringContaining(`port ${port}`),
    });
  });

  it('goes on when the log cannot be opened, or a value of the environment is invalid', async () => {
    const { home, wrong } = await healthy();
    process.env['QCC_QUEUE_HOLD'] = 'often';
    onTestFinished(() => {
      delete process.env['QCC_QUEUE_HOLD'];
    });
    expect(await wrong()).toEqual(['settings fault']);
    delete process.env['QCC_QUEUE_HOLD'];
    rmSync(join(home, 'log', 'CURRENT'));
    expect(await wrong()).toEqual(['log fault']);
  });

  it('finds a service whose Node is gone', async () => {
    const { root, home, patient } = await healthy();
    if (process.platform !== 'linux') return;
    const { serviceOf } = await import('../../src/installation/service.ts');
    const options = { platform: 'linux', env: patient.env, home, language: 'en', uid: 0 } as const;
    const service = serviceOf({ ...options, command: [join(root, 'old', 'node'), 'main.js'] });
    mkdirSync(dirname(service?.file ?? ''), { recursive: true });
    writeFileSync(service?.file ?? '', service?.text() ?? '');
    const { checks } = await examine(patient, looking);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([
      { id: 'service.node', about: { node: join(root, 'old', 'node') } },
    ]);
    writeFileSync(service?.file ?? '', serviceOf({ ...options, command: [process.execPath, 'main.js'] })?.text() ?? '');
    expect((await examine(patient, looking)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe("Claude Code's settings", () => {
  it('are not pointed at a stopped gateway, and stay as they are', async () => {
    const { home, claude, claudeSays, wrong } = await healthy();
    const { call, close } = await connect({ home });
    const { value: port } = await call('config.get', { key: 'proxy.port' });
    await close();
    claudeSays({ env: { ANTHROPIC_BASE_URL: `http://localhost:${port}/p/work` } });
    const before = readFileSync(claude, 'utf8');
    expect(await wrong()).toEqual(['claude.gateway fault']);
    expect(readFileSync(claude, 'utf8')).toBe(before);
    claudeSays({ env: { ANTHROPIC_BASE_URL: 'http://localhost:1' } });
    expect(await wrong({ ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` })).toEqual(['claude.shadowed warning']);
  });

  it.each([
    [{ env: { ANTHROPIC_API_KEY: 'a', ANTHROPIC_AUTH_TOKEN: 'b' } }, 'claude.credentials warning'],
    [{ env: { ANTHROPIC_BASE_URL: 'https://relay.example.com/v1/' } }, 'claude.address fault'],
    [{ env: { CLAUDE_CODE_USE_VERTEX: '1' } }, 'claude.cloud warning'],
    [{ env: { ANTHROPIC_AUTH_TOKEN: 'PROXY_MANAGED' } }, 'claude.takeover warning'],
    [{ apiKeyHelper: '/usr/local/bin/ccr-key' }, 'claude.takeover warning'],
    [{ env: [] }, 'claude.settings fault'],
  ])('are reported where they conflict: %j', async (settings, found) => {
    const { claudeSays, wrong } = await healthy();
    claudeSays(settings);
    expect(await wrong()).toEqual([found]);
  });

  it('can be overridden by a project', async () => {
    const { root, patient } = await healthy();
    const project = join(root, 'project');
    mkdirSync(join(project, '.claude'), { recursive: true });
    const env = { ANTHROPIC_BASE_URL: 'https://relay.example.com' };
    writeFileSync(join(project, '.claude', 'settings.local.json'), JSON.stringify({ env }));
    const { checks } = await examine({ ...patient, cwd: project }, looking);
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(['claude.overridden']);
  });

  it.each([
    [{ HTTP_PROXY: 'http://proxy:1' }, ['env.proxy warning']],
    [{ HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'localhost, 127.0.0.1' }, []],
    [{ HTTPS_PROXY: 'http://[', NO_PROXY: '127.0.0.1' }, ['env.outbound fault']],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, ['env.certificates warning']],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '1' }, []],
    [{ CLAUDE_CODE_USE_BEDROCK: 'true' }, ['claude.cloud warning']],
    [{ CLAUDE_CODE_USE_BEDROCK: '0' }, []],
    [{ ANTHROPIC_API_KEY: 'a', ANTHROPIC_AUTH_TOKEN: 'b' }, ['claude.credentials warning']],
  ])('can conflict with the environment: %j', async (env, found) => {
    const { wrong } = await healthy();
    expect(await wrong(env)).toEqual(found);
  });
});
