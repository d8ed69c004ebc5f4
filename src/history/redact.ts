/**
 * What an exported fact may reveal: what happened, to which target, when and why. An address becomes its host, a session a hash, and
 * user-written text is left out. Only fields that are known to be harmless are kept: a new fact reveals nothing until its fields are
 * listed.
 */

import { createHash } from 'node:crypto';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { ModelRule } from '../../events/profile.ts';
import { isReason, type Reason } from '../../events/reason.ts';
import { errorWord, typeWord } from '../../machines/classify.ts';
import { isFreeText, isSettingKey } from '../config/settings/settings.ts';
import { keyLike } from '../errors/key-shape.ts';

export interface Redaction {
  /** Makes the hashes of this file differ from those of any other. */
  readonly salt: string;
  /** Names of profiles and endpoints, and hosts, are hashed as well. */
  readonly hashNames: boolean;
  /** Names that sentences may contain: every name or host that occurs in the exported facts. */
  readonly names: readonly string[];
  readonly hosts: readonly string[];
}

const addresses: ReadonlySet<string> = new Set(['baseUrl', 'url', 'origin']);
const names: ReadonlySet<string> = new Set([
  'name',
  'profile',
  'token',
  'within',
  'from',
  'to',
  'wanted',
  'active',
  'pinned',
  'default',
  'resume',
  // The profile that an endpoint was copied from.
  'source',
  // Of a ladder.
  'first',
]);
const sentences: ReadonlySet<string> = new Set(['because', 'detail', 'lastError', 'text']);
/** Ids, words of a fixed set, and the names of versions and models. */
const harmless: ReadonlySet<string> = new Set([
  'adapt',
  'auth',
  'belief',
  'by',
  'depth',
  'endpoint',
  'evidence',
  'epoch',
  'failure',
  'hash',
  'id',
  'item',
  'key',
  'kind',
  'outcome',
  'priority',
  'request',
  'state',
  'status',
  'strategy',
  'thinking',
  'tier',
  'type',
  'value',
  'verdict',
  'version',
]);
/** Facts whose `name` is not a person's choice: a timer, a moment, the program that a file came from. */
const nameless: ReadonlySet<string> = new Set(['TimerElapsed', 'ConfigRolledBack', 'ConfigImported']);
// Of an endpoint, a queued request, a request.
const isId = (text: string) => /^([0-9a-f]{8}|[0-9a-f]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(text);
const nothing = '…';

export function redactedFact(fact: Recorded, redaction: Redaction): Recorded {
  const data = fact.type === 'SettingChanged' ? redactedChange(fact) : redacted(fact.data, placeIn(fact), redaction);
  return { ...fact, stream: redactedStream(fact.stream, redaction), data: data as object };
}

function redactedChange({ data }: Recorded): unknown {
  const { key, from, to } = data as { key: string; from: unknown; to: unknown };
  return { key, from: redactedSetting(key, from), to: redactedSetting(key, to) };
}

/** A number, a switch, one word of a list. Paths, hosts, models and future settings are private. */
function redactedSetting(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  return isSettingKey(key) && !isFreeText(key) ? value : nothing;
}

/** A saved state in its redacted form. */
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
    ...(redacted(rest, { key: '', isNameless: false }, redaction) as object),
    settings: settings.map(([key, value]) => [key, redactedSetting(key, value)]),
    versions: versions.map(([stream, version]) => [redactedStream(stream, redaction), version]),
    // The configuration at an earlier time is not part of an incident.
    snapshots: [],
  };
}

/** Streams whose names a person chose. */
const named: ReadonlySet<string> = new Set(['profile', 'token']);

function redactedStream(stream: string, redaction: Redaction): string {
  const kind = kindOf(stream);
  return named.has(kind) ? `${kind}/${redactedName(nameOf(stream), redaction)}` : stream;
}

/** The place of a value: its field's name, and whether a name that a person chose may stand there. */
interface Place {
  readonly key: string;
  readonly isNameless: boolean;
}

const placeIn = ({ type }: Recorded): Place => ({ key: '', isNameless: nameless.has(type) });
const within = (place: Place, key: string): Place => ({ key, isNameless: place.isNameless || key === 'timers' });

function redacted(value: unknown, place: Place, redaction: Redaction): unknown {
  if (typeof value === 'string') return redactedText(value, place, redaction);
  if (place.key === 'models' && Array.isArray(value)) return value.map(redactedRule);
  if (Array.isArray(value)) return value.map((one) => redacted(one, place, redaction));
  if (typeof value !== 'object' || value === null) return value;
  if (place.key === 'configuration') return {};
  if (isReason(value)) return redactedReason(value, place, redaction);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, redacted(inner, within(place, name), redaction)]),
  );
}

/** Reasons once held endpoints' error texts verbatim, which may contain a key or a prompt. Only known words are exported. */
function redactedReason({ code, params }: Reason, place: Place, redaction: Redaction): unknown {
  const { type, ...rest } = params as { readonly type?: string | null };
  const known = redacted(rest, within(place, 'params'), redaction) as object;
  if (typeof type !== 'string') return { code, params: type === undefined ? known : { ...known, type } };
  return { code, params: { ...known, type: code === 'notJson' ? typeWord(type) : (errorWord(type) ?? 'unknown') } };
}

function redactedText(text: string, { key, isNameless }: Place, redaction: Redaction): string {
  // First of all: a profile may have the name of an id, or of one of our own words.
  if (names.has(key)) return isNameless ? text : redactedName(text, redaction);
  if (text === '' || isId(text) || harmless.has(key)) return text;
  if (addresses.has(key)) return redactedAddress(text, redaction);
  if (sentences.has(key)) return redactedSentence(text, redaction);
  if (key === 'session') return `session-${hashed(text, redaction)}`;
  return shapes.get(key)?.exec(text)?.[0] ?? nothing;
}

const modelName = /^[\w.:@/[\]-]{1,128}$/;
/** Fields that may hold any text: only a text of the expected shape is exported. */
const shapes: ReadonlyMap<string, RegExp> = new Map([
  // Of a reason, or of the system.
  ['code', /^\w{1,64}$/],
  // The client chooses it and may send anything.
  ['model', modelName],
  ['sent', modelName],
  // A field of the client's body, or a value of its anthropic-beta header.
  ['what', /^[\w$.[\]/-]{1,160}$/],
  // Deeper parts of the path may be the id of a batch or a file.
  ['path', /^\/v1\/[a-z_]+(\/[a-z_]+)?/],
]);

/** Of a model map: its `from` and `to` are models, and no one's names. */
function redactedRule({ from, to }: ModelRule): ModelRule {
  const isShown = (name: string) => modelName.test(name.replaceAll('*', '-'));
  return { from: isShown(from) ? from : nothing, to: to === null || isShown(to) ? to : nothing };
}

// The names of timers and models are not chosen by people.
const nobodys: ReadonlySet<string> = new Set(['timers', 'models']);

/** Collects the names, and the hosts of addresses, of a fact or of a saved state. */
export function collectNames(value: unknown, found: { names: Set<string>; hosts: Set<string> }, key = ''): void {
  if (typeof value === 'string') {
    if (value !== '' && names.has(key)) found.names.add(value);
    if (addresses.has(key) && URL.canParse(value)) found.hosts.add(new URL(value).hostname);
  } else if (Array.isArray(value)) for (const one of value) collectNames(one, found, key);
  else if (typeof value === 'object' && value !== null && !nobodys.has(key))
    for (const [name, inner] of Object.entries(value)) collectNames(inner, found, name);
}

/** The same for a whole fact; facts without chosen names have none. */
export function collectNamesOf(
  { stream, type, data }: Recorded,
  found: { names: Set<string>; hosts: Set<string> },
): void {
  if (named.has(kindOf(stream))) found.names.add(nameOf(stream));
  if (!nameless.has(type) && type !== 'SettingChanged') collectNames(data, found);
}

function redactedAddress(text: string, redaction: Redaction): string {
  if (!URL.canParse(text)) return nothing;
  const { protocol, hostname, port } = new URL(text);
  return `${protocol}//${redactedHost(hostname, redaction)}${port === '' ? '' : `:${port}`}`;
}

function redactedHost(host: string, redaction: Redaction): string {
  return redaction.hashNames ? `${hashed(host, redaction)}.invalid` : host;
}

function redactedName(text: string, redaction: Redaction): string {
  return redaction.hashNames && text !== '' ? `n-${hashed(text, redaction)}` : text;
}

/** All in one pass: a replacement must not be searched for another name. */
function redactedSentence(text: string, redaction: Redaction): string {
  return inKnownWords(text).replaceAll(spokenIn(redaction), (found) => {
    if (/^https?:\/\//.test(found)) return redactedAddress(found, redaction);
    if (found.startsWith('/')) return nothing;
    return redaction.hosts.includes(found) && !redaction.names.includes(found)
      ? redactedHost(found, redaction)
      : redactedName(found, redaction);
  });
}

/** The same for sentences of former versions. */
function inKnownWords(text: string): string {
  return text
    .replace(/not JSON \(.*/s, (told) => `not JSON (${typeWord(told.slice('not JSON ('.length).replace(/\)$/, ''))})`)
    .replace(
      /(error event before content: )(.*)/s,
      (_, said: string, type: string) => said + (errorWord(type) ?? 'unknown'),
    )
    .replace(/^(\d{3}) ([a-z_]+)$/, (_, status: string, type: string) =>
      [status, errorWord(type) ?? ''].join(' ').trim(),
    )
    .replaceAll(keyLike, nothing);
}

// As in results of probes.
const address = /https?:\/\/[^\s"'),;]+/;
const filePath = /(?<![\w:/.])\/[\w.~-]+(?:\/[\w.~-]+)+/;
// A name of one letter occurs in every word: short names only match as whole words.
const wordMax = 3;
const patterns = new WeakMap<Redaction, RegExp>();

/** All names that sentences may contain, as one pattern: longer names first, because one may be the beginning of another. */
function spokenIn(redaction: Redaction): RegExp {
  const made = patterns.get(redaction);
  if (made) return made;
  const called = redaction.hashNames ? [...new Set([...redaction.names, ...redaction.hosts])].filter(Boolean) : [];
  const said = called
    .sort((a, b) => b.length - a.length)
    .map((name) => {
      const literal = name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      return name.length > wordMax ? literal : `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
    });
  const pattern = new RegExp([address.source, ...said, filePath.source].join('|'), 'gu');
  patterns.set(redaction, pattern);
  return pattern;
}

function hashed(text: string, { salt }: Redaction): string {
  return createHash('sha256').update(`${salt} ${text}`).digest('hex').slice(0, 8);
}
