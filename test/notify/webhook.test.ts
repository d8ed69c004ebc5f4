import { createServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { post } from '../../src/notify/webhook.ts';
import { selfSigned } from '../config/self-signed.ts';
import { nobody, receiver } from './receiver.ts';

const never = new AbortController().signal;
const hello = (url: string) => ({ url, headers: { 'x-one': '1' }, body: 'hello' });

/** A proxy that refuses every request; resolves with the first one. */
async function proxy(): Promise<{ readonly url: string; readonly asked: Promise<string | undefined> }> {
  const server = createServer();
  const asked = new Promise<string | undefined>((resolve) => {
    server.on('connect', ({ url }, socket) => {
      resolve(url);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function withEnv(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe('a post by HTTP', () => {
  it('sends headers and body unchanged, and returns the requested wait', async () => {
    const { origin, received } = await receiver({ status: 429, body: 'slow down', headers: { 'retry-after': '30' } });
    const answer = await post(hello(`${origin}/a?b=c`), never);
    expect(answer).toEqual({ status: 429, text: 'slow down', waitMs: 30_000 });
    expect(received[0]).toMatchObject({ path: '/a?b=c', headers: { 'x-one': '1' }, body: 'hello' });
  });

  it.each(['soon', '-1', ''])('ignores an invalid retry-after: "%s"', async (retryAfter) => {
    const { origin } = await receiver({ headers: { 'retry-after': retryAfter } });
    expect(await post(hello(origin), never)).toMatchObject({ status: 200, waitMs: 0 });
  });

  it('reads the beginning of a page, not all of it', async () => {
    const { origin } = await receiver({ body: 'x'.repeat(4_000_000) });
    const { text } = await post(hello(origin), never);
    expect(text.length).toBeLessThan(200_000);
  });

  it('uses the proxy of the environment', async () => {
    const { url, asked } = await proxy();
    withEnv({ https_proxy: url, no_proxy: '' });
    await expect(post(hello('https://hooks.example.com/x'), never)).rejects.toThrow();
    expect(await asked).toBe('hooks.example.com:443');
  });

  it.each(['http://[', 'socks5://proxy:1'])('does not bypass an invalid proxy: %s', async (https_proxy) => {
    withEnv({ https_proxy, no_proxy: '' });
    await expect(post(hello('https://hooks.example.com/x'), never)).rejects.toThrow('proxy');
  });

  it('uses a proxy whose password has a percent sign that escapes nothing', async () => {
    const { url, asked } = await proxy();
    withEnv({ https_proxy: url.replace('http://', 'http://me:100%@'), no_proxy: '' });
    await expect(post(hello('https://hooks.example.com/x'), never)).rejects.toThrow();
    expect(await asked).toBe('hooks.example.com:443');
  });

  it('requires a valid certificate, whatever the environment says', async () => {
    withEnv({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    let heard = 0;
    const server = createSecure(selfSigned(Date.now() - 1_000_000, Date.now() + 1_000_000), () => void heard++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(post(hello(`https://127.0.0.1:${port}/x`), never)).rejects.toThrow(/self-signed/);
    expect(heard).toBe(0);
  });

  it('never uses a proxy for this machine', async () => {
    withEnv({ http_proxy: await nobody(), no_proxy: '' });
    const { origin } = await receiver();
    expect(await post(hello(origin), never)).toMatchObject({ status: 200 });
  });
});
