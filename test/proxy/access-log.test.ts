/** The content of the access log by its level: each level includes the ones before it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paths } from '../../src/config/files/home.ts';
import type { Ended } from '../../src/proxy/request-record.ts';
import { accessLine, type LogLevel } from '../../src/proxy/server/access-log.ts';
import { runningGateway } from '../support/gateway.ts';

const attempt = { endpoint: '11111111', at: 1, outcome: 'answered', status: 200, ttfbMs: 3, because: 'weighted' };
const common = { session: null, model: 'm', stream: false, path: '/v1/messages', within: null, durationMs: 5, view: 1 };

function ended(type: string, attempts: number): Ended {
  const data = { ...common, status: type === 'RequestFailed' ? 503 : 200, attempts: Array(attempts).fill(attempt) };
  return { fact: { type, data }, profile: 'work' } as unknown as Ended;
}

const ends = {
  failed: ended('RequestFailed', 2),
  broken: ended('AnswerBroken', 1),
  again: ended('RequestServed', 2),
  served: ended('RequestServed', 1),
  cancelled: ended('RequestCancelled', 1),
};

describe('the access log', () => {
  it.each([
    ['error', ['failed', 'broken']],
    ['warn', ['failed', 'broken', 'again']],
    ['info', ['failed', 'broken', 'again', 'served', 'cancelled']],
    ['debug', ['failed', 'broken', 'again', 'served', 'cancelled']],
  ] as const)('at %s holds %j', (level, held) => {
    const lines = Object.entries(ends).flatMap(([name, end]) =>
      accessLine('r', 0, 'POST', end, level) === null ? [] : [name],
    );
    expect(lines).toEqual(held);
  });

  it.each(['error', 'warn', 'info', 'debug'] as LogLevel[])('lists each attempt at debug alone: %s', (level) => {
    const line = JSON.parse(accessLine('r', 0, 'POST', ends.failed, level) ?? '') as { tries?: readonly object[] };
    expect(line.tries).toEqual(level === 'debug' ? [attempt, attempt] : undefined);
  });

  it('follows the setting at once', async () => {
    const { gateway, home, call } = await runningGateway();
    const ask = () =>
      fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': 'proxy-managed' },
        body: JSON.stringify({ model: 'm', max_tokens: 1, messages: [] }),
      }).then((answer) => answer.text());
    await call('config.set', { key: 'queue.hold', value: '0' });
    await call('profile.add', {
      name: 'work',
      tier: 'primary',
      endpoint: { baseUrl: 'http://127.0.0.1:9', key: 'sk-ant-0123456789abcdef' },
    });
    await ask();
    await call('config.set', { key: 'proxy.log_level', value: 'debug' });
    await ask();
    await gateway.stop(0);
    await gateway.stopped;
    const lines = readFileSync(paths(home).accessLog, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => 'tries' in (JSON.parse(line) as object))).toEqual([false, true]);
  });
});
