/** The doctor lists refusals in words that nobody knows, as the running gateway has heard them. */
import { expect, it } from 'vitest';
import { askOnce } from '../../src/commands/demo/client.ts';
import { checkDetail } from '../../src/messages/checks.ts';
import { says, upstream } from '../proxy/upstreams.ts';
import { runningGateway } from '../support/gateway.ts';

it('refusals in words that no row of the table knows are listed by the doctor, counted and masked', async () => {
  const { gateway, call } = await runningGateway();
  await call('profile.add', { name: 'main', tier: 'primary' });
  const strange = JSON.stringify({ error: { type: 'flux_error', message: 'flux 42\u001b[31m in req_0123456789ab' } });
  const a = await upstream('a', says(418, strange));
  const { id } = await call('endpoint.add', {
    profile: 'main',
    baseUrl: a.url,
    key: 'sk-ant-1',
    priority: 1,
    allowPlaintext: true,
  });
  const listed = async () =>
    (await call('config.validate', { whole: true })).checks.filter((check) => check.id === 'endpoint.refusals');
  expect(await listed()).toEqual([]);
  for (let count = 0; count < 2; count++) await askOnce(gateway.url, 's1', 'hello');
  const [found] = await listed();
  expect(found).toMatchObject({
    ok: false,
    severity: 'warning',
    about: {
      profile: 'main',
      endpoint: id,
      status: 418,
      type: 'flux_error',
      code: '-',
      text: 'flux # [#m in …',
      count: 2,
    },
    fix: `qcc endpoint show main ${id}`,
  });
  for (const language of ['en', 'zh-CN'] as const)
    expect(checkDetail(found as never, language)).toContain('flux # [#m in …');
});
