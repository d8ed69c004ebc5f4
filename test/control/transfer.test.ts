import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ccSwitchDatabase } from '../../src/config/importers/cc-switch.ts';
import { temporaryHome } from '../support/home.ts';
import { memoryInstallation } from '../support/installation.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const otherKey = 'sk-ant-api03-9876543210zyxwvutsrqponmlkjihg';
const passphrase = 'correct horse battery staple';

type Opened = Awaited<ReturnType<typeof memoryInstallation>>;

async function withLadder(): Promise<Opened> {
  const it = await memoryInstallation();
  const { call } = it;
  await call('profile.add', { name: 'work', tier: 'primary', description: '公司' });
  await call('profile.add', { name: 'spare', tier: 'primary' });
  await call('profile.default', { name: 'spare' });
  await call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com/api', key, weight: 5 });
  const { id } = await call('endpoint.add', { profile: 'work', baseUrl: 'https://b.example.com', key: otherKey });
  await call('endpoint.disable', { profile: 'work', id });
  await call('config.set', { key: 'queue.hold', value: '33.5' });
  return it;
}

const exported = async ({ call }: Opened, secret = false) =>
  JSON.stringify((await call('config.export', secret ? { withSecrets: true, passphrase } : {})).document);

describe('an export', () => {
  it('has no key, no name of a key, and no secret setting', async () => {
    const it = await withLadder();
    await it.call('config.set', { key: 'notify.webhook', value: 'https://hooks.example.com/token-of-mine' });
    const text = await exported(it);
    for (const secret of [key, otherKey, 'token-of-mine', '"secret"']) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ format: 'qcc', version: 1, settings: { 'queue.hold': 33.5 } });
  });

  it('with keys needs a passphrase, and shows none of them', async () => {
    const it = await withLadder();
    await expect(it.call('config.export', { withSecrets: true })).rejects.toMatchObject({
      code: 'QCC_PASSPHRASE_MISSING',
      exit: 2,
    });
    const text = await exported(it, true);
    for (const secret of [key, Buffer.from(key).toString('base64').slice(0, -4), passphrase])
      expect(text).not.toContain(secret);
  });

  it('that is imported into an empty home exports the same again, keys included', async () => {
    const it = await withLadder();
    await it.call('config.set', { key: 'notify.webhook', value: 'https://hooks.example.com/token-of-mine' });
    const empty = await memoryInstallation();
    await empty.call('config.import', { text: await exported(it, true), passphrase });
    expect(await exported(empty)).toBe(await exported(it));
    expect(empty.vault.get('setting/notify.webhook')).toBe('https://hooks.example.com/token-of-mine');
    const keysOf = ({ core, vault }: Opened) =>
      core.state.profiles.endpoints().map(({ id, secret }) => [id, vault.get(secret)]);
    expect(keysOf(empty)).toEqual(keysOf(it));
  });

  it('of any ladder imports the same ladder', async () => {
    await fc.assert(
      fc.asyncProperty(ladders, async (profiles) => {
        const it = await memoryInstallation();
        for (const { name, tier, description } of profiles)
          await it.call('profile.add', { name, description, ...(tier ? { tier } : {}) });
        const last = profiles.at(-1);
        if (last) await it.call('profile.default', { name: last.name });
        const empty = await memoryInstallation();
        const text = await exported(it);
        await empty.call('config.import', { text });
        expect(await exported(empty)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

const ladders = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', '工作', 'length', '7'),
    tier: fc.constantFrom('primary' as const, 'secondary' as const, 'fallback' as const, null),
    description: fc.string(),
  }),
  { selector: ({ name }) => name, minLength: 1 },
);

describe('an import', () => {
  it('restores everything that the file names, over the present configuration, with the stored keys', async () => {
    const it = await withLadder();
    const text = await exported(it);
    const [first] = (await it.call('endpoint.list', { profile: 'work' })).endpoints;
    await it.call('endpoint.update', { profile: 'work', id: first?.id ?? '', weight: 700 });
    await it.call('config.set', { key: 'failover.auto', value: 'false' });
    await it.call('priority.set', { profile: 'work', tier: 'fallback' });
    await it.call('profile.add', { name: 'mine' });
    const { changes } = await it.call('config.import', { text });
    expect(changes.map(({ path }) => path)).toEqual([
      'settings/failover.auto',
      'profiles/spare/position',
      'profiles/work/tier',
      `profiles/work/endpoints/${first?.id}/weight`,
    ]);
    // Nouns that only this home has stay: their keys could never be brought back.
    expect((await it.call('profile.list', {})).profiles.map(({ name }) => name)).toContain('mine');
    await it.call('profile.remove', { name: 'mine' });
    expect(await exported(it)).toBe(text);
    const now = it.core.state.profiles.endpoint(first?.id ?? '');
    expect(it.vault.get(now?.secret ?? '')).toBe(key);
  });

  it('previews its effect, and changes nothing', async () => {
    const it = await withLadder();
    const text = await exported(it);
    await it.call('config.set', { key: 'queue.hold', value: '55' });
    const head = it.core.state.seq;
    const planned = await it.call('config.import', { text, dryRun: true });
    expect(planned.changes).toEqual([{ path: 'settings/queue.hold', from: 55, to: 33.5 }]);
    expect(it.core.state.seq).toBe(head);
  });

  it('is undone by the next rollback, keys included', async () => {
    const it = await withLadder();
    const before = it.configuration();
    const text = JSON.stringify(fastcc({ work: { url: 'https://a.example.com/api', key: `${key}-new` } }));
    await it.call('config.import', { text });
    const secrets = () => it.core.state.profiles.endpoints().map(({ secret }) => it.vault.get(secret));
    expect(secrets()).toContain(`${key}-new`);
    await it.call('config.rollback', { to: { last: true } });
    expect(it.configuration()).toEqual(before);
    expect(secrets()).toEqual([key, otherKey]);
  });

  it('skips an endpoint without a key only if the rest may be imported alone', async () => {
    const text = await exported(await withLadder());
    const empty = await memoryInstallation();
    await expect(empty.call('config.import', { text })).rejects.toMatchObject({ code: 'QCC_IMPORT_PARTIAL', exit: 1 });
    expect(empty.core.state.seq).toBe(0);
    const { leftOut } = await empty.call('config.import', { text, partial: true });
    expect(leftOut.map(({ because }) => because)).toEqual(['noKey', 'noKey']);
    expect((await empty.call('priority.list', {})).tiers.primary).toEqual(['work', 'spare']);
  });

  it('gives no stored key to a host that the file substitutes', async () => {
    const it = await withLadder();
    const document = JSON.parse(await exported(it));
    delete document.checksum;
    const work = document.profiles.find(({ name }: { name: string }) => name === 'work');
    work.endpoints[0].baseUrl = 'https://evil.example.com';
    const before = it.configuration();
    await expect(it.call('config.import', { text: JSON.stringify(document) })).rejects.toMatchObject({
      code: 'QCC_IMPORT_PARTIAL',
    });
    expect(it.configuration()).toEqual(before);
  });

  it('decrypts no keys with another passphrase, without one, or in a document that was changed', async () => {
    const text = await exported(await withLadder(), true);
    const { checksum: _, ...changed } = JSON.parse(text);
    const empty = await memoryInstallation();
    const refused = (params: { readonly text: string; readonly passphrase?: string }) =>
      expect(empty.call('config.import', params)).rejects;
    await refused({ text }).toMatchObject({ code: 'QCC_PASSPHRASE_MISSING', exit: 2 });
    await refused({ text, passphrase: 'wrong' }).toMatchObject({ code: 'QCC_PASSPHRASE_WRONG', exit: 4 });
    changed.profiles[1].endpoints[0].baseUrl = 'https://evil.example.com';
    await refused({ text: JSON.stringify(changed), passphrase }).toMatchObject({ code: 'QCC_PASSPHRASE_WRONG' });
    expect([empty.core.state.seq, empty.vault.secrets.size]).toEqual([0, 0]);
  });

  it('refuses a later version of the format, and a setting out of its range', async () => {
    const it = await withLadder();
    const { checksum: _, ...document } = JSON.parse(await exported(it));
    const refused = (changed: object) => expect(it.call('config.import', { text: JSON.stringify(changed) })).rejects;
    await refused({ ...document, version: 2 }).toMatchObject({ code: 'QCC_IMPORT_NEWER' });
    await refused({ ...document, settings: { 'queue.hold': 'often' } }).toMatchObject({ code: 'QCC_IMPORT_INVALID' });
    await refused({ ...document, settings: { 'queue.holt': 1 } }).toMatchObject({ code: 'QCC_IMPORT_INVALID' });
    await refused({ ...document, profiles: [document.profiles[0], document.profiles[0]] }).toMatchObject({
      code: 'QCC_IMPORT_INVALID',
    });
  });

  it('of a file that is damaged anywhere changes nothing, or imports the whole file', async () => {
    const it = await withLadder();
    const text = await exported(it);
    await it.call('config.set', { key: 'queue.hold', value: '55' });
    const before = it.configuration();
    const { changes: whole } = await it.call('config.import', { text, dryRun: true });
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), damages, async (at, damage) => {
        const planned = await it.call('config.import', { text: damage(text, at), dryRun: true }).catch(() => undefined);
        if (planned) expect(planned.changes).toEqual(whole);
        else {
          await it.call('config.import', { text: damage(text, at), partial: true }).catch(() => {});
          expect(it.configuration()).toEqual(before);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const damages: fc.Arbitrary<(text: string, at: number) => string> = fc.oneof(
  fc.constant((text: string, at: number) => text.slice(0, at)),
  fc
    .string({ minLength: 1, maxLength: 3 })
    .map((junk) => (text: string, at: number) => text.slice(0, at) + junk + text.slice(at)),
  fc
    .integer({ min: 1, max: 255 })
    .map(
      (bits) => (text: string, at: number) =>
        text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ bits) + text.slice(at + 1),
    ),
  fc.nat(40).map((length) => (text: string, at: number) => text.slice(0, at) + text.slice(at + 1 + length)),
);

/** `cache.json` as the original tool wrote it. */
function fastcc(profiles: Readonly<Record<string, { readonly url: string; readonly key: string }>>) {
  return {
    user_id: 'local:me',
    settings: { default_profile: 'work', auto_sync: true, encryption_enabled: true },
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([name, { url, key: api_key }]) => [
        name,
        {
          name,
          description: `about ${name}`,
          base_url: url,
          api_key,
          created_at: '2025-08-17T10:00:00.000000',
          last_used: null,
        },
      ]),
    ),
  };
}

const rows = async ({ call }: Opened) =>
  (await call('profile.list', {})).profiles.map(({ name, tier, default: first, endpoints }) => [
    name,
    tier,
    first,
    endpoints,
  ]);

describe('an import from the original tool', () => {
  it('takes its profiles, its default one, and the tiers beside it', async () => {
    const it = await memoryInstallation();
    const text = JSON.stringify(
      fastcc({
        home: { url: 'https://a.example.com/v1', key },
        work: { url: 'https://b.example.com', key: otherKey },
        'my relay': { url: 'https://c.example.com', key },
      }),
    );
    const beside = JSON.stringify({
      priority_groups: {
        primary: { priority: 1, config_names: ['work', 'home'], enabled: true },
        fallback: { config_names: ['my relay'] },
      },
      current_active_config: 'work',
    });
    const { leftOut, source } = await it.call('config.import', { text, beside, from: 'fastcc' });
    expect(source).toBe('fastcc');
    expect((await rows(it)).sort()).toEqual([
      ['home', 'primary', false, 1],
      ['my-relay', 'fallback', false, 1],
      ['work', 'primary', true, 1],
    ]);
    expect((await it.call('priority.list', {})).tiers.primary).toEqual(['work', 'home']);
    expect(leftOut).toEqual([{ path: 'profiles/my relay → my-relay', because: 'renamed' }]);
  });

  it('takes version 0.4: endpoints and policies, and lists what has no counterpart', async () => {
    const it = await memoryInstallation();
    const document = {
      version: '0.4.0',
      profiles: [
        {
          name: 'work',
          description: 'relays',
          priority: 'primary',
          base_url: 'https://a.example.com',
          api_key: key,
          endpoints: [
            {
              base_url: 'https://a.example.com',
              api_key: key,
              weight: 100,
              priority: 1,
              enabled: true,
              max_failures: 5,
              timeout: 30,
            },
            { base_url: 'https://b.example.com', api_key: key, weight: 50, priority: 2, enabled: false },
          ],
          load_balancing: { strategy: 'round-robin', health_aware: false, sticky_session: true },
        },
      ],
      proxy: {
        host: '127.0.0.1',
        port: 7861,
        ssl_enabled: true,
        log_level: 'INFO',
        access_log: true,
        max_connections: 50,
      },
      health: { enabled: true, check_interval: 30, retry_count: 3, timeout: 100_000 },
      queue: { enabled: true, max_size: 10, retry_strategy: 'exponential_backoff' },
      switching_policy: { auto_switch: false, switch_threshold: 5, cooldown_period: 60, fallback_enabled: true },
    };
    const { leftOut } = await it.call('config.import', { text: JSON.stringify(document) });
    const { endpoints } = await it.call('endpoint.list', { profile: 'work' });
    expect(endpoints.map((one) => [one.baseUrl, one.weight, one.enabled, one.maxFailures, one.timeoutMs])).toEqual([
      ['https://a.example.com', 100, true, 5, 30_000],
      ['https://b.example.com', 50, false, 3, null],
    ]);
    expect(Object.fromEntries(it.core.state.settings)).toEqual({
      'proxy.host': '127.0.0.1',
      'proxy.port': 7861,
      'proxy.log_level': 'info',
      'proxy.max_concurrent': 50,
      'health.enabled': true,
      'health.check_interval': 30,
      'queue.enabled': true,
      'queue.max_size': 10,
      'queue.strategy': 'exponential',
      'failover.auto': false,
      'failover.failure_threshold': 5,
      'failover.cooldown': 60,
      'loadbalancer.strategy': 'round-robin',
      'loadbalancer.health_aware': false,
      'loadbalancer.sticky_session': true,
    });
    expect(Object.fromEntries(leftOut.map(({ path, because }) => [path, because]))).toEqual({
      'proxy.ssl_enabled': 'needsCertificate',
      'health.retry_count': 'noCounterpart',
      'health.timeout': 'outOfRange',
      'switching_policy.fallback_enabled': 'noCounterpart',
    });
  });

  it('changes nothing the second time', async () => {
    const it = await memoryInstallation();
    const text = JSON.stringify(fastcc({ work: { url: 'https://a.example.com', key } }));
    await it.call('config.import', { text });
    const head = it.core.state.seq;
    expect((await it.call('config.import', { text })).changes).toEqual([]);
    expect(it.core.state.seq).toBe(head);
  });

  it('shows no key in its answer', async () => {
    const it = await memoryInstallation();
    const text = JSON.stringify(fastcc({ work: { url: 'https://a.example.com', key } }));
    expect(JSON.stringify(await it.call('config.import', { text }))).not.toContain(key);
  });

  it('takes nothing when one address is invalid', async () => {
    const it = await memoryInstallation();
    const text = JSON.stringify(
      fastcc({ good: { url: 'https://a.example.com', key }, bad: { url: 'http://relay.example.com', key } }),
    );
    await expect(it.call('config.import', { text })).rejects.toMatchObject({ code: 'QCC_IMPORT_PARTIAL' });
    expect([it.core.state.seq, it.vault.secrets.size]).toEqual([0, 0]);
    await it.call('config.import', { text, partial: true });
    expect(await rows(it)).toEqual([['good', null, true, 1]]);
  });
});

const ccSwitch = {
  version: 2,
  claude: {
    current: 'p2',
    providers: {
      p0: { id: 'p0', name: 'Claude Official', settingsConfig: { env: {} } },
      p1: {
        id: 'p1',
        name: 'relay one',
        settingsConfig: { env: { ANTHROPIC_BASE_URL: 'https://a.example.com', ANTHROPIC_AUTH_TOKEN: key } },
      },
      p2: {
        id: 'p2',
        name: '中转',
        settingsConfig: {
          env: { ANTHROPIC_BASE_URL: 'https://b.example.com', ANTHROPIC_API_KEY: otherKey, ANTHROPIC_MODEL: 'opus' },
        },
      },
      p3: { id: 'p3', name: 'api', settingsConfig: { env: { ANTHROPIC_API_KEY: otherKey } } },
    },
  },
};

/** Part of Node since 22.5; the types here are those of Node 20. */
interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: readonly (string | number)[]): void };
    close(): void;
  };
}

describe('an import from cc-switch', () => {
  it('takes each provider as a profile, the current one as the default, and its header style', async () => {
    const it = await memoryInstallation();
    const { leftOut } = await it.call('config.import', { text: JSON.stringify(ccSwitch) });
    expect(leftOut.map(({ path, because }) => [path, because])).toEqual([
      ['providers/Claude Official', 'noAddress'],
      ['providers/relay one → relay-one', 'renamed'],
      ['providers/中转/ANTHROPIC_MODEL', 'noCounterpart'],
    ]);
    const known = it.core.state.profiles.endpoints().map(({ profile, baseUrl, auth }) => [profile, baseUrl, auth]);
    expect(known.sort()).toEqual([
      ['api', 'https://api.anthropic.com', 'x-api-key'],
      ['relay-one', 'https://a.example.com', 'bearer'],
      ['中转', 'https://b.example.com', 'x-api-key'],
    ]);
    expect(it.core.state.profiles.default).toBe('中转');
  });

  const withSlots = (env: Readonly<Record<string, string>>) => ({
    version: 2,
    claude: {
      current: null,
      providers: {
        glm: {
          name: 'glm',
          settingsConfig: {
            env: { ANTHROPIC_BASE_URL: 'https://api.z.ai/api/anthropic', ANTHROPIC_AUTH_TOKEN: key, ...env },
          },
        },
      },
    },
  });

  it('takes a provider’s slots of models as rules, the particular ones first', async () => {
    const it = await memoryInstallation();
    const env = {
      ANTHROPIC_MODEL: 'glm-4.7',
      ANTHROPIC_SMALL_FAST_MODEL: 'glm-small',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'glm-5',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'glm-4.5-air',
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'claude-sonnet-4-5',
      ANTHROPIC_DEFAULT_FABLE_MODEL: 'glm 5',
      CLAUDE_CODE_SUBAGENT_MODEL: 'glm-4.7',
    };
    const text = JSON.stringify(withSlots(env));
    const { leftOut } = await it.call('config.import', { text });
    const [endpoint] = it.core.state.profiles.endpoints();
    expect(endpoint?.models).toEqual([
      { from: 'haiku', to: 'glm-4.5-air' },
      { from: 'opus', to: 'glm-5' },
      { from: 'claude-*', to: 'glm-4.7' },
    ]);
    expect(leftOut.map(({ path }) => path.split('/').at(-1)).sort()).toEqual([
      'ANTHROPIC_DEFAULT_FABLE_MODEL',
      'ANTHROPIC_DEFAULT_SONNET_MODEL',
      'CLAUDE_CODE_SUBAGENT_MODEL',
    ]);
    expect((await it.call('config.import', { text })).changes).toEqual([]);
  });

  it('leaves an endpoint its table where the provider names no models', async () => {
    const it = await memoryInstallation();
    await it.call('config.import', { text: JSON.stringify(withSlots({ ANTHROPIC_MODEL: 'glm-4.7' })) });
    await it.call('config.import', { text: JSON.stringify(withSlots({})) });
    expect(it.core.state.profiles.endpoints()[0]?.models).toEqual([{ from: 'claude-*', to: 'glm-4.7' }]);
  });

  it('changes no existing description and no existing name', async () => {
    const it = await memoryInstallation();
    await it.call('profile.add', { name: 'api', description: '公司' });
    await it.call('endpoint.add', {
      profile: 'api',
      baseUrl: 'https://api.anthropic.com',
      key: otherKey,
      name: 'mine',
    });
    const { changes } = await it.call('config.import', { text: JSON.stringify(ccSwitch) });
    expect(changes.map(({ path }) => path)).toEqual(['profiles/relay-one', 'profiles/中转']);
  });

  it('reads its database if Node can, and explains what to do if it cannot', async () => {
    const path = `${temporaryHome()}.db`;
    const sqlite = process.getBuiltinModule('node:sqlite') as Sqlite | undefined;
    if (!sqlite) {
      writeFileSync(path, 'SQLite format 3\0');
      expect(() => ccSwitchDatabase(path)).toThrow(/cannot read the database of cc-switch/);
      return;
    }
    const database = new sqlite.DatabaseSync(path);
    database.exec(
      'CREATE TABLE providers (id TEXT, app_type TEXT, name TEXT, settings_config TEXT, is_current BOOLEAN)',
    );
    const insert = database.prepare('INSERT INTO providers VALUES (?, ?, ?, ?, ?)');
    for (const [app, id] of [
      ['claude', 'p1'],
      ['codex', 'p9'],
    ]) {
      const env = { ANTHROPIC_BASE_URL: 'https://a.example.com', ANTHROPIC_AUTH_TOKEN: key };
      insert.run(String(id), String(app), `name of ${id}`, JSON.stringify({ env }), 1);
    }
    database.close();
    const it = await memoryInstallation();
    await it.call('config.import', { database: path });
    expect(await rows(it)).toEqual([['name-of-p1', null, true, 1]]);
    expect(readFileSync(path).length).toBeGreaterThan(0);
  });
});
