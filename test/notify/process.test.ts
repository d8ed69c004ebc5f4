/** Notifications of a gateway in the background: the language of who started it, and the word in its log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { launch } from '../cli/built.ts';
import { temporaryHome } from '../support/home.ts';
import { receiver } from './receiver.ts';

const patienceMs = 60_000;

it(
  'a gateway process notifies in its language, once, and logs a failed delivery without the URL',
  async () => {
    const endpoint = await receiver({ status: 401, body: '{"type":"error","error":{"type":"authentication_error"}}' });
    const webhook = await receiver({ status: 410 });
    const home = temporaryHome();
    const ran = (argv: readonly string[]) =>
      launch([...argv, '--json'], { QCC_HOME: home, KEY: 'sk-relay-0123456789abcdef' }).ended;
    const run = async (...argv: readonly string[]) => {
      const ended = await ran(argv);
      expect({ argv, code: ended.code, err: ended.err }).toMatchObject({ argv, code: 0 });
      return JSON.parse(ended.out) as { readonly url: string };
    };
    await run('add', 'work', '--tier', 'primary', '--base-url', endpoint.origin, '--api-key-env', 'KEY');
    await run('config', 'set', 'notify.webhook', `${webhook.origin}/very-secret-path`);
    const { url } = await run('proxy', 'start', '--port', '0', '--lang', 'zh-CN');
    // Where the test did not get to stop it.
    onTestFinished(async () => void (await ran(['proxy', 'stop', '--timeout', '0'])));
    const headers = { 'content-type': 'application/json', 'x-api-key': 'proxy-managed' };
    const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] });
    await fetch(`${url}/v1/messages`, { method: 'POST', headers, body });
    expect(JSON.parse((await webhook.post(0)).body)).toMatchObject({ title: 'qcc: 没有端点可用' });
    // It waits for what is being told: after its end, the word is in the log.
    await run('proxy', 'stop', '--timeout', '0');
    const log = readFileSync(join(home, 'logs', 'gateway.log'), 'utf8');
    expect(log).toContain(`not delivered: "qcc: 没有端点可用" (webhook ${webhook.origin}/…: HTTP 410)`);
    expect(log).not.toContain('very-secret');
    expect(webhook.received).toHaveLength(1);
  },
  patienceMs,
);
