import { describe, expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { receiver } from '../../notify/receiver.ts';
import { temporaryHome } from '../../support/home.ts';

const path = '/services/very-secret-path';

async function withWebhook(url: string, env: Readonly<Record<string, string>> = {}) {
  const run = at(temporaryHome(), env);
  expect(await run('config', 'set', 'notify.webhook', url)).toMatchObject({ code: 0 });
  return run;
}

describe('qcc notify test', () => {
  it('sends a message, and reports the channel and the duration', async () => {
    const { origin, received } = await receiver();
    const run = await withWebhook(origin + path);
    const ran = await run('notify', 'test', '--json');
    expect({ code: ran.code, err: ran.err, json: ran.json() }).toEqual({
      code: 0,
      err: '',
      json: {
        channels: [
          {
            channel: 'webhook',
            format: 'json',
            target: `${origin}/…`,
            ok: true,
            tookMs: expect.any(Number),
            error: null,
          },
        ],
      },
    });
    expect(received[0]?.path).toBe(path);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      title: 'qcc: a test message',
      events: [{ kind: 'test' }],
    });
    expect((await run('notify', 'test')).out).toMatch(
      /^webhook \(json, http:\/\/127\.0\.0\.1:\d+\/…\): sent in \d+ ms\n$/,
    );
  });

  it('speaks Chinese', async () => {
    const { origin, received } = await receiver();
    const run = await withWebhook(origin);
    expect((await run('notify', 'test', '--lang', 'zh-CN')).out).toContain('已发送');
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ title: 'qcc: 测试消息' });
  });

  it('exits with 7 when the message was not accepted, with the reason and without a secret', async () => {
    const { origin, received } = await receiver({ status: 200, body: '{"code":19021,"msg":"sign match fail"}' });
    const run = await withWebhook(origin + path);
    await run('config', 'set', 'notify.format', 'feishu');
    const human = await run('notify', 'test');
    expect(human).toMatchObject({ code: 7, out: expect.stringContaining('not sent: 19021: sign match fail') });
    const ran = await run('notify', 'test', '--json');
    expect(ran.code).toBe(7);
    expect(ran.json()).toMatchObject({ channels: [{ format: 'feishu', ok: false, error: '19021: sign match fail' }] });
    expect(human.out + human.err + ran.out + ran.err).not.toContain('very-secret');
    // One attempt each, because a command waits for the result.
    expect(received).toHaveLength(2);
  });

  it('is an error while no channel is set up', async () => {
    const run = at(temporaryHome());
    const { code, err } = await run('notify', 'test', '--json');
    expect({ code, said: JSON.parse(err) }).toMatchObject({
      code: 2,
      said: { error: { code: 'QCC_NOTIFY_UNSET', hint: 'qcc config set notify.webhook -' } },
    });
  });

  it('records nothing', async () => {
    const { origin } = await receiver();
    const run = await withWebhook(origin);
    const before = (await run('history', '--json')).out;
    await run('notify', 'test');
    expect((await run('history', '--json')).out).toBe(before);
  });
});
