/** The commands of health with a gateway that runs, and with none: what they print, and what they leave. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Two profiles, one endpoint each; the first one can be made to fail. */
async function ladder({ started = true } = {}) {
  const home = temporaryHome();
  const run = at(home, { KEY: 'sk-ant-api03-0123456789abcdef' });
  const actors = [];
  for (const [profile, tier] of [
    ['main', 'primary'],
    ['spare', 'secondary'],
  ] as const) {
    const simulated = await startSimulatedEndpoint({ name: profile });
    onTestFinished(() => simulated.close());
    await run('add', profile, '--tier', tier);
    const where = ['--base-url', simulated.url, '--auth', simulated.auth, '--api-key', simulated.key];
    const added = await run('endpoint', 'add', profile, ...where, '--name', profile, '--json');
    actors.push({ simulated, id: (added.json() as { id: string }).id });
  }
  const gateway = started ? await runGateway({ home, port: 0 }) : undefined;
  const stop = async () => {
    await gateway?.stop(0);
    await gateway?.stopped;
  };
  onTestFinished(stop);
  const [main, spare] = actors;
  if (!main || !spare) throw new Error('two were made');
  const json = async (...argv: readonly string[]) => (await run(...argv, '--json')).json();
  return { run, json, main, spare, stop };
}

describe('health check', () => {
  it('counts its results: three failures eject an endpoint, the ladder leaves it, and the command says what comes next', async () => {
    const { run, json, main, spare } = await ladder();
    expect((await run('health', 'check')).code).toBe(0);
    await main.simulated.play({ kind: 'status', status: 500 });
    for (let i = 0; i < 3; i++) expect((await run('health', 'check', main.id.slice(0, 4))).code).toBe(7);
    const { endpoints } = (await json('health', 'status')) as { endpoints: Record<string, unknown>[] };
    expect(endpoints).toMatchObject([
      {
        id: main.id,
        state: 'failed',
        until: isoTime,
        lastCheckAt: isoTime,
        consecutiveFailures: 3,
        lastError: expect.stringContaining('500'),
        next: expect.arrayContaining([expect.objectContaining({ to: 'recovering', at: isoTime })]),
        nextProbe: { at: isoTime, depth: 'connection', because: expect.stringMatching(/^(out|above)$/) },
      },
      { id: spare.id, state: 'healthy', successRate: 1 },
    ]);
    const { out } = await run('health', 'status');
    expect(out).toMatch(/main +main +[0-9a-f]{8} +failed .* (recovering|probe \(connection\)) in \d+ s +server error/);
    const { checks } = (await json('health', 'history', main.id, '-n', '3')) as { checks: Record<string, unknown>[] };
    expect(checks.map(({ verdict, led }) => [verdict, led])).toEqual([
      ['failure', 'EndpointFailed'],
      ['failure', null],
      ['failure', 'EndpointDegraded'],
    ]);
  });

  it('finds a retired model without blaming the endpoint', async () => {
    const { json, run, main } = await ladder();
    await main.simulated.play({ kind: 'noModel' });
    const checked = await run('health', 'check', main.id, '--json');
    expect([checked.code, (checked.json() as { checks: object[] }).checks]).toMatchObject([
      7,
      [{ verdict: 'model_error' }],
    ]);
    expect(await json('health', 'metrics', main.id)).toMatchObject({
      endpoints: [{ state: 'healthy', checks: 0, verdicts: { model_error: 1 }, probing: { probes: 1, changes: 0 } }],
    });
    expect(await json('health', 'history', main.id)).toMatchObject({
      checks: [{ verdict: 'model_error', depth: 'conversation', led: null, model: expect.any(String) }],
    });
  });

  it('needs a gateway, an existing endpoint, and one argument at most', async () => {
    const { run } = await ladder({ started: false });
    expect((await run('health', 'check')).code).toBe(3);
    expect((await run('health', 'history', 'ffffffff')).code).toBe(5);
    expect((await run('health', 'metrics', 'ffffffff')).code).toBe(5);
    expect((await run('health', 'check', 'a', 'b')).code).toBe(2);
  });
});

describe('health metrics', () => {
  it('show what probing has cost and decided, and for a window only its part', async () => {
    const { run, json, main } = await ladder();
    for (let i = 0; i < 2; i++) await run('health', 'check', main.id);
    const all = (await json('health', 'metrics', main.id)) as { endpoints: { probing: { tokens: number } }[] };
    expect(all).toMatchObject({
      since: null,
      endpoints: [
        {
          checks: 2,
          successRate: 1,
          verdicts: { success: 2, failure: 0 },
          stabilityParts: { recent: 50, streak: 2 },
          probing: { probes: 2, changes: 0 },
        },
      ],
    });
    expect(all.endpoints[0]?.probing.tokens).toBeGreaterThan(0);
    const facts = (await run('history', '--type', 'ProbeSucceeded', '--json')).out.trim().split('\n');
    const second = (JSON.parse(facts[1] ?? '') as { seq: number }).seq;
    expect(await json('health', 'metrics', main.id, '--since', `#${second}`)).toMatchObject({
      since: isoTime,
      endpoints: [{ probing: { probes: 1 } }],
    });
    const { out } = await run('health', 'metrics', main.id);
    expect(out).toContain('2 probes');
    expect(out).toMatch(/stability +\d+ += 50\/50 \+ \d+\/30 \+ 2\/20/);
  });

  it('are the same after a restart, and so is the history', async () => {
    const { run, json, main, stop } = await ladder();
    await run('health', 'check', main.id);
    await main.simulated.play({ kind: 'status', status: 503 });
    await run('health', 'check', main.id);
    const told = async () => {
      const { endpoints } = (await json('health', 'metrics', main.id)) as { endpoints: object[] };
      return [{ ...endpoints[0], nextProbe: null }, await json('health', 'history', main.id)];
    };
    const before = await told();
    await stop();
    expect(await told()).toEqual(before);
  });

  it('are empty for an endpoint without results, with the command to run', async () => {
    const { run, json, main } = await ladder({ started: false });
    expect(await json('health', 'metrics')).toMatchObject({ endpoints: [{ checks: 0 }, { checks: 0 }] });
    expect((await run('health', 'history', main.id.slice(0, 5))).err).toContain('no check yet');
  });
});

describe('health config', () => {
  it('sets the given values, all or nothing, and returns all of health', async () => {
    const { run, json } = await ladder({ started: false });
    const flags = ['--mode', 'active', '--interval', '1m30s', '--min-checks', '5', '--disable-weight-adjustment'];
    const { settings } = (await json('health', 'config', ...flags)) as { settings: Record<string, unknown> };
    expect(settings).toMatchObject({
      'health.mode': 'active',
      'health.check_interval': 90,
      'health.min_checks': 5,
      'health.weight_adjustment': false,
      'health.timeout': 10,
    });
    expect(Object.keys(settings).every((key) => key.startsWith('health.'))).toBe(true);
    expect((await run('health', 'config', '--mode', 'off', '--interval', '0')).code).toBe(2);
    expect(await json('health', 'config')).toEqual({ settings });
    expect((await run('health', 'config', '--mode', 'sometimes')).err).toContain('passive, active, off');
  });

  it('refuses contradictory values, and values that are not counts', async () => {
    const { run } = await ladder({ started: false });
    const both = ['--enable-weight-adjustment', '--disable-weight-adjustment'];
    expect((await run('health', 'config', ...both)).err).toContain('contradict');
    for (const count of ['0', '-3', '1.5', 'x'])
      expect([count, (await run('health', 'history', 'a', `--limit=${count}`)).code]).toEqual([count, 2]);
  });
});

describe('background probing', () => {
  it('brings an ejected endpoint back without traffic, and follows a new mode at once', async () => {
    const { run, main } = await ladder();
    await run('health', 'config', '--interval', '0.1');
    await run('config', 'set', 'health.ramp', '0.2');
    await run('priority', 'policy', '--recovery-checks', '1', '--recovery-delay', '0.1', '--cooldown', '0');
    await main.simulated.play({ kind: 'status', status: 401 });
    await run('config', 'set', 'health.credential_interval', '0.2');
    await run('health', 'check', main.id);
    const state = async () => (await run('endpoint', 'list', 'main', '--json')).json();
    expect(await state()).toMatchObject({ endpoints: [{ state: 'failed' }] });
    await main.simulated.play({ kind: 'none' });
    await vi.waitFor(async () => expect(await state()).toMatchObject({ endpoints: [{ state: 'healthy' }] }), {
      timeout: 15_000,
    });
    const active = async () => (await run('priority', 'list')).out;
    await vi.waitFor(async () => expect(await active()).toContain('active: main'), { timeout: 15_000 });
  });
});

describe('priority list', () => {
  it('shows which switch is suppressed, why, and until when', async () => {
    const { run, json, main } = await ladder();
    await run('priority', 'policy', '--no-auto-failover');
    await main.simulated.play({ kind: 'status', status: 401 });
    await run('health', 'check', main.id);
    expect(await json('priority', 'list')).toMatchObject({
      active: 'main',
      held: { wanted: 'spare', because: 'off', until: null },
    });
    expect((await run('priority', 'list', '--lang', 'zh-CN')).out).toContain('暂缓切换到 spare：failover.auto 已关闭');
    expect((await run('priority', 'list')).out).toContain('the switch to spare is put off: failover.auto is off');
    expect((await run('priority', 'policy')).out).toMatch(/failover.auto +false\n(.*\n)*failover.cooldown +300 s/);
    await run('priority', 'policy', '--auto-failover');
    await run('health', 'check', main.id);
    await run('priority', 'switch', 'main', '--reason', 'it is paid for');
    const switches = (await run('priority', 'history', '--lang', 'zh-CN')).out;
    expect(switches).toMatch(/main +spare +main 的端点全部不可用/);
    expect(switches).toMatch(/spare +main +it is paid for/);
    expect((await run('priority', 'history')).out).toContain('every endpoint of main is known to be unusable');
  });

  it('shows which profile is watched for recovery, and what is missing', async () => {
    const { run, json, main } = await ladder();
    await main.simulated.play({ kind: 'status', status: 401 });
    await run('health', 'check', main.id);
    await main.simulated.play({ kind: 'none' });
    await run('health', 'check', main.id);
    expect(await json('priority', 'list')).toMatchObject({
      active: 'spare',
      state: 'recovering',
      recovery: { profile: 'main', of: 3, readyAt: isoTime },
    });
    expect((await run('priority', 'list')).out).toMatch(/main is usable again: \d of 3 checks/);
  });
});
