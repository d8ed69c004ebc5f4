/** Every setting: its default, its range, and whether it needs a restart. One table; everything else is derived from it. */

import * as v from 'valibot';
import type { SettingValue } from '../../../events/config.ts';
import { holdsVendorKey, looksLikeKey } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { listenAddress } from '../../platform/listen-address.ts';
import { nearest } from '../../platform/nearest.ts';
import { visible } from '../../platform/visible.ts';
import { type Domain, longRange, shortRange, type TextKind, type Unit } from './domain.ts';

interface Setting<Value extends SettingValue = SettingValue> {
  readonly default: Value;
  readonly domain: Domain;
  readonly restart: boolean;
  /** For a value that is a secret: its masked form. The value itself is in the vault, and in no fact. */
  readonly shown?: (value: string) => string;
  parse(text: string): Value | undefined;
}

const restart = true;

function number(initial: number, min: number, max: number, unit: Unit = 'none', whole = false): Setting<number> {
  const base = whole ? v.pipe(v.number(), v.integer()) : v.pipe(v.number(), v.finite());
  const form = v.pipe(base, v.minValue(min), v.maxValue(max));
  return {
    default: initial,
    domain: { kind: 'number', min, max, unit, whole },
    restart: false,
    parse: (text) => parsed(form, text.trim() === '' ? Number.NaN : Number(text)),
  };
}

const seconds = (initial: number, min: number, max: number) => number(initial, min, max, 'seconds');
const count = (initial: number, min: number, max: number) => number(initial, min, max, 'none', true);

// A map, because a plain object would also match names of its prototype.
const flags: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes', '1'].map((word) => [word, true] as const),
  ...['false', 'off', 'no', '0'].map((word) => [word, false] as const),
]);

function flag(initial: boolean): Setting<boolean> {
  return {
    default: initial,
    domain: { kind: 'flag' },
    restart: false,
    parse: (text) => flags.get(text.trim().toLowerCase()),
  };
}

function oneOf<const Options extends readonly string[]>(
  initial: Options[number],
  options: Options,
): Setting<Options[number]> {
  const form = v.picklist(options);
  return {
    default: initial,
    domain: { kind: 'oneOf', options },
    restart: false,
    parse: (text) => parsed(form, text.trim()),
  };
}

// Long enough for any path, name or list that a person writes.
const textLengthMax = 4_096;
const secretKinds: ReadonlySet<TextKind> = new Set(['secret', 'token', 'password', 'seed', 'shared']);

function text(initial: string, of: TextKind): Setting<string> {
  // Facts hold it, and every screen shows it: it must contain neither a key nor a terminal's control sequence.
  const isClear = (given: string) => {
    if (secretKinds.has(of)) return true;
    return visible(given) === given && !(of === 'path' ? holdsVendorKey(given) : looksLikeKey(given));
  };
  const form = v.pipe(v.string(), v.trim(), v.maxLength(textLengthMax), v.regex(/^[^\r\n\0]*$/), v.check(isClear));
  return { default: initial, domain: { kind: 'text', of }, restart: false, parse: (given) => parsed(form, given) };
}

/** Names from a set, separated by commas; each once. */
function listOf<const Options extends readonly string[]>(initial: string, options: Options): Setting<string> {
  const form = v.array(v.picklist(options));
  return {
    default: initial,
    domain: { kind: 'someOf', options },
    restart: false,
    parse: (given) => {
      const names = given.split(',').map((name) => name.trim());
      return parsed(
        v.pipe(
          form,
          v.transform((list) => list.join(',')),
        ),
        [...new Set(names)].filter((name) => name !== ''),
      );
    },
  };
}

/** The part of a webhook's URL after the host is a credential for sending; it is never shown. */
function webhook(): Setting<string> {
  const url = v.pipe(v.string(), v.url(), v.regex(/^https?:/i), v.maxLength(textLengthMax), v.excludes('…'));
  const form = v.union([v.literal(''), url]);
  return {
    default: '',
    domain: { kind: 'text', of: 'url' },
    restart: false,
    shown: (value) => (URL.canParse(value) ? `${new URL(value).origin}/…` : '…'),
    parse: (given) => parsed(form, given.trim()),
  };
}

/** The address of a gateway: nothing in it is secret. */
function gatewayUrl(): Setting<string> {
  const { parse, ...setting } = text('', 'url');
  const isAddress = (given: string | undefined) => given === '' || /^https?:\/\/[^/]/i.test(given ?? '');
  return {
    ...setting,
    parse: (given) => {
      const value = parse(given);
      return isAddress(value) ? value : undefined;
    },
  };
}

/** Where the gateway listens. An empty address would be every one. */
function listening(initial: string): Setting<string> {
  const { parse, ...setting } = text(initial, 'address');
  return { ...setting, parse: (given) => listenAddress(parse(given) ?? '') };
}

function secretText(of: TextKind = 'secret', fits: RegExp = /^/): Setting<string> {
  const { parse, ...setting } = text('', of);
  const unmasked = (given: string) =>
    given.includes('…') || !(given === '' || fits.test(given)) ? undefined : parse(given);
  return { ...setting, shown: () => '…', parse: unmasked };
}

/** What fits a form, or nothing. */
function formed(of: TextKind, fits: RegExp): Setting<string> {
  const { parse, ...setting } = text('', of);
  return { ...setting, parse: (given) => (given.trim() === '' || fits.test(given.trim()) ? parse(given) : undefined) };
}

// A server has no user in its address: that is a secret, and this is none.
const serverForm = /^(nats|tls):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/;

function parsed<Value>(form: v.GenericSchema<unknown, Value>, value: unknown): Value | undefined {
  const result = v.safeParse(form, value);
  return result.success ? result.output : undefined;
}

const afterRestart = <Value extends SettingValue>(setting: Setting<Value>): Setting<Value> => ({ ...setting, restart });

const table = {
  'proxy.host': afterRestart(listening('127.0.0.1')),
  'proxy.port': afterRestart(count(7860, 0, 65_535)),
  'proxy.tls_cert': afterRestart(text('', 'path')),
  'proxy.tls_key': afterRestart(text('', 'path')),
  'proxy.require_token': flag(false),
  'proxy.allowed_hosts': text('', 'hosts'),
  'proxy.allowed_origins': text('', 'origins'),
  'proxy.max_concurrent': count(100, 1, 100_000),
  'proxy.max_waiting': count(128, 0, 100_000),
  'proxy.rate_limit': number(0, 0, 100_000, 'requests a second'),
  'proxy.private_headers': text('', 'headers'),
  'proxy.max_attempts': count(8, 1, 64),
  'proxy.connect_timeout': seconds(5, 0.05, 120),
  'proxy.headers_timeout': seconds(60, 0.05, 600),
  'proxy.first_content_timeout': seconds(90, 0.05, 600),
  'proxy.idle_timeout': seconds(120, 0.05, 3_600),
  'proxy.total_timeout': seconds(590, 0.05, 7_200),
  'proxy.log_level': oneOf('info', ['error', 'warn', 'info', 'debug']),
  'health.enabled': flag(true),
  'health.check_interval': seconds(60, 0.05, 86_400),
  'health.timeout': seconds(10, 0.05, 600),
  'health.mode': oneOf('passive', ['passive', 'active', 'off']),
  'health.model': text('', 'model'),
  'health.weight_adjustment': flag(true),
  'health.min_checks': count(3, 1, 1_000),
  'health.backoff_base': seconds(10, 0.05, 3_600),
  'health.backoff_max': seconds(300, 0.05, 86_400),
  'health.ramp': seconds(60, 0, 3_600),
  'health.credential_interval': seconds(600, 0.05, 86_400),
  'queue.enabled': flag(true),
  'queue.max_size': count(1_000, 1, 1_000_000),
  'queue.strategy': oneOf('exponential', ['exponential', 'fixed', 'immediate']),
  'queue.base_delay': seconds(5, 0.01, 3_600),
  'queue.max_delay': seconds(300, 0.01, 86_400),
  'queue.max_retries': count(5, 0, 100),
  'queue.hold': seconds(120, 0, 280),
  'queue.ttl': seconds(900, 1, 604_800),
  'loadbalancer.strategy': oneOf('weighted', ['weighted', 'round-robin', 'least-connections', 'failover']),
  'loadbalancer.health_aware': flag(true),
  'loadbalancer.sticky_session': flag(true),
  'loadbalancer.sticky_ttl': seconds(300, 0, 86_400),
  'failover.auto': flag(true),
  'failover.auto_recovery': flag(true),
  'failover.failure_threshold': count(3, 1, 1_000),
  'failover.recovery_checks': count(3, 1, 1_000),
  'failover.cooldown': seconds(300, 0, 86_400),
  'failover.recovery_delay': seconds(60, 0, 86_400),
  'failover.max_per_hour': count(10, 0, 10_000),
  'history.retention_days': number(30, 0.01, 3_650, 'days'),
  'history.max_size': number(1_000, 0, 1_000_000, 'MB'),
  'dashboard.port': count(7861, 0, 65_535),
  'dashboard.keep': seconds(900, 1, 86_400),
  'client.gateway': gatewayUrl(),
  'client.ca': text('', 'path'),
  'client.token': secretText('token'),
  'notify.webhook': webhook(),
  'notify.on': listOf('failover,recovery,all_down,fleet', ['failover', 'recovery', 'all_down', 'credential', 'fleet']),
  'notify.format': oneOf('auto', ['auto', 'json', 'slack', 'feishu', 'dingtalk', 'wecom', 'ntfy']),
  'notify.secret': secretText(),
  'notify.desktop': flag(false),
  'notify.window': seconds(60, 0.05, 86_400),
  'fleet.url': formed('server', serverForm),
  'fleet.name': formed('member', /^[a-z0-9][a-z0-9_-]{0,31}$/),
  'fleet.secret': secretText('shared', /^.{16,}$/),
  'fleet.user': text('', 'user'),
  'fleet.password': secretText('password'),
  'fleet.nkey': secretText('seed', /^SU[A-Z2-7]{56}$/),
  'fleet.tls_ca': text('', 'path'),
  'fleet.follow_switch': flag(true),
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof table;
export type Settings = { readonly [Key in SettingKey]: (typeof table)[Key]['default'] };
export type Origin = 'default' | 'set' | 'env';

export const settingKeys = Object.keys(table) as readonly SettingKey[];

export function isSettingKey(name: string): name is SettingKey {
  return Object.hasOwn(table, name);
}

/** @throws {QccError} `QCC_SETTING_UNKNOWN` with the nearest key */
export function settingKey(name: string): SettingKey {
  if (isSettingKey(name)) return name;
  const near = nearest(name, settingKeys);
  const hint = near === undefined ? 'qcc config list' : `did you mean ${near}? see qcc config list`;
  throw new QccError('QCC_SETTING_UNKNOWN', { name, near: near ?? '', hint }, exitCodes.usage);
}

/** @throws {QccError} `QCC_SETTING_UNKNOWN`, or `QCC_SETTING_INVALID` with the range; nothing has changed then */
export function parseSetting(name: string, given: string): { readonly key: SettingKey; readonly value: SettingValue } {
  const key = settingKey(name);
  const value = table[key].parse(given);
  if (value !== undefined) return { key, value };
  // A value that may be a secret is not repeated in an error.
  const not = isSecretSetting(key) ? '' : `, not "${given}"`;
  throw new QccError(
    'QCC_SETTING_INVALID',
    { key, chinese: shortRangeOf(key, 'zh-CN'), given: isSecretSetting(key) ? '…' : given, list: rangeOf(key), not },
    exitCodes.usage,
  );
}

/** Whether a value from another day, or from another home, is valid here and now. */
export function settingFits(key: SettingKey, value: unknown): value is SettingValue {
  return typeof value === typeof table[key].default && table[key].parse(String(value)) === value;
}

export function defaultOf(key: SettingKey): SettingValue {
  return table[key].default;
}

/** Free text: a path, a host, a model, an address. */
export function isFreeText(key: SettingKey): boolean {
  return table[key].domain.kind === 'text';
}

/** The values of a setting that has only a few. Empty for numbers and texts. */
export function optionsOf(key: SettingKey): readonly string[] {
  const { domain }: Setting = table[key];
  if (domain.kind === 'flag') return ['true', 'false'];
  return domain.kind === 'oneOf' || domain.kind === 'someOf' ? domain.options : [];
}

/** For an error: the text after "must be". */
export function rangeOf(key: SettingKey): string {
  return longRange(table[key].domain);
}

/** `0.05–120 s`. */
export function shortRangeOf(key: SettingKey, language: 'en' | 'zh-CN'): string {
  return shortRange(table[key].domain, language);
}

/** Null for what is no number, and for a plain count. */
export function unitOf(key: SettingKey): Exclude<Unit, 'none'> | null {
  const { domain }: Setting = table[key];
  return domain.kind === 'number' && domain.unit !== 'none' ? domain.unit : null;
}

export function needsRestart(key: SettingKey): boolean {
  return table[key].restart;
}

/** Its value is in the vault; facts, answers and exports show a mask. */
export function isSecretSetting(key: SettingKey): boolean {
  return 'shown' in table[key];
}

/** The value as it may be shown. A masked value stays as it is. */
export function shownSetting(key: SettingKey, value: SettingValue): SettingValue {
  const { shown }: Setting = table[key];
  return shown && value !== '' ? shown(String(value)) : value;
}

/** `proxy.port` is overridden by `QCC_PROXY_PORT`. */
export function envNameOf(key: SettingKey): string {
  return `QCC_${key.toUpperCase().replaceAll('.', '_')}`;
}

/** @throws {QccError} `QCC_SETTING_ENV`: no command works until the variable is unset, so that the error names it */
function overriding(key: SettingKey, given: string): SettingValue {
  const value = table[key].parse(given);
  if (value !== undefined) return value;
  const name = envNameOf(key);
  const range = rangeOf(key);
  const not = isSecretSetting(key) ? '' : `, not "${given}"`;
  throw new QccError(
    'QCC_SETTING_ENV',
    { name, chinese: shortRangeOf(key, 'zh-CN'), given: isSecretSetting(key) ? '…' : given, range, not },
    exitCodes.usage,
  );
}

/**
 * The effective value: the environment before the settings before the defaults. Secrets are masked; `secretSetting` has them.
 * @throws {QccError} when a value of the environment is invalid
 */
export function effective(
  set: ReadonlyMap<string, SettingValue>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly settings: Settings; readonly origins: Readonly<Record<SettingKey, Origin>> } {
  const settings: Partial<Record<SettingKey, SettingValue>> = {};
  const origins: Partial<Record<SettingKey, Origin>> = {};
  for (const key of settingKeys) {
    const override = env[envNameOf(key)];
    if (override !== undefined) {
      settings[key] = shownSetting(key, overriding(key, override));
      origins[key] = 'env';
    } else {
      settings[key] = shownSetting(key, set.get(key) ?? table[key].default);
      origins[key] = set.has(key) ? 'set' : 'default';
    }
  }
  return { settings: Object.freeze(settings) as Settings, origins: origins as Record<SettingKey, Origin> };
}
