/** `qcc dashboard`: what it says, what it opens, and how it ends. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Answer } from '../../../src/contract/operations.ts';
import { launch } from '../../cli/built.ts';
import { at } from '../../cli/command.ts';
import { runningGateway } from '../../support/gateway.ts';
import { temporaryHome } from '../../support/home.ts';
import { exchange, openStream } from '../../support/page.ts';

type Opened = Answer<'dashboard.open'>;

afterEach(() => {
  vi.unstubAllEnvs();
});

async function serving() {
  const { home, call } = await runningGateway();
  await call('config.set', { key: 'dashboard.port', value: '0' });
  return { home, call, run: at(home) };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** As the page does it: the fragment's ticket for a bearer. */
async function enter(address: string, params: object = {}) {
  const { port, host, hash } = new URL(address);
  const ticket = new URLSearchParams(hash.slice(1)).get('t');
  const post = (target: string, body: object, bearer = 'none') => {
    const text = JSON.stringify(body);
    const headers = [
      ['Host', host],
      ['Connection', 'close'],
      ['Authorization', `Bearer ${bearer}`],
      ['Content-Type', 'application/json'],
      ['Content-Length', String(Buffer.byteLength(text))],
    ] as const;
    return exchange(Number(port), { method: 'POST', target, headers, body: text });
  };
  const given = JSON.parse((await post('/ticket', { ticket }))?.body ?? '{}') as { bearer: string; scope: string };
  const state = await post('/call/dashboard.state', params, given.bearer);
  return { ...given, port: Number(port), post, state: JSON.parse(state?.body ?? '{}') as object };
}

describe('qcc dashboard', () => {
  it('starts no gateway: without one it says how to start it', async () => {
    const run = at(temporaryHome());
    const told = await run('dashboard');
    expect(told).toMatchObject({ code: 3, out: '' });
    expect(told.err).toContain('qcc proxy start');
    const { code, err } = await run('dashboard', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'QCC_GATEWAY_DOWN' } });
  });

  it('prints an address with a ticket that opens the page once', async () => {
    const { run } = await serving();
    const { code, out, err } = await run('dashboard', '--print');
    expect(code).toBe(0);
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}\n$/);
    expect(err).toContain('good once, within a minute');
    expect(await enter(out.trim())).toMatchObject({ scope: 'write', state: { answer: { network: 'online' } } });
    expect(await enter(out.trim())).toMatchObject({ state: { error: { code: 'bearer' } } });
  });

  it('names the port that is to be forwarded', async () => {
    const { run } = await serving();
    const { out, err } = await run('dashboard', '--print');
    const { port } = new URL(out.trim());
    expect(err).toContain(`-L ${port}:127.0.0.1:${port}`);
  });

  it('is one document with --json, also of a page that only reads', async () => {
    const { run } = await serving();
    const { code, err, json } = await run('dashboard', '--json', '--read-only');
    expect([code, err]).toEqual([0, '']);
    const opened = json() as Opened;
    expect(opened).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#t=/),
      plain: expect.stringMatching(/\/plain$/),
      ticket: expect.stringMatching(/^[\w-]{43}$/),
      scope: 'read',
      expiresAt: expect.stringMatching(/Z$/),
    });
    const { scope, post, bearer } = await enter(opened.url);
    expect(scope).toBe('read');
    expect(await post('/call/config.reset', {}, bearer)).toMatchObject({ status: 403, code: 'readOnly' });
  });

  it('takes the port that is asked for, says where it is open already, and what to do about a taken one', async () => {
    const { run } = await serving();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const taken = (server.address() as { port: number }).port;
    const refused = await run('dashboard', '--print', '--port', String(taken));
    expect(refused).toMatchObject({ code: 6, out: '' });
    expect(refused.err).toContain(`cannot listen on port ${taken}`);
    expect(refused.err).toContain('qcc dashboard --port 0');
    const { out } = await run('dashboard', '--print', '--port', '0');
    const { port } = new URL(out.trim());
    const elsewhere = await run('dashboard', '--print', '--port', String(taken));
    expect(elsewhere).toMatchObject({ code: 6 });
    expect(elsewhere.err).toContain(`open on port ${port}`);
  });

  it.each([
    [['--at', '#3'], '&at=%233'],
    [['--at', '2026-01-31T14:03:22Z'], '&at=2026-01-31T14:03:22.000Z'],
  ])('begins at the moment that %j names', async (flags, end) => {
    const { run } = await serving();
    const { out } = await run('dashboard', '--print', ...flags);
    expect(out.trim().endsWith(end)).toBe(true);
    expect(await enter(out.trim())).toMatchObject({ scope: 'write' });
  });

  it('begins an age ago, too', async () => {
    const { run } = await serving();
    const { out } = await run('dashboard', '--print', '--at', '15m');
    const [, moment = ''] = /&at=(.*)$/.exec(out.trim()) ?? [];
    expect(Math.abs(Date.now() - 900_000 - Date.parse(moment))).toBeLessThan(60_000);
  });

  it.each([
    [['extra']],
    [['--prnt']],
    [['--port']],
    [['--port', 'x']],
    [['--port', '65536']],
    [['--port', '-1']],
    [['--at', 'whenever']],
    [['--print=yes please']],
  ])('refuses %j as a mistake, and opens nothing', async (flags) => {
    const { run } = await serving();
    const { code, out } = await run('dashboard', ...flags);
    expect([code, out]).toEqual([2, '']);
  });

  it('without a screen prints the address instead of opening a browser', async () => {
    if (process.platform !== 'linux') return;
    vi.stubEnv('DISPLAY', undefined);
    vi.stubEnv('WAYLAND_DISPLAY', undefined);
    const { run } = await serving();
    const { code, out, err } = await run('dashboard');
    expect(code).toBe(0);
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}\n$/);
    expect(err).toContain('no browser was found here');
  });

  it('opens the browser with the address, and does not print the ticket', async () => {
    if (process.platform !== 'linux') return;
    const here = folder();
    writeFileSync(join(here, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > ${join(here, 'opened')}\n`);
    chmodSync(join(here, 'xdg-open'), 0o755);
    vi.stubEnv('PATH', `${here}:${process.env['PATH']}`);
    vi.stubEnv('DISPLAY', ':99');
    const { run } = await serving();
    const { code, out, err } = await run('dashboard');
    expect(code).toBe(0);
    const opened = readFileSync(join(here, 'opened'), 'utf8');
    expect(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
    expect(out + err).toContain(new URL(opened).origin);
    expect(out + err).not.toContain('#t=');
    writeFileSync(join(here, 'xdg-open'), '#!/bin/sh\nexit 3\n');
    expect((await run('dashboard')).out).toMatch(/#t=/);
  });
});

describe('qcc dashboard --from-log', () => {
  async function incidentFile() {
    const { run } = await serving();
    await run('add', 'work', '--tier', 'primary');
    const file = join(folder(), 'incident.jsonl.gz');
    expect(await run('history', 'export', '--incident', file)).toMatchObject({ code: 0 });
    return file;
  }

  it('serves the file without a gateway, to read only, until Ctrl-C', async () => {
    const file = await incidentFile();
    const { child, said, ended } = launch(['dashboard', '--from-log', file, '--print'], { QCC_HOME: temporaryHome() });
    onTestFinished(() => void child.kill('SIGKILL'));
    const address = (await said(/#t=.*\n/)).trim();
    const { scope, state, post, bearer, port } = await enter(address);
    expect(scope).toBe('read');
    expect(state).toMatchObject({ answer: { live: null, profiles: [{ name: 'work' }] } });
    for (const name of ['dashboard.bands', 'dashboard.requests', 'history.read', 'priority.list'])
      expect(await post(`/call/${name}`, {}, bearer), name).toMatchObject({ status: expect.any(Number) });
    expect(await post('/call/dashboard.bands', {}, bearer)).toMatchObject({ status: 200 });
    expect(await post('/call/config.reset', {}, bearer)).toMatchObject({ status: 403, code: 'readOnly' });
    const stream = openStream(port, bearer, 0);
    await stream.said(/event: state/);
    child.kill('SIGINT');
    await stream.closed;
    expect(stream.text()).toContain('event: closed');
    expect(await ended).toMatchObject({ code: 130, err: expect.stringContaining('Ctrl-C') });
  }, 60_000);

  it('says that a file is missing, or that it is none of these, and serves nothing', async () => {
    const run = at(temporaryHome());
    const here = folder();
    const missing = await run('dashboard', '--from-log', join(here, 'none.jsonl.gz'), '--print');
    expect(missing.code).not.toBe(0);
    expect(missing.out).toBe('');
    expect(missing.err).toContain('none.jsonl.gz');
    writeFileSync(join(here, 'text.jsonl'), 'nothing of the kind\n');
    const foreign = await run('dashboard', '--from-log', join(here, 'text.jsonl'), '--print');
    expect(foreign.code).not.toBe(0);
    expect([foreign.out, foreign.err.length > 0]).toEqual(['', true]);
    const file = await incidentFile();
    writeFileSync(join(here, 'half.jsonl.gz'), readFileSync(file).subarray(0, 200));
    const damaged = await run('dashboard', '--from-log', join(here, 'half.jsonl.gz'), '--print');
    expect(damaged.code).not.toBe(0);
    expect([damaged.out, damaged.err.length > 0]).toEqual(['', true]);
  });
});

describe('a gateway in the background', () => {
  it('has a page after the terminal that started it was closed', async () => {
    const env = { QCC_HOME: temporaryHome(), QCC_DASHBOARD_PORT: '0' };
    const start = launch(['proxy', 'start', '--port', '0', '--json'], env);
    onTestFinished(async () => void (await launch(['proxy', 'stop', '--timeout', '0'], env).ended));
    // Its pipes are closed with the terminal.
    expect(await start.ended).toMatchObject({ code: 0 });
    const { code, out } = await launch(['dashboard', '--print'], env).ended;
    expect(code).toBe(0);
    expect(await enter(out.trim())).toMatchObject({ scope: 'write', state: { answer: { live: { stopping: false } } } });
  }, 60_000);
});
