/** `qcc proxy cert`: the files, the settings, and a client that verifies. */
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { CertRow } from '../../../src/contract/gateway.ts';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const dayMs = 86_400_000;

/** With verification on, as every client has it. */
function hello(port: number, servername: string, ca: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/healthz', servername, ca, agent: false };
    request({ ...options, headers: { host: `${servername}:${port}` } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

it('makes a certificate that the gateway serves with and clients verify, and renews it under the same authority', async () => {
  const home = temporaryHome();
  const run = at(home);
  const first = (await run('proxy', 'cert', '--name', 'Gateway.test', '--json')).json() as CertRow;
  expect(first).toMatchObject({
    ca: join(home, 'tls', 'ca.pem'),
    newCa: true,
    used: true,
    running: false,
    restart: false,
    names: expect.arrayContaining(['gateway.test', 'localhost', '127.0.0.1', '::1']),
  });
  for (const name of ['ca.pem', 'ca.key', 'server.pem']) {
    expect(statSync(join(home, 'tls', name)).mode & 0o777, name).toBe(0o600);
  }
  // The key of the authority is sealed: a copy of the file signs nothing.
  expect(readFileSync(join(home, 'tls', 'ca.key'), 'utf8')).not.toContain('PRIVATE KEY');
  expect((await run('config', 'get', 'proxy.allowed_hosts')).out).toContain('gateway.test');

  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const ca = readFileSync(first.ca);
  expect(gateway.url).toBe(`https://127.0.0.1:${gateway.port}`);
  expect(await hello(gateway.port, 'gateway.test', ca)).toBe(200);
  await expect(hello(gateway.port, 'other.test', ca)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });

  const renewed = (await run('proxy', 'cert', '--days', '20', '--json')).json() as CertRow;
  expect(renewed).toMatchObject({ caFingerprint: first.caFingerprint, newCa: false, restart: true });
  // The name that clients were told stays the first.
  expect(renewed.names[0]).toBe('gateway.test');
  expect(renewed.fingerprint).not.toBe(first.fingerprint);
  const left = Date.parse(renewed.expiresAt) - Date.now();
  expect(Math.round(left / dayMs)).toBe(20);
  const { checks } = (await run('config', 'validate', '--json')).json() as {
    checks: readonly { id: string; ok: boolean }[];
  };
  expect(checks.find(({ id }) => id === 'proxy.expiry')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('in 19 days'),
  });

  const other = (await run('proxy', 'cert', '--new-ca', '--json')).json() as CertRow;
  expect(other.newCa).toBe(true);
  expect(other.caFingerprint).not.toBe(first.caFingerprint);
  const shown = await run('proxy', 'cert', '--print');
  expect(shown.out).toContain(other.caFingerprint);
  expect(shown.err).toContain('qcc proxy restart --host 0.0.0.0');
  expect((await run('proxy', 'cert', '--print', '--lang', 'zh-CN')).out).toContain('签发机构');
});

it.each([
  [['--print'], 5, 'qcc proxy cert'],
  [['--days', '826'], 2, '825'],
  [['--name', 'not a name'], 2, 'a host name or an IP address'],
  [['--name', '1::2::3'], 2, 'a host name or an IP address'],
])('proxy cert %j ends with %i', async (argv, code, said) => {
  const run = at(temporaryHome());
  await run('init');
  expect(await run('proxy', 'cert', ...argv)).toMatchObject({ code, err: expect.stringContaining(said) });
});
