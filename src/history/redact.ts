/**
 * What may leave the machine of a fact: what happened, to whom, when and why. An address is its host, a session a hash, and
 * what a person wrote is left out. Whatever is not known to be harmless goes: a new fact leaks nothing until somebody says so.
 */
import { createHash } from 'node:crypto';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';

export interface Redaction {
  /** Makes hashes of this file those of no other. */
  readonly salt: string;
  /** Names of profiles and endpoints, and hosts, are hashed as well. */
  readonly hashNames: boolean;
  /** Those that sentences may speak of. */
  readonly names: readonly string[];
}

const addresses: ReadonlySet<string> = new Set(['baseUrl', 'url', 'origin']);
const names: ReadonlySet<string> = new Set([
  'name',
  'profile',
  'within',
  'from',
  'to',
  'wanted',
  'active',
  'pinned',
  'default',
  'resume',
]);
const sentences: ReadonlySet<string> = new Set(['because', 'detail', 'lastError']);
/** Ids, words of a fixed set, and what versions and models are called. */
const harmless: ReadonlySet<string> = new Set([
  'auth',
  'belief',
  'by',
  'depth',
  'endpoint',
  'epoch',
  'failure',
  'hash',
  'id',
  'item',
  'key',
  'kind',
  'model',
  'outcome',
  'priority',
  'request',
  'source',
  'state',
  'status',
  'strategy',
  'tier',
  'type',
  'value',
  'verdict',
  'version',
]);
/** Words that stand where a name may stand: of timers, tiers and states. */
const words: ReadonlySet<string> = new Set([
  'quiet',
  'pause',
  'out',
  'ramp',
  'recovery',
  'heldBack',
  'healthy',
  'recovering',
  'primary',
  'secondary',
  'fallback',
]);
// Of an endpoint, a queued request, a request.
const isId = (text: string) => /^([0-9a-f]{8}|[0-9a-f]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(text);
const nothing = '…';

/** Settings whose values a person writes: paths, hosts, names. */
const freeSettings = /^(proxy\.(host|tls_|allowed_)|notify\.|health\.model)/;

export function redactedFact(fact: Recorded, redaction: Redaction): Recorded {
  const data = fact.stream === 'config' ? redactedConfig(fact, redaction) : redacted(fact.data, '', redaction);
  return { ...fact, stream: redactedStream(fact.stream, redaction), data: data as object };
}

function redactedConfig({ type, data }: Recorded, redaction: Redaction): unknown {
  if (type !== 'SettingChanged') return redacted(data, '', redaction);
  const { key, from, to } = data as { key: string; from: unknown; to: unknown };
  return { key, from: redactedSetting(key, from), to: redactedSetting(key, to) };
}

function redactedSetting(key: string, value: unknown): unknown {
  return typeof value === 'string' && value !== '' && freeSettings.test(key) ? nothing : value;
}

/** A state that was saved, as it may be given away. */
export function redactedState(saved: object, redaction: Redaction): object {
  const {
    settings,
    versions,
    snapshots: _,
    ...rest
  } = saved as {
    settings: readonly (readonly [string, unknown])[];
    versions: readonly (readonly [string, number])[];
    snapshots?: unknown;
  };
  return {
    ...(redacted(rest, '', redaction) as object),
    settings: settings.map(([key, value]) => [key, redactedSetting(key, value)]),
    versions: versions.map(([stream, version]) => [redactedStream(stream, redaction), version]),
    // What was set up at some time before is no part of an incident.
    snapshots: [],
  };
}

function redactedStream(stream: string, redaction: Redaction): string {
  return kindOf(stream) === 'profile' ? `profile/${redactedName(nameOf(stream), redaction)}` : stream;
}

function redacted(value: unknown, key: string, redaction: Redaction): unknown {
  if (typeof value === 'string') return redactedText(value, key, redaction);
  if (Array.isArray(value)) return value.map((one) => redacted(one, key, redaction));
  if (typeof value !== 'object' || value === null) return value;
  if (key === 'configuration') return {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(inner, name, redaction)]));
}

function redactedText(text: string, key: string, redaction: Redaction): string {
  if (text === '' || isId(text) || harmless.has(key)) return text;
  if (addresses.has(key)) return redactedAddress(text, redaction);
  if (names.has(key)) return words.has(text) ? text : redactedName(text, redaction);
  if (sentences.has(key)) return redactedSentence(text, redaction);
  if (key === 'session') return `session-${hashed(text, redaction)}`;
  // Below that an id of a batch or a file may stand.
  if (key === 'path') return /^\/v1\/[a-z_]+(\/[a-z_]+)?/.exec(text)?.[0] ?? nothing;
  return nothing;
}

function redactedAddress(text: string, redaction: Redaction): string {
  if (!URL.canParse(text)) return nothing;
  const { protocol, hostname, port } = new URL(text);
  const host = redaction.hashNames ? `${hashed(hostname, redaction)}.invalid` : hostname;
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
}

function redactedName(text: string, redaction: Redaction): string {
  return redaction.hashNames ? `n-${hashed(text, redaction)}` : text;
}

function redactedSentence(text: string, redaction: Redaction): string {
  const bare = text
    .replaceAll(/https?:\/\/[^\s"'),;]+/g, (address) => redactedAddress(address, redaction))
    .replaceAll(/(?<![\w:/.])\/[\w.~-]+(\/[\w.~-]+)+/g, nothing);
  if (!redaction.hashNames) return bare;
  // Longer ones first: one name may be the beginning of another.
  const known = [...redaction.names].sort((a, b) => b.length - a.length);
  return known.reduce((said, name) => said.replaceAll(name, redactedName(name, redaction)), bare);
}

function hashed(text: string, { salt }: Redaction): string {
  return createHash('sha256').update(`${salt} ${text}`).digest('hex').slice(0, 8);
}
