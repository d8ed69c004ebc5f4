import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effective,
  envNameOf,
  isSecretSetting,
  needsRestart,
  parseSetting,
  rangeOf,
  type SettingKey,
  settingKeys,
} from '../../src/config/settings/settings.ts';
import { exitCodes } from '../../src/errors/qcc-error.ts';

// That the papers say the same, each name and each default, is looked at with the papers.
const defaults = effective(new Map(), {}).settings;

const numbers = Object.entries(defaults)
  .filter(([, value]) => typeof value === 'number')
  .map(([key]) => key);
const flags = Object.entries(defaults)
  .filter(([, value]) => typeof value === 'boolean')
  .map(([key]) => key);

describe('the settings', () => {
  it.each(settingKeys)('%s accepts its own default', (key) => {
    const initial = defaults[key];
    expect(parseSetting(key, String(initial))).toEqual({ key, value: initial });
  });

  it('need a restart only if the listener itself changes', () => {
    expect(settingKeys.filter(needsRestart)).toEqual(['proxy.host', 'proxy.port', 'proxy.tls_cert', 'proxy.tls_key']);
  });

  it('have an environment variable each', () => {
    expect(envNameOf('proxy.port')).toBe('QCC_PROXY_PORT');
    expect(envNameOf('loadbalancer.sticky_ttl')).toBe('QCC_LOADBALANCER_STICKY_TTL');
    expect(new Set(settingKeys.map(envNameOf)).size).toBe(settingKeys.length);
  });
});

describe('a value', () => {
  it.each([
    ['proxy.port', '0', 0],
    ['proxy.port', '65535', 65_535],
    ['proxy.port', ' 8080 ', 8080],
    ['health.check_interval', '0.2', 0.2],
    ['queue.hold', '33.5', 33.5],
    ['queue.hold', '0', 0],
    ['proxy.max_attempts', '1', 1],
    ['failover.auto', 'off', false],
    ['failover.auto', 'TRUE', true],
    ['failover.auto', 'yes', true],
    ['loadbalancer.strategy', 'least-connections', 'least-connections'],
    ['health.mode', 'active', 'active'],
    ['notify.webhook', 'https://hooks.example.com/x', 'https://hooks.example.com/x'],
    ['notify.webhook', '', ''],
    ['notify.on', ' failover, credential ,failover', 'failover,credential'],
    ['notify.on', '', ''],
    ['proxy.allowed_hosts', 'a.example, b.example', 'a.example, b.example'],
  ] as const)('of %s may be "%s"', (key, text, value) => {
    expect(parseSetting(key, text)).toEqual({ key, value });
  });

  it.each([
    ['proxy.port', '65536', /65535/],
    ['proxy.port', '-1', /65535/],
    ['proxy.port', '80.5', /whole number/],
    ['proxy.port', 'http', /65535/],
    ['proxy.port', '', /65535/],
    ['proxy.max_attempts', '0', /from 1/],
    ['proxy.connect_timeout', '0', /seconds from 0\.05/],
    ['queue.hold', 'soon', /seconds/],
    ['queue.hold', '1e99', /280/],
    ['queue.hold', 'Infinity', /280/],
    ['queue.max_retries', '2.5', /whole number/],
    ['queue.strategy', 'sometimes', /exponential, fixed, immediate/],
    ['loadbalancer.strategy', 'random', /weighted, round-robin, least-connections, failover/],
    ['health.mode', 'maybe', /passive, active, off/],
    ['failover.auto', 'perhaps', /true or false/],
    ['failover.auto', 'constructor', /true or false/],
    ['failover.auto', '__proto__', /true or false/],
    ['history.retention_days', 'NaN', /days/],
    ['notify.webhook', 'not a url', /http/i],
    ['notify.webhook', 'file:///etc/passwd', /http/i],
    ['notify.webhook', 'https://hooks.example.com/…', /http/i],
    ['notify.on', 'failover,everything', /failover, recovery, all_down, credential, fleet/],
    ['notify.format', 'teams', /slack, feishu, dingtalk, wecom, ntfy/],
    ['notify.secret', '…', /secret/],
    ['proxy.allowed_hosts', 'a\nb', /commas/],
  ] as const)('of %s may not be "%s", and the error names the range', (key, text, range) => {
    expect(rangeOf(key)).toMatch(range);
    expect(() => parseSetting(key, text)).toThrow(
      expect.objectContaining({
        code: 'QCC_SETTING_INVALID',
        exit: exitCodes.usage,
        message: expect.stringContaining(`${key} must be ${rangeOf(key)}`),
      }),
    );
  });

  it('has the type of its default, or is refused, whatever is written', () => {
    const words = fc.constantFrom('constructor', '__proto__', 'valueOf', '1e400', '0x10', '\0', '∞');
    const texts = fc.oneof(fc.string(), words, fc.double().map(String), fc.boolean().map(String));
    fc.assert(
      fc.property(fc.constantFrom(...settingKeys), texts, (key, text) => {
        const outcome = outcomeOf(key, text);
        expect([typeof defaults[key], 'QCC_SETTING_INVALID']).toContain(outcome);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('that is a number is finite, and never comes from an empty text', () => {
    expect(numbers.length).toBeGreaterThan(0);
    for (const key of numbers) {
      for (const text of ['', ' ', 'NaN', '-Infinity', '-1']) {
        expect(() => parseSetting(key, text)).toThrow(rangeOf(key as SettingKey));
      }
    }
  });

  it('that is a flag is never anything else', () => {
    expect(flags.length).toBeGreaterThan(0);
    for (const key of flags) expect(() => parseSetting(key, '2')).toThrow('true or false');
  });
});

describe('a secret setting', () => {
  const url = 'https://hooks.example.com/services/T0/secret-path?token=secret';

  it('is masked in the effective settings, wherever it comes from', () => {
    const { settings } = effective(new Map([['notify.secret', '…']]), { QCC_NOTIFY_WEBHOOK: url });
    expect([settings['notify.webhook'], settings['notify.secret']]).toEqual(['https://hooks.example.com/…', '…']);
    const old = effective(new Map([['notify.webhook', url]]), {}).settings;
    expect(old['notify.webhook']).toBe('https://hooks.example.com/…');
  });

  it('is not repeated in the error that refuses it', () => {
    expect(() => parseSetting('notify.webhook', 'hooks.example.com/secret-path')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret-path') }),
    );
  });

  it('is kept in the vault', () => {
    expect(settingKeys.filter(isSecretSetting)).toEqual([
      'client.token',
      'notify.webhook',
      'notify.secret',
      'fleet.secret',
      'fleet.password',
      'fleet.nkey',
    ]);
  });
});

describe('an unknown key', () => {
  it.each([
    ['proxy.prot', 'proxy.port'],
    ['queue.holt', 'queue.hold'],
    ['failover.coldown', 'failover.cooldown'],
  ])('like %s is refused, with %s suggested', (name, near) => {
    expect(() => parseSetting(name, '1')).toThrow(
      expect.objectContaining({
        code: 'QCC_SETTING_UNKNOWN',
        exit: exitCodes.usage,
        hint: expect.stringContaining(near),
      }),
    );
  });

  it.each(['toString', '__proto__', 'constructor', ''])('like "%s" is rejected without a suggestion', (name) => {
    expect(() => parseSetting(name, '1')).toThrow(expect.objectContaining({ code: 'QCC_SETTING_UNKNOWN' }));
  });
});

describe('the effective settings', () => {
  const set = new Map([
    ['queue.hold', 44],
    ['queue.ttl', 60],
  ]);

  it('take the environment before the stored value before the default', () => {
    const { settings, origins } = effective(set, { QCC_QUEUE_HOLD: '7', QCC_NOT_OURS: 'x' });
    expect([settings['queue.hold'], origins['queue.hold']]).toEqual([7, 'env']);
    expect([settings['queue.ttl'], origins['queue.ttl']]).toEqual([60, 'set']);
    expect([settings['queue.max_size'], origins['queue.max_size']]).toEqual([1000, 'default']);
  });

  it('are immutable', () => {
    expect(Object.isFrozen(effective(set, {}).settings)).toBe(true);
  });

  it('are refused when the environment holds an invalid value', () => {
    expect(() => effective(new Map(), { QCC_PROXY_PORT: '70000' })).toThrow(
      expect.objectContaining({ code: 'QCC_SETTING_ENV' }),
    );
  });
});

function outcomeOf(key: SettingKey, text: string): string {
  try {
    return typeof parseSetting(key, text).value;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
