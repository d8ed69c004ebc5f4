/** What people read of how things stand: `status`, `proxy status`, `config validate`, `config doctor`; with a gateway, in both languages. */
import { expect, it, onTestFinished } from 'vitest';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const chinese = /\p{Script=Han}/u;
const hole = /undefined|NaN|\[object/;

async function standing() {
  const { home, gateway, call } = await runningGateway();
  const simulated = await startSimulatedEndpoint({ name: 'relay' });
  onTestFinished(() => simulated.close());
  const { url: baseUrl, key, auth } = simulated;
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('endpoint.add', { profile: 'work', baseUrl, key, auth });
  return { home, gateway, call, simulated, run: at(home) };
}

it('proxy status and status show the address, the routing order, and the counts of requests', async () => {
  const { gateway, simulated, run } = await standing();
  const { code, out } = await run('proxy', 'status');
  expect(code).toBe(0);
  expect(out).toContain(gateway.url);
  expect(out).toContain('active: work');
  expect(out).toMatch(/endpoints: 1 untried/);
  expect(out).toMatch(/0 \(0 answered, 0 failed, 0 cancelled\), 0 running, 0 waiting/);
  const all = await run('status');
  expect(all.out).toContain(gateway.url);
  expect(all.out).toMatch(/work .*untried/);
  const zh = await run('status', '--lang', 'zh-CN');
  expect(zh.out).toContain('未使用 1');
  for (const text of [out, all.out, zh.out]) expect(text).not.toMatch(hole);
  expect((await run('status', '--json')).json()).toMatchObject({
    running: true,
    ladder: { tiers: { primary: ['work'] } },
  });
  await run('health', 'check');
  expect((await run('status')).out).toMatch(/work .*healthy/);
  await simulated.stopListening();
  for (let i = 0; i < 3; i++) await run('health', 'check');
  const out2 = await run('status', '--lang', 'zh-CN');
  expect(out2.out).toContain('失败 1');
  expect(out2.err).toContain('没有可用端点');
});

it('status without a gateway says so, explains how to start one, and still shows the rest', async () => {
  const run = at(temporaryHome());
  await run('add', 'work', '--tier', 'primary', '--base-url', 'http://127.0.0.1:1', '--api-key', 'sk-test-0123456789');
  const { code, out, err } = await run('status');
  expect({ code, err }).toEqual({ code: 3, err: 'the gateway is not running\n  qcc proxy start\n' });
  expect(out).toMatch(/work .*untried/);
  expect((await run('proxy', 'status', '--json')).json()).toEqual({ running: false });
  expect(await run('proxy', 'stop')).toMatchObject({ code: 3, out: '' });
});

it('a running gateway is not started again, and an invalid port is refused before anything is done', async () => {
  const { run, gateway } = await standing();
  expect((await run('proxy', 'run', '--port', '0')).err).toContain('gateway');
  expect(await run('proxy', 'run', '--port', '0')).toMatchObject({ code: 6, out: '' });
  for (const port of ['-1', '65536', '1.5', 'x'])
    expect([port, (await run('proxy', 'start', `--port=${port}`)).code]).toEqual([port, 2]);
  const free = at(temporaryHome());
  const taken = await free('proxy', 'run', '--port', String(gateway.port), '--lang', 'zh-CN');
  expect(taken).toMatchObject({ code: 6, err: expect.stringMatching(/端口 \d+ 已被.+占用/) });
});

it('validate and doctor list each check, with the command that repairs it, and exit with 7 on a fault', async () => {
  const { run } = await standing();
  const fine = await run('config', 'validate');
  expect(fine).toMatchObject({ code: 0, out: expect.stringContaining('✓ ladder.serves') });
  expect((await run('config', 'validate', '--connect')).code).toBe(0);
  await run('add', 'empty', '--tier', 'secondary');
  await run('config', 'set', 'health.timeout', '90');
  const { code, out } = await run('config', 'validate');
  expect(code).toBe(7);
  expect(out).toMatch(/✗ ladder\.serves +profile empty is empty: it has no endpoint\n +qcc endpoint add empty/);
  expect(out).toMatch(/! policy\.probes/);
  const zh = await run('config', 'validate', '--lang', 'zh-CN');
  expect(zh.out.split('\n').filter((line) => /^[✓✗!]/.test(line) && !chinese.test(line))).toEqual([]);
  for (const text of [out, zh.out]) expect(text).not.toMatch(hole);
  const doctor = await run('config', 'doctor', '--lang', 'zh-CN');
  expect(doctor.code).toBe(7);
  expect(doctor.out).toMatch(/✓ node .*\p{Script=Han}/u);
  expect(doctor.out).toContain('ladder.serves');
});
