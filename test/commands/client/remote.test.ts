/** `qcc use --gateway` and `qcc code --gateway` on another machine: two homes, TLS that is verified, and a program in the place of claude. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../../src/control/client.ts';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { at } from '../../cli/command.ts';
import { upstream } from '../../proxy/upstreams.ts';
import { temporaryHome } from '../../support/home.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function typed(text: string): void {
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(text)]) as typeof process.stdin);
}

/** The machine with the gateway. */
async function gatewayMachine() {
  const home = temporaryHome();
  const run = at(home);
  const up = await upstream('main');
  await run('add', 'main', '--no-test', '--base-url', up.url, '--api-key', up.key);
  const { ca } = (await run('proxy', 'cert', '--json')).json() as { ca: string };
  await run('config', 'set', 'proxy.require_token', 'true');
  const token = (await run('token', 'add', 'laptop')).out.trim();
  const gateway = await runGateway({ home, port: 0 });
  const stop = async () => {
    await gateway.stop(0);
    await gateway.stopped;
  };
  onTestFinished(stop);
  return { run, up, ca, token, stop, url: `https://localhost:${gateway.port}`, call: (await connect({ home })).call };
}

it('brings clients of another machine to a gateway that is verified, knows their token, and tells them apart', async () => {
  const far = await gatewayMachine();
  const home = temporaryHome();
  const here = at(home, { LAPTOP: far.token });
  const use = ['use', '--gateway', far.url] as const;
  expect(await here(...use, '--token-env', 'LAPTOP')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/is not trusted \(\w+\)[\s\S]*--ca ca\.pem/),
  });
  typed('qcc_00000000_not-the-token\n');
  expect(await here(...use, '--ca', far.ca, '--token-stdin')).toMatchObject({
    code: 4,
    err: expect.stringContaining("this gateway does not know this token - look for it on the gateway's machine"),
  });
  expect(await here(...use, '--ca', far.ca)).toMatchObject({ code: 2, err: expect.stringContaining('--token-stdin') });
  expect(await here(...use.slice(0, 2), 'http://gateway.lan:7860')).toMatchObject({
    code: 2,
    err: expect.stringContaining('unencrypted'),
  });
  expect(await here('use', '--gateway', 'gateway.lan')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--gateway https://gateway.lan:7860'),
  });
  // The advice of a local client's 401 is no advice here.
  typed('something-else\n');
  const { err } = await here(...use, '--ca', far.ca, '--token-stdin');
  expect(err).toMatch(/does not let this token in: missing or wrong local token\n/);
  typed(`${far.token}\n`);
  expect(await here('use', '--gateway', far.url.replace('https:', 'http:'), '--token-stdin')).toMatchObject({
    code: 3,
    err: expect.stringContaining(`it may be ${far.url}:`),
  });
  typed(`${far.token}\n`);
  expect(await here('use', '--gateway', far.up.url.replace('http:', 'https:'), '--token-stdin')).toMatchObject({
    code: 3,
    err: expect.stringContaining(`it may be ${far.up.url}:`),
  });
  expect((await here('config', 'get', 'client.gateway')).out.trim()).toBe('');

  typed(`${far.token}\n`);
  const used = await here(...use, '--ca', far.ca, '--token-stdin', '--json');
  const kept = join(home, 'tls', 'gateway-ca.pem');
  expect(used.json()).toEqual({ gateway: far.url, ca: kept });
  expect(readFileSync(kept, 'utf8')).toBe(readFileSync(far.ca, 'utf8'));
  for (const argv of [
    ['config', 'list', '--json'],
    ['history', '--json'],
    ['config', 'audit', '--json'],
  ])
    expect((await here(...argv)).out).not.toContain(far.token);
  const { env } = (await here('env', '--json')).json() as { env: Readonly<Record<string, string>> };
  expect(env).toMatchObject({
    ANTHROPIC_BASE_URL: far.url,
    ANTHROPIC_AUTH_TOKEN: far.token,
    NODE_EXTRA_CA_CERTS: kept,
  });
  expect((await here('status', '--json')).json()).toMatchObject({ gateway: far.url, answers: true, token: 'good' });

  // What these variables say to Node at its start, said to the SDK's own fetch.
  const dispatcher = new Agent({ connect: { ca: readFileSync(kept, 'utf8') } });
  onTestFinished(() => dispatcher.close());
  const fetch = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher } as never)) as never;
  const client = new Anthropic({ baseURL: far.url, authToken: far.token, apiKey: null, fetch, maxRetries: 0 });
  const asked = { model: 'claude-haiku-4-5', max_tokens: 8, messages: [{ role: 'user' as const, content: 'hi' }] };
  expect((await client.messages.create(asked)).content).toMatchObject([{ type: 'text' }]);
  expect(await client.messages.stream(asked).finalText()).toContain('Hello');
  expect((await far.call('stats.tokens', {})).tokens).toMatchObject([{ token: 'laptop', requests: 2 }]);
  expect(far.up.heard.every(({ rawHeaders }) => !rawHeaders.join().includes(far.token))).toBe(true);

  await far.run('token', 'revoke', 'laptop', '--yes');
  await expect(client.messages.create(asked)).rejects.toMatchObject({
    status: 401,
    message: expect.stringContaining('was revoked'),
  });
  expect(await here('status', '--json')).toMatchObject({ code: 4 });
  await far.stop();
  const gone = await here('status', '--json');
  expect([gone.code, gone.json()]).toMatchObject([3, { answers: false, token: null }]);
  const { checks } = (await here('config', 'doctor', '--json')).json() as {
    checks: readonly { id: string; ok: boolean; detail: string }[];
  };
  expect(checks.find(({ id }) => id === 'client.gateway')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('does not answer (ECONNREFUSED)'),
  });
  // The profiles are there, and none is missed here.
  expect(checks.find(({ id }) => id === 'profiles')).toMatchObject({ ok: true });
  expect((await here('status', '--lang', 'zh-CN')).err).toContain('没有应答');
  await here('use', '--gateway', 'none');
  expect((await here('status', '--json')).json()).toMatchObject({ running: false });
});

it('starts claude through the other gateway, without one here, and with what the user trusts beside', async () => {
  const far = await gatewayMachine();
  const home = temporaryHome();
  const bin = join(home, '..', 'bin');
  mkdirSync(bin);
  const told = join(bin, 'told.json');
  writeFileSync(
    join(bin, 'claude'),
    `#!/bin/sh\nprintf '%s\\n' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN" "$NODE_EXTRA_CA_CERTS" "$@" > ${told}\nexit 7\n`,
  );
  chmodSync(join(bin, 'claude'), 0o755);
  const own = join(bin, 'corporate.pem');
  writeFileSync(own, readFileSync(far.ca));
  const here = at(home, { PATH: `${bin}:${process.env['PATH']}`, LAPTOP: far.token, NODE_EXTRA_CA_CERTS: own });
  const through = ['code', '--gateway', far.url, '--ca', far.ca, '--token-env', 'LAPTOP'] as const;
  expect(await here(...through, '--profile', 'main', '--', '--continue')).toMatchObject({ code: 7 });
  const [url, token, trusted = '', ...argv] = readFileSync(told, 'utf8').trim().split('\n');
  expect([url, token]).toEqual([`${far.url}/p/main`, far.token]);
  expect(readFileSync(trusted, 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect([argv.at(-1), argv.join().includes(far.token)]).toEqual(['--continue', false]);
  // What only that gateway knows is asked before anything starts.
  await far.run('add', 'empty');
  for (const [profile, said] of [
    ['wrong', 'there is no profile "wrong"'],
    ['empty', 'profile empty has no endpoint to ask'],
  ] as const) {
    writeFileSync(told, '');
    const ran = await here(...through, '--profile', profile);
    expect(ran).toMatchObject({ code: 5, err: expect.stringContaining(`${far.url}: ${said}`) });
    expect(readFileSync(told, 'utf8')).toBe('');
  }
  expect(far.up.heard).toEqual([]);
  // A shell that has this from before, and another gateway, or a new authority: that one is trusted, too.
  const other = await gatewayMachine();
  const later = at(home, { PATH: `${bin}:${process.env['PATH']}`, LAPTOP: other.token, NODE_EXTRA_CA_CERTS: trusted });
  for (const _ of [1, 2])
    await later('code', '--gateway', other.url, '--ca', other.ca, '--token-env', 'LAPTOP', '--', '--continue');
  expect(readFileSync(trusted, 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  expect(readFileSync(trusted, 'utf8')).toContain(readFileSync(other.ca, 'utf8').trim());
  // Node goes on without a file that is not there, and so does this.
  const lost = at(home, { PATH: `${bin}:${process.env['PATH']}`, LAPTOP: far.token, NODE_EXTRA_CA_CERTS: '/none.pem' });
  expect(await lost(...through)).toMatchObject({ code: 7 });
  expect(readFileSync(told, 'utf8').split('\n')[2]).toBe(far.ca);
  // Nothing was remembered, and no gateway was started.
  expect(await here('status', '--json')).toMatchObject({ code: 3 });
  expect(await here('code', '--gateway', far.url, '--ca', far.ca)).toMatchObject({ code: 2 });
});
