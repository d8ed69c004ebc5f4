/** Keys, prompts, answers and webhooks: none of them is in anything that the page is told, whatever it asks. */
import { describe, expect, it, vi } from 'vitest';
import { contract, type OperationName, type Params } from '../../src/contract/operations.ts';
import type { QueueItemRow } from '../../src/contract/queue.ts';
import { open } from '../proxy/gateway.ts';
import { answerEvents, says, streams, upstream } from '../proxy/upstreams.ts';
import { runningGateway } from '../support/gateway.ts';
import { exchange, openStream } from '../support/page.ts';

const secrets = {
  key: 'sk-ant-api03-KEYkeyKEYkeyKEYkeyKEYkey-middle-0123456789-endOfKey',
  oldKey: 'sk-ant-api03-OLDoldOLDoldOLDoldOLDold-middle-0123456789-endOfOld',
  removedKey: 'relay-token-GONEgoneGONEgoneGONEgone-middle-0123456789',
  hook: 'T0HOOKhookHOOKhook/B0secretPart',
  oldHook: 'T0OLDHOOKoldhook/B0secretPart',
  sign: 'SEC-signing-secret-of-the-hook',
  prompt: 'the prompt that nobody else may read',
  systemPrompt: 'the system prompt that nobody else may read',
  answer: 'the-answer-that-nobody-else-may-read',
  header: 'a-header-value-that-is-private',
} as const;

const bodyOf = (session: string) =>
  JSON.stringify({
    model: 'claude-test',
    system: secrets.systemPrompt,
    messages: [{ role: 'user', content: secrets.prompt }],
    max_tokens: 64,
    metadata: { user_id: JSON.stringify({ session_id: session }) },
    stream: true,
  });
// A relay that repeats what it was sent, as some do.
const repeats = says(
  503,
  JSON.stringify({ type: 'error', error: { type: 'api_error', message: `${secrets.key}: ${secrets.prompt}` } }),
);

/** A home in which every secret has been, and is, and a page that writes. */
async function lived() {
  const { call, gateway } = await runningGateway();
  const up = await upstream('a', repeats);
  const quick = {
    'health.mode': 'off',
    'health.ramp': '0',
    'queue.hold': '60',
    'queue.strategy': 'fixed',
    'queue.base_delay': '60',
  };
  for (const [key, value] of Object.entries(quick)) await call('config.set', { key, value });
  for (const hook of [secrets.oldHook, secrets.hook])
    await call('config.set', { key: 'notify.webhook', value: `http://127.0.0.1:9/services/${hook}` });
  await call('config.set', { key: 'notify.on', value: 'credential' });
  await call('config.set', { key: 'notify.secret', value: `${secrets.sign}-before` });
  await call('config.set', { key: 'notify.secret', value: secrets.sign });
  await call('profile.add', { name: 'main', tier: 'primary' });
  const added = { profile: 'main', baseUrl: up.url, key: secrets.oldKey, maxFailures: 1 };
  const { id } = await call('endpoint.add', added);
  await call('endpoint.update', { profile: 'main', id, key: secrets.key });
  const removed = await call('endpoint.add', { profile: 'main', baseUrl: up.url, key: secrets.removedKey });
  await call('endpoint.remove', { profile: 'main', id: removed.id });
  await call('config.snapshot', { description: 'before' });
  const itemOf = (session: string, state: QueueItemRow['state']) =>
    vi.waitFor(
      async () => {
        const { items } = await call('queue.list', {});
        const found = items.find((one) => one.session === session && one.state === state);
        if (!found) throw new Error(`no ${state} item of ${session}`);
        return found;
      },
      { timeout: 10_000, interval: 20 },
    );
  const send = (session: string) => {
    const headers = { authorization: 'Bearer proxy-managed', 'x-private': secrets.header };
    return open(gateway, { session, body: bodyOf(session), headers });
  };
  const answered = send('one');
  await itemOf('one', 'waiting');
  up.does(streams(answerEvents(secrets.answer).join('')));
  await call('health.reset', { id });
  expect((await answered.done).text).toContain(secrets.answer);
  await itemOf('one', 'answered');
  expect((await send('two').done).text).toContain(secrets.answer);
  up.does(repeats);
  send('three');
  const item = await itemOf('three', 'waiting');
  return { call, gateway, id, item };
}

type ReadName = { [Name in OperationName]: Name }[OperationName];
type Asks = { readonly [Name in ReadName]?: readonly Params<Name>[] };

/** What the page asks of each operation that reads. */
function asksOf(id: string, item: QueueItemRow, head: number, request: string): Asks {
  const moment = { seq: head - 1 };
  const redaction = { salt: 'salt', hashNames: false, names: [], hosts: [] };
  return {
    'config.get': ['notify.webhook', 'notify.secret', 'proxy.tls_key', 'queue.hold'].map((key) => ({ key })),
    'config.list': [{}, { moment }],
    'config.at': [moment, { seq: 5 }].map((one) => one),
    'config.snapshots': [{}, { moment }],
    'config.diff': [
      { from: { seq: 1 }, to: { now: true } },
      { from: { seq: 8 }, to: moment },
    ],
    'config.audit': [{}],
    'dashboard.state': [{}, { moment }, { moment: { seq: 1 }, steps: 48 }],
    'dashboard.bands': [{}],
    'dashboard.requests': [{}],
    'debug.machines': [{}, { about: id }],
    'endpoint.list': [{ profile: 'main' }],
    'endpoint.show': [{ profile: 'main', id }],
    'proxy.status': [{}],
    'health.status': [{}],
    'health.metrics': [{}, { id }],
    'health.history': [{ id }],
    'health.checks': [{ endpoint: id, profile: 'main', limit: 100 }],
    'history.read': [{}],
    'history.start': [{}],
    'history.page': [{ from: 1, to: head + 1 }],
    'history.head': [{}],
    'history.filters': [{ type: 'RequestServed', endpoint: id }],
    'history.explain': [{ about: request }, { about: id }],
    'history.diff': [{ from: { seq: 1 }, to: moment }],
    'history.at': [{ moment }],
    'history.verify': [{}],
    'history.stats': [{}],
    'history.whatIf': [{ set: { 'failover.failure_threshold': '5' } }],
    'capsule.begin': [{ salt: 'salt', hashNames: false }],
    'capsule.facts': [{ from: 1, to: head, redaction }],
    'incidents.list': [{}],
    'incidents.show': [{}],
    'priority.list': [{}],
    'priority.history': [{}],
    'profile.list': [{}],
    'queue.status': [{}],
    'queue.list': [{}, { moment }],
    'queue.show': [{ id: item.id }],
    'route.next': [{}],
    'proxy.running': [{}],
    'stats.read': [{}],
    'stats.tokens': [{}],
    'stats.gateways': [{}, { since: 1 }],
    'token.list': [{}],
    'fleet.status': [{}],
    'fleet.beliefs': [{}],
    'stats.usage': [{ by: 'day' }, { by: 'session' }],
  };
}

function expectNoSecret(text: string, where: string): void {
  for (const [what, secret] of Object.entries(secrets))
    for (const part of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4)])
      expect(text.includes(part), `${what} in ${where}`).toBe(false);
  expect(text).not.toMatch(/KEYkeyKEYkey|OLDoldOLDold|GONEgoneGONEgone|HOOKhook|oldhook|signing-secret/);
}

const readNames = (Object.keys(contract) as OperationName[]).filter((name) => contract[name].page === 'read');

describe('the page', () => {
  it('is told no key, no prompt, no answer and no webhook by any operation that it may ask, nor by its stream', async () => {
    const { call, id, item } = await lived();
    const { head } = await call('history.head', {});
    const opened = await call('dashboard.open', { port: 0 });
    const { port, origin } = new URL(opened.url);
    const post = (target: string, body: object, bearer = 'none') => {
      const text = JSON.stringify(body);
      const headers = [
        ['Host', new URL(origin).host],
        ['Connection', 'close'],
        ['Authorization', `Bearer ${bearer}`],
        ['Content-Type', 'application/json'],
        ['Content-Length', String(Buffer.byteLength(text))],
      ] as const;
      return exchange(Number(port), { method: 'POST', target, headers, body: text });
    };
    const { bearer } = JSON.parse((await post('/ticket', { ticket: opened.ticket }))?.body ?? '') as { bearer: string };
    const stream = openStream(Number(port), bearer, 0);
    await stream.said(/event: state/);
    const { facts } = await call('history.read', { type: 'RequestServed' });
    const asks = asksOf(id, item, head, facts.at(-1)?.stream.split('/')[1] ?? '');
    expect(Object.keys(asks).sort()).toEqual([...readNames].sort());
    for (const name of readNames)
      for (const params of asks[name] ?? []) {
        const answer = await post(`/call/${name}`, params, bearer);
        expect(answer, `${name} ${answer?.body}`).toMatchObject({ status: 200 });
        expectNoSecret(answer?.body ?? '', name);
      }
    // What changes something answers too; with nothing, and with a word in each place, mistakes are told.
    const others = (Object.keys(contract) as OperationName[]).filter((name) => contract[name].page === 'write');
    for (const name of others)
      for (const params of [
        {},
        { id },
        { id: item.id },
        { profile: 'main', id },
        { name: 'main' },
        { to: { seq: 8 }, dryRun: true },
      ])
        expectNoSecret((await post(`/call/${name}`, params, bearer))?.body ?? '', name);
    await call('config.set', { key: 'notify.secret', value: `${secrets.sign}-after` });
    const { seq } = await call('dashboard.state', {});
    await stream.said(new RegExp(`"seq":${seq}\\b`));
    expectNoSecret(stream.text(), 'the stream');
    const { ticket } = await call('dashboard.open', {});
    const plain = await exchange(Number(port), {
      method: 'GET',
      target: '/plain',
      headers: [
        ['Host', new URL(origin).host],
        ['Connection', 'close'],
        ['Authorization', `Basic ${Buffer.from(`:${ticket}`).toString('base64')}`],
      ],
      body: '',
    });
    expect(plain?.status).toBe(200);
    expectNoSecret(plain?.body ?? '', 'the plain page');
  });
});
