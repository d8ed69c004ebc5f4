/** Why nothing comes through, as a person is told it: each fault of a real server's door, and of one's own settings. */
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newAuthority, newServer } from '../../src/config/network/x509.ts';
import { codeOf, faultOf } from '../../src/fleet/fault.ts';
import type { FleetSettings } from '../../src/fleet/fleet.ts';
import { fleetSecret, gatewayIn, onNats } from '../support/fleet.ts';
import { temporaryHome } from '../support/home.ts';
import { hasNats, natsServer, userKey } from '../support/nats.ts';

const dayMs = 86_400_000;

/** How a gateway fares that comes to this address. */
async function met(url: string, more: Partial<FleetSettings> = {}) {
  const { fleet } = await gatewayIn(onNats(url, more), more.name ?? 'here');
  const { state, fault } = fleet.row();
  await fleet.stop();
  return fault ?? state;
}

const encrypted = (url: string) => url.replace('nats:', 'tls:');

/** What listens there, and is no NATS server. */
async function listening(says: string): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).end(says)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return `nats://127.0.0.1:${port}`;
}

describe.skipIf(!hasNats)('a server lets in', () => {
  it('whom it knows by a password or an nkey, for what each may do, and the others are told what is wrong', async () => {
    const [known, stranger] = [userKey(), userKey()];
    const account = (user: string, ...subjects: readonly string[]) =>
      `{ user: "${user}", password: right, permissions: { publish: { allow: ${JSON.stringify(subjects)} }, subscribe: ["_INBOX.>"] } }`;
    const { url } = await natsServer(`authorization { users: [
      { user: qcc, password: right }, { nkey: ${known.user} },
      ${account('laptop', 'qcc.fleet.laptop.>', 'qcc.fleet._.>', 'qcc.lease.>', '$JS.API.>', '$JS.ACK.>')},
      ${account('mute', 'qcc.fleet.mute.>')},
      ${account('false', 'qcc.fleet.laptop.>', '$JS.API.>')},
    ] }`);
    const by = (user: string, password = 'right') => met(url, { name: user, user, password });
    expect([await met(url), await by('qcc', 'wrong'), await by('nobody')]).toEqual(['login', 'login', 'login']);
    expect(await by('qcc')).toBe('connected');
    expect(await met(url, { nkey: stranger.seed })).toBe('login');
    expect(await met(url, { nkey: `SU${'A'.repeat(56)}` })).toBe('seed');
    expect(await met(url, { nkey: known.seed, name: 'keyed' })).toBe('connected');
    // As the paper on fleets has it.
    expect(await by('laptop')).toBe('connected');
    expect([await by('mute'), await by('false')]).toEqual(['forbidden', 'forbidden']);
  });

  it('over TLS those who trust its certificate, and is told nothing by those who do not', async () => {
    const home = temporaryHome();
    mkdirSync(home, { recursive: true });
    const now = Date.now();
    const [span, past] = [
      { from: now - dayMs, to: now + dayMs },
      { from: now - 2 * dayMs, to: now - dayMs },
    ];
    const written = (name: string, text: string) => {
      const file = join(home, name);
      writeFileSync(file, text);
      return file;
    };
    const { cert: ca, key } = newAuthority('of the test', span);
    const issuer = { commonName: 'of the test', key, publicKey: createPublicKey(key) };
    const [tlsCa, other] = [written('ca.pem', ca), written('other.pem', newAuthority('of others', span).cert)];
    const server = (name: string, { cert, key: own }: ReturnType<typeof newServer>, more = '') => {
      const pem = written(name, cert + own.export({ type: 'pkcs8', format: 'pem' }));
      return natsServer(`tls { cert_file: "${pem}", key_file: "${pem}" ${more} }`);
    };
    // Its address alone, as who has no name for it in the network: not that of this machine either.
    const { url } = await server('server.pem', newServer(['127.0.0.1'], issuer, span));
    const as = (name: string) => ({ name, tlsCa });
    expect(await met(encrypted(url), as('one'))).toBe('connected');
    expect(await met(url, as('two'))).toBe('connected');
    expect(await met(encrypted(url))).toBe('untrusted');
    expect(await met(encrypted(url), { tlsCa: other })).toBe('untrusted');
    expect(await met(encrypted(url).replace('127.0.0.1', 'localhost'), { tlsCa })).toBe('otherName');
    for (const file of ['/none/such.pem', home, written('junk.pem', 'junk')])
      expect(await met(encrypted(url), { tlsCa: file })).toBe('caFile');
    const elsewhere = await server('elsewhere.pem', newServer(['localhost'], issuer, span));
    expect(await met(encrypted(elsewhere.url), { tlsCa })).toBe('otherName');
    const old = await server('old.pem', newServer(['127.0.0.1'], issuer, past));
    expect(await met(encrypted(old.url), { tlsCa })).toBe('expired');
    const mutual = await server(
      'mutual.pem',
      newServer(['127.0.0.1'], issuer, span),
      `, verify: true, ca_file: "${tlsCa}"`,
    );
    // In TLS 1.3 it lets a client without a certificate in, and then ends: the system may drop its reason with the connection.
    expect(['tls', 'ended']).toContain(await met(encrypted(mutual.url), { tlsCa }));
  });

  it('nobody who asks for encryption that it has not, for JetStream that it has not, or for room', async () => {
    const { url } = await natsServer('# without jetstream');
    expect(await met(url)).toBe('noJetStream');
    expect(await met(encrypted(url), { user: 'qcc', password: 'not told' })).toBe('plain');
    const small = await natsServer('jetstream { STORE, max_file_store: 100000 }');
    expect(await met(small.url)).toBe('full');
    await small.kill();
    expect(await met(small.url)).toBe('refused');
  });
});

it('what is no NATS server is said to be none', async () => {
  expect(await met(await listening('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe('strange');
  expect(await met(await listening(''))).toBe('ended');
});

it.each([
  ['ENOTFOUND', 'unknownHost'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'silent'],
  ['ECONNRESET', 'ended'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
  ['EMFILE', 'other'],
])('%s is %s', (code, fault) => {
  const error = Object.assign(new Error(`secret ${fleetSecret}`), { code });
  expect([codeOf(error), faultOf(error, codeOf(error))]).toEqual([code, fault]);
});

it('of an error nothing but a code or a name is told', () => {
  const cause = Object.assign(new Error('connect 10.0.0.5'), { code: 'ECONNREFUSED' });
  expect(codeOf(new TypeError('connection refused', { cause }))).toBe('ECONNREFUSED');
  expect(codeOf(Object.assign(new Error('x'), { code: 'nkeys: a sentence' }))).toBe('Error');
  expect(codeOf('a text')).toBe('Error');
});
