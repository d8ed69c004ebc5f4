import { describe, expect, it } from 'vitest';
import type { GatewayFact } from '../../events/gateway.ts';
import { type ProfileName, streams } from '../../events/ids.ts';
import { notReady } from '../../src/gateway/ports.ts';
import { codeText } from '../../src/messages/codes.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { at } from '../cli/command.ts';
import { temporaryHome } from '../support/home.ts';
import { attemptFailed, coreWithLadder, first, second } from '../support/world.ts';

describe('the reasons why the gateway is not ready', () => {
  it('are listed in this order', async () => {
    const { core } = await coreWithLadder();
    const said = () => notReady(core, true, core.now()).map(({ code }) => code);
    const tell = (fact: GatewayFact) => core.report(streams.gateway, [fact], { by: 'gateway' });
    expect(said()).toEqual([]);
    tell({ type: 'GatewayStarted', data: { version: '1', url: 'http://127.0.0.1:1', pid: 1, epoch: 'first' } });
    tell({ type: 'Offline', data: {} });
    for (const id of [first, second])
      for (let i = 0; i < 3; i++) core.tellEndpoint(id, attemptFailed(), { by: 'traffic' });
    expect(said()).toEqual(['offline', 'allOut']);
    for (const [name, endpoint] of [
      ['main', first],
      ['spare', second],
    ] as const)
      core.report(streams.profile(name as ProfileName), [{ type: 'EndpointRemoved', data: { endpoint } }], {
        by: 'cli',
      });
    expect(said()).toEqual(['offline', 'emptyLadder']);
    for (const name of ['main', 'spare'] as ProfileName[])
      core.report(streams.profile(name), [{ type: 'ProfileRemoved', data: {} }], { by: 'cli' });
    expect(said()).toEqual(['offline', 'noProfile']);
  });
});

describe('a code', () => {
  it('is translated, and an unknown one stays as it is', () => {
    expect(reasonText('serverError', 'zh-CN')).toBe('服务器错误');
    expect(reasonText('nobodyAnswers', 'zh-CN')).toBe('没有端点能应答');
    expect(codeText('states', 'recovering', 'zh-CN')).toBe('恢复中');
    expect(codeText('states', 'ofTomorrow', 'zh-CN')).toBe('ofTomorrow');
    expect(codeText('states', 'recovering', 'en')).toBe('recovering');
  });

  it('is translated as a state for people, and stays a code in JSON', async () => {
    const run = at(temporaryHome(), { QCC_LANG: 'zh-CN' });
    await run(
      'add',
      'work',
      '--tier',
      'primary',
      '--base-url',
      'http://127.0.0.1:1',
      '--api-key',
      'sk-test-0123456789',
    );
    const rows = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
    const id = rows.endpoints[0]?.id ?? '';
    expect((await run('endpoint', 'list', 'work')).out).toContain('未使用');
    await run('endpoint', 'disable', 'work', id);
    for (const typed of ['health status', 'debug', 'endpoint list work', 'health metrics']) {
      const { out } = await run(...typed.split(' '));
      expect([typed, out]).toEqual([typed, expect.stringContaining('已停用')]);
      expect([typed, out]).not.toEqual([typed, expect.stringContaining('disabled')]);
    }
    expect((await run('health', 'status', '--json')).json()).toMatchObject({ endpoints: [{ state: 'disabled' }] });
    expect((await run('priority', 'list')).out).toContain('梯级：失败');
    const { out } = await run('health', 'test');
    expect(out).toMatch(/失败.*连接不上（ECONNREFUSED）/s);
  });
});
