/** Whatever is asked, of whatever types: an operation refuses it as a mistake, and keeps nothing of it. */
import { request } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paths } from '../../src/config/files/home.ts';
import { inputOf } from '../../src/contract/inputs.ts';
import type { OperationName } from '../../src/contract/operations.ts';
import { operations } from '../../src/control/table.ts';
import { QccError } from '../../src/errors/qcc-error.ts';
import { runningGateway } from '../support/gateway.ts';
import { memoryInstallation } from '../support/installation.ts';

const key = 'sk-ant-api03-Zk3v9QxT7bLw2RnY8mHc5JdP0sFa6Ge1';
const random = 'Zk3v9QxT7bLw2RnY8mHc5JdP0sFa6Ge1';

async function lived() {
  const it = await memoryInstallation();
  await it.call('profile.add', {
    name: 'work',
    tier: 'primary',
    endpoint: { baseUrl: 'https://relay.test', key: 'sk-ant-0123456789abcdef' },
  });
  await it.call('config.snapshot', { description: 'first' });
  const table = operations(it.installation, undefined) as Record<string, (params: unknown) => Promise<unknown>>;
  return { ...it, table, names: Object.keys(table) };
}

/** Each field that any operation knows, and some that none does. */
const fields = fc.constantFrom(
  ...'name profile id key value description tier endpoint from to at seq limit since until about moment set reason state language baseUrl text document snapshot last partial dryRun redaction salt most weight model mode autoFailover cooldownS __proto__ constructor prototype toString other'.split(
    ' ',
  ),
);
const wrong = fc.oneof(
  fc.constant(null),
  fc.array(fc.anything({ maxDepth: 1 }), { maxLength: 3 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, -0.5),
  fc.constant({ at: 1e300 }),
  fc.constant(JSON.parse('{"__proto__": {"polluted": true}}') as unknown),
  fc.constant({ toString: 1 }),
  fc.constant('x'.repeat(1_048_577)),
  fc.constant(Symbol('x')),
  fc.constant(10n),
);
const junk = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
  fc.array(fc.tuple(fields, fc.oneof(wrong, fc.anything())), { maxLength: 4 }).map((entries) => {
    const made = {};
    for (const [name, value] of entries)
      Object.defineProperty(made, name, { value, enumerable: true, configurable: true });
    return made;
  }),
  fc.dictionary(fields, fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double()), { maxKeys: 4 }),
);

describe('every operation', () => {
  it('throws only known errors, whatever it is given, and stores nothing of a refused input', async () => {
    const { table, names, core } = await lived();
    // Operations that wait on the network, or need a folder of their own, are tested with invalid input below.
    const asked = names.filter(
      (name) => !['endpoint.models', 'endpoint.test', 'notify.test', 'home.freeze'].includes(name),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...asked), junk, async (name, params) => {
        const before = core.state.seq;
        try {
          await table[name]?.(params);
        } catch (error) {
          if (!(error instanceof QccError)) throw error;
          expect(core.state.seq).toBe(before);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }, 60_000);

  it('refuses an unknown field, a list for its input, and a missing input', async () => {
    const { table, names, core } = await lived();
    const before = core.state.seq;
    // Of settings by their names, a wrong one is met as a setting.
    for (const name of names.filter((one) => one !== 'queue.config')) {
      for (const input of [{ nobodyKnows: 1 }, [], null, 'text', 7, [{ name: 'work' }]])
        await expect(table[name]?.(input), `${name} ${JSON.stringify(input)}`).rejects.toMatchObject({
          code: 'QCC_INPUT_INVALID',
          exit: 2,
        });
    }
    expect(core.state.seq).toBe(before);
  });

  it.each([
    ['profile.add', { name: ['work'] }],
    ['profile.add', { name: { toString: 'work' } }],
    ['profile.add', { name: 7 }],
    ['profile.add', { name: 'x', description: ['a'] }],
    ['profile.add', { name: 'x', tier: ['primary'] }],
    ['profile.add', { name: 'x', endpoint: [] }],
    ['endpoint.add', { profile: ['work'], baseUrl: 'https://a.test', key: 'sk-ant-0123456789abcdef' }],
    ['endpoint.add', { profile: 'work', baseUrl: ['https://a.test'], key: 'sk-ant-0123456789abcdef' }],
    ['endpoint.add', { profile: 'work', baseUrl: 'https://a.test', key: ['sk-ant-0123456789abcdef'] }],
    ['endpoint.add', { profile: 'work', baseUrl: 'https://a.test', key: 'sk-ant-0123456789abcdef', weight: '7' }],
    ['endpoint.update', { profile: 'work', id: [], weight: 7 }],
    ['priority.set', { profile: 'work', tier: 'first' }],
    ['priority.switch', { profile: 'work', reason: { a: 1 } }],
    ['priority.policy', { autoFailover: 'false' }],
    ['priority.policy', { nobody: 1 }],
    ['config.set', { key: ['queue.hold'], value: '9' }],
    ['config.set', { key: 'queue.hold', value: 9 }],
    ['config.snapshot', { description: ['a'] }],
    ['config.snapshot', {}],
    ['config.rollback', { to: [] }],
    ['config.diff', { from: { seq: '1' }, to: { now: true } }],
    ['queue.config', { max_size: [5] }],
    ['queue.list', { limit: -1 }],
    ['health.history', { id: 'a', limit: 1.5 }],
    ['history.at', { moment: { at: 1e20 } }],
    ['stats.read', { since: Number.MAX_VALUE }],
    ['health.config', { model: ['m'] }],
  ] as const)('%s rejects %j, and stores nothing', async (name, params) => {
    const { table, core } = await lived();
    const before = core.state.seq;
    await expect(table[name]?.(params)).rejects.toMatchObject({ exit: 2 });
    expect(core.state.seq).toBe(before);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'])(
    'does not accept "%s" as a name',
    async (name) => {
      const { table, call, core } = await lived();
      const before = core.state.seq;
      const endpoint = { baseUrl: 'https://a.test', key: 'sk-ant-0123456789abcdef' };
      for (const [operation, params] of [
        ['profile.add', { name }],
        ['endpoint.add', { profile: 'work', ...endpoint, name }],
        ['endpoint.add', { profile: name, ...endpoint }],
        ['config.set', { key: name, value: '1' }],
        ['config.get', { key: name }],
        ['queue.config', JSON.parse(`{"${name}": 1}`)],
        ['history.whatIf', { set: JSON.parse(`{"${name}": "1"}`) as object }],
        ['config.rollback', { to: { snapshot: name } }],
        ['config.snapshot', { description: name }],
        ['priority.switch', { profile: name }],
        ['health.reset', { id: name }],
        ['endpoint.add', { profile: 'work', ...endpoint, preset: name }],
      ] as const)
        await expect(table[operation]?.(params), operation).rejects.toBeInstanceOf(QccError);
      expect(core.state.seq).toBe(before);
      expect((await call('profile.list', {})).profiles).toHaveLength(1);
    },
  );

  it('is in the table of schemas: an input is validated before anything else', () => {
    for (const name of ['profile.list', 'proxy.status', 'history.verify'] as OperationName[])
      expect(inputOf(name, {})).toEqual({});
  });
});

describe('a key in the place of another value', () => {
  it.each([
    ['a name of a profile', 'profile.add', (text: string) => ({ name: text.slice(0, 64) })],
    ['a description', 'profile.add', (text: string) => ({ name: 'x', description: `of ${text} and more` })],
    ['a name of an endpoint', 'endpoint.update', (text: string, id: string) => ({ profile: 'work', id, name: text })],
    ['a reason', 'priority.switch', (text: string) => ({ profile: 'work', reason: text })],
    ['a snapshot', 'config.snapshot', (text: string) => ({ description: text })],
    ['allowed hosts', 'config.set', (text: string) => ({ key: 'proxy.allowed_hosts', value: text })],
    ['a host', 'config.set', (text: string) => ({ key: 'proxy.host', value: text })],
    ['a model', 'config.set', (text: string) => ({ key: 'health.model', value: text })],
    ['a model of probes', 'health.config', (text: string) => ({ model: text })],
    ['a webhook', 'config.set', (text: string) => ({ key: 'notify.webhook', value: text })],
    ['a number', 'config.set', (text: string) => ({ key: 'proxy.port', value: text })],
    ['a setting', 'config.set', (text: string) => ({ key: text, value: '1' })],
    ['a base URL', 'endpoint.update', (text: string, id: string) => ({ profile: 'work', id, baseUrl: text })],
    ['a profile', 'profile.default', (text: string) => ({ name: text })],
    ['an endpoint', 'health.reset', (text: string) => ({ id: text })],
    ['a preset', 'endpoint.update', (text: string, id: string) => ({ profile: 'work', id, preset: text })],
    ['a request', 'history.explain', (text: string) => ({ about: text })],
    ['an item', 'queue.show', (text: string) => ({ id: text })],
    ['a tier', 'priority.set', (text: string) => ({ profile: 'work', tier: text })],
    ['an action', 'config.audit', (text: string) => ({ action: text })],
    ['a field', 'profile.list', (text: string) => ({ [text]: 1 })],
  ] as const)('as %s is refused, and not repeated', async (_, operation, paramsOf) => {
    for (const text of [key, random]) {
      const { table, core, call } = await lived();
      const { endpoints } = await call('endpoint.list', { profile: 'work' });
      const before = core.state.seq;
      const error = await table[operation]?.(paramsOf(text, endpoints[0]?.id ?? '')).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(QccError);
      const { message, hint, params } = error as QccError;
      expect(JSON.stringify([message, hint, params])).not.toContain(text.slice(0, 20));
      expect(core.state.seq).toBe(before);
      expect(JSON.stringify(core.state)).not.toContain(text);
    }
  });

  it.each([
    `https://relay.test/${key}`,
    `https://${key}.relay.test`,
    `https://u:${key}@relay.test`,
    `https://relay.test?k=${key}`,
    `http:${key}`,
    `data:${key}`,
  ])('inside of an address is refused, and not repeated: %s', async (baseUrl) => {
    const { table } = await lived();
    const error = (await table['endpoint.add']?.({ profile: 'work', key, baseUrl }).catch(
      (thrown) => thrown,
    )) as QccError;
    expect(error).toBeInstanceOf(QccError);
    expect(JSON.stringify([error.message, error.hint, error.params])).not.toContain('Zk3v9QxT7bLw2RnY8mHc');
  });

  it('that is short and not an address is not repeated either', async () => {
    const { table } = await lived();
    const error = (await table['endpoint.add']?.({ profile: 'work', key, baseUrl: 'mysecret42' }).catch(
      (thrown) => thrown,
    )) as QccError;
    expect(error.code).toBe('QCC_URL_INVALID');
    expect(JSON.stringify([error.message, error.params])).not.toContain('mysecret42');
  });

  it('in an import rejects all of it, wherever it stands', async () => {
    const { call, core } = await lived();
    const profile = (change: object) => ({
      profiles: { work2: { name: 'work2', base_url: 'https://b.test', api_key: 'sk-ant-0123456789abcdef', ...change } },
    });
    const before = core.state.seq;
    for (const change of [{ name: key }, { description: key }]) {
      const error = (await call('config.import', { text: JSON.stringify(profile(change)), from: 'fastcc' }).catch(
        (thrown) => thrown,
      )) as QccError;
      expect(error).toMatchObject({ code: 'QCC_INPUT_KEY' });
      expect(JSON.stringify([error.message, error.params])).not.toContain(key);
    }
    expect(core.state.seq).toBe(before);
  });
});

describe('the control socket', () => {
  it('rejects malformed queries with the reason, and goes on', async () => {
    const { home, call } = await runningGateway();
    const ask = (name: string, body: string) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const asked = request(
          { socketPath: paths(home).socket, method: 'POST', path: `/call/${name}`, headers },
          (response) => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (chunk: string) => {
              text += chunk;
            });
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });
    for (const [name, body, code] of [
      ['profile.add', '{"name":["a"]}', 'QCC_INPUT_INVALID'],
      ['profile.add', '{"__proto__":{"name":"a"}}', 'QCC_INPUT_INVALID'],
      ['profile.add', '{"name":"__proto__"}', 'QCC_PROFILE_NAME'],
      ['profile.add', '[]', 'QCC_INPUT_INVALID'],
      ['profile.add', 'null', 'QCC_INPUT_INVALID'],
      ['profile.add', '{', 'QCC_INPUT_INVALID'],
      ['__proto__', '{}', 'QCC_OPERATION_UNKNOWN'],
      ['constructor', '{}', 'QCC_OPERATION_UNKNOWN'],
      [
        'config.diff',
        `{"from":{"document":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}},"to":{"now":true}}`,
        'QCC_INPUT_INVALID',
      ],
      ['proxy.stop', '{"graceMs":"0"}', 'QCC_INPUT_INVALID'],
      ['proxy.stop', '{"graceMs":1e99}', 'QCC_INPUT_INVALID'],
    ] as const) {
      const { status, text } = await ask(name, body);
      expect([name, body.slice(0, 40), status, (JSON.parse(text) as { error: { code: string } }).error.code]).toEqual([
        name,
        body.slice(0, 40),
        400,
        code,
      ]);
    }
    expect(await call('profile.list', {})).toEqual({ profiles: [] });
  });
});
