import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GatewayFact } from '../../events/gateway.ts';
import { type ProfileName, streams } from '../../events/ids.ts';
import { notReady } from '../../src/gateway/ports.ts';
import { codeText, detailText, unreadyText } from '../../src/messages/codes.ts';
import { reasonText } from '../../src/messages/story-languages.ts';
import { judgeKey, judgeProxy, judgeSilence, nonsense } from '../../workers/verdict.ts';
import { temporaryHome } from '../support/home.ts';
import { attemptFailed, coreWithLadder, first, second } from '../support/world.ts';
import { at } from './command.ts';

const chinese = /\p{Script=Han}/u;

describe('in Chinese', () => {
  it('every reason that the gateway gives for not being ready is said', async () => {
    const { core } = await coreWithLadder();
    const said = (): readonly string[] => notReady(core, true, core.now());
    const tell = (fact: GatewayFact) => core.report(streams.gateway, [fact], { by: 'gateway' });
    expect(said()).toEqual([]);
    tell({ type: 'GatewayStarted', data: { version: '1', url: 'http://127.0.0.1:1', pid: 1, epoch: 'first' } });
    tell({ type: 'Offline', data: {} });
    for (const id of [first, second])
      for (let i = 0; i < 3; i++) core.tellEndpoint(id, attemptFailed(), { by: 'traffic' });
    const reasons = [...said()];
    expect(reasons).toHaveLength(2);
    for (const name of ['main', 'spare'] as ProfileName[])
      core.report(
        streams.profile(name),
        [{ type: 'EndpointRemoved', data: { endpoint: name === 'main' ? first : second } }],
        { by: 'cli' },
      );
    reasons.push(...said().slice(1));
    for (const name of ['main', 'spare'] as ProfileName[])
      core.report(streams.profile(name), [{ type: 'ProfileRemoved', data: {} }], { by: 'cli' });
    reasons.push(...said().slice(1), ...['suspended', 'reopening', 'closed'].map((state) => `the log is ${state}`));
    expect(reasons).toHaveLength(7);
    for (const reason of reasons) expect(unreadyText(reason, 'zh-CN')).toMatch(chinese);
    expect(unreadyText('no endpoint is usable - run: qcc health status', 'zh-CN')).toBe(
      '没有可用端点 - 请运行：qcc health status',
    );
    expect(unreadyText(reasons[0] ?? '', 'en')).toBe(reasons[0]);
  });

  it('everything is said that the proxy says of an answer', () => {
    const source = readFileSync(new URL('../../src/proxy/response/answer.ts', import.meta.url), 'utf8');
    const told = [...source.matchAll(/(?:#fail\([^,']*'\w+', |#break\(|bad\(|nothingAfterSleep = )'([^']+)'/g)];
    const sentences = told.map(([, sentence = '']) => sentence);
    expect(sentences.length).toBeGreaterThan(8);
    const more = ['the stream was empty', 'no headers in time', 'no content in time', 'an empty answer'];
    const filled = [
      'the HTTP proxy 127.0.0.1:3128 is down or refuses (EPROXY)',
      'not JSON (text/html)',
      'an error with status 200',
      'the answer was cut off (ECONNRESET)',
    ];
    for (const one of [...sentences, ...more, ...filled]) {
      expect([one, detailText(one, 'zh-CN')]).toEqual([one, expect.stringMatching(chinese)]);
      expect(detailText(`200: ${one}`, 'zh-CN')).toMatch(/^200: .*\p{Script=Han}/u);
    }
  });

  it('everything is said that a probe says of silence', () => {
    const silences = (['dialling', 'waiting', 'reading'] as const).flatMap((stage) =>
      ['ECONNREFUSED', 'QCC_TIMEOUT', 'HPE_INVALID_CONSTANT'].map((code) => judgeSilence(code, stage)),
    );
    for (const { error } of [...silences, judgeKey(''), judgeKey('\n'), nonsense, judgeProxy('http://proxy:1')].flatMap(
      (one) => one ?? [],
    ))
      expect([error, detailText(error ?? '', 'zh-CN')]).toEqual([error, expect.stringMatching(chinese)]);
  });

  it('codes become words, a system’s own and what an endpoint said stay as they are', () => {
    expect(reasonText('serverError', 'zh-CN')).toBe('服务器错误');
    expect(reasonText('nobodyAnswers', 'zh-CN')).toBe('没有端点能应答');
    expect(reasonText('no answer (ECONNRESET)', 'zh-CN')).toBe('没有应答 (ECONNRESET)');
    expect(reasonText('503: no answer in time', 'zh-CN')).toBe('503: 应答超时');
    expect(reasonText('503: overloaded, come back', 'zh-CN')).toBe('503: overloaded, come back');
    expect(codeText('states', 'recovering', 'zh-CN')).toBe('恢复中');
    expect(codeText('states', 'ofTomorrow', 'zh-CN')).toBe('ofTomorrow');
    expect(codeText('states', 'recovering', 'en')).toBe('recovering');
  });

  it('people read states, JSON keeps codes', async () => {
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
    expect((await run('endpoint', 'list', 'work')).out).toContain('健康');
    await run('endpoint', 'disable', 'work', id);
    for (const typed of ['health status', 'debug', 'endpoint list work', 'health metrics']) {
      const { out } = await run(...typed.split(' '));
      expect([typed, out]).toEqual([typed, expect.stringContaining('已停用')]);
      expect([typed, out]).not.toEqual([typed, expect.stringContaining('disabled')]);
    }
    expect((await run('health', 'status', '--json')).json()).toMatchObject({ endpoints: [{ state: 'disabled' }] });
    expect((await run('priority', 'list')).out).toContain('梯级：失败');
    const { out } = await run('health', 'test');
    expect(out).toMatch(/失败.*连接不上 \(ECONNREFUSED\)/s);
  });
});
