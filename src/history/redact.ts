/**
 * What may leave the machine of a fact: what happened, to whom, when and why. An address is its host, a session a hash, and
 * what a person wrote is left out. Whatever is not known to be harmless goes: a new fact leaks nothing until somebody says so.
 */

import { createHash } from 'node:crypto';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import { isReason, type Reason } from '../../events/reason.ts';
import { errorWord, typeWord } from '../../machines/classify.ts';
import { isFreeText, isSettingKey } from '../config/settings/settings.ts';
import { keyLike } from '../errors/key-shape.ts';

export interface Redaction {
  /** Makes hashes of this file those of no other. */
  readonly salt: string;
  /** Names of profiles and endpoints, and hosts, are hashed as well. */
  readonly hashNames: boolean;
  /** Those that sentences may speak of: everything that stands in the place of a name, or of a host, in what is given away. */
  readonly names: readonly string[];
  readonly hosts: readonly string[];
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
  // The profile that an endpoint was copied from.
  'source',
  // Of a ladder.
  'first',
]);
const sentences: ReadonlySet<string> = new Set(['because', 'detail', 'lastError', 'text']);
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
  'outcome',
  'priority',
  'request',
  'state',
  'status',
  'strategy',
  'tier',
  'type',
  'value',
  'verdict',
  'version',
]);
/** Facts in whose names nobody is called anything: which timer, which moment, which program a file came from. */
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

/** A number, a switch, one word of a list. Paths, hosts, models and whatever a setting of tomorrow holds are somebody's own. */
function redactedSetting(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  return isSettingKey(key) && !isFreeText(key) ? value : nothing;
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
    ...(redacted(rest, { key: '', isNameless: false }, redaction) as object),
    settings: settings.map(([key, value]) => [key, redactedSetting(key, value)]),
    versions: versions.map(([stream, version]) => [redactedStream(stream, redaction), version]),
    // What was set up at some time before is no part of an incident.
    snapshots: [],
  };
}

function redactedStream(stream: string, redaction: Redaction): string {
  return kindOf(stream) === 'profile' ? `profile/${redactedName(nameOf(stream), redaction)}` : stream;
}

/** Where a value stands: under which name, and whether something that is called by a name may stand there. */
interface Place {
  readonly key: string;
  readonly isNameless: boolean;
}

const placeIn = ({ type }: Recorded): Place => ({ key: '', isNameless: nameless.has(type) });
const within = (place: Place, key: string): Place => ({ key, isNameless: place.isNameless || key === 'timers' });

function redacted(value: unknown, place: Place, redaction: Redaction): unknown {
  if (typeof value === 'string') return redactedText(value, place, redaction);
  if (Array.isArray(value)) return value.map((one) => redacted(one, place, redaction));
  if (typeof value !== 'object' || value === null) return value;
  if (place.key === 'configuration') return {};
  if (isReason(value)) return redactedReason(value, place, redaction);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, redacted(inner, within(place, name), redaction)]),
  );
}

/** What endpoints call things stood in reasons as it came, once: a key, or a prompt. Only known words leave. */
function redactedReason({ code, params }: Reason, place: Place, redaction: Redaction): unknown {
  const { type, ...rest } = params as { readonly type?: string | null };
  const known = redacted(rest, within(place, 'params'), redaction) as object;
  if (typeof type !== 'string') return { code, params: type === undefined ? known : { ...known, type } };
  return { code, params: { ...known, type: code === 'notJson' ? typeWord(type) : (errorWord(type) ?? 'unknown') } };
}

function redactedText(text: string, { key, isNameless }: Place, redaction: Redaction): string {
  // Before anything else: a profile may be called like an id, or like a word of ours.
  if (names.has(key)) return isNameless ? text : redactedName(text, redaction);
  if (text === '' || isId(text) || harmless.has(key)) return text;
  if (addresses.has(key)) return redactedAddress(text, redaction);
  if (sentences.has(key)) return redactedSentence(text, redaction);
  if (key === 'session') return `session-${hashed(text, redaction)}`;
  return shapes.get(key)?.exec(text)?.[0] ?? nothing;
}

/** What may stay, of what may be anything: as much of it as looks like what should stand there. */
const shapes: ReadonlyMap<string, RegExp> = new Map([
  // Of a reason, or of the system.
  ['code', /^\w{1,64}$/],
  // The client says it, and may say anything.
  ['model', /^[\w.:@/[\]-]{1,128}$/],
  // Below that an id of a batch or a file may stand.
  ['path', /^\/v1\/[a-z_]+(\/[a-z_]+)?/],
]);

/** Adds what stands in the place of a name, and the hosts of addresses, of a fact or of a saved state. */
export function collectNames(value: unknown, found: { names: Set<string>; hosts: Set<string> }, key = ''): void {
  if (typeof value === 'string') {
    if (value !== '' && names.has(key)) found.names.add(value);
    if (addresses.has(key) && URL.canParse(value)) found.hosts.add(new URL(value).hostname);
  } else if (Array.isArray(value)) for (const one of value) collectNames(one, found, key);
  else if (typeof value === 'object' && value !== null && key !== 'timers')
    for (const [name, inner] of Object.entries(value)) collectNames(inner, found, name);
}

/** The same of a whole fact. Those that are called nothing have no names. */
export function collectNamesOf(
  { stream, type, data }: Recorded,
  found: { names: Set<string>; hosts: Set<string> },
): void {
  if (kindOf(stream) === 'profile') found.names.add(nameOf(stream));
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

/** All in one go: what stands for one name must not be looked through for another. */
function redactedSentence(text: string, redaction: Redaction): string {
  return inKnownWords(text).replaceAll(spokenIn(redaction), (found) => {
    if (/^https?:\/\//.test(found)) return redactedAddress(found, redaction);
    if (found.startsWith('/')) return nothing;
    return redaction.hosts.includes(found) && !redaction.names.includes(found)
      ? redactedHost(found, redaction)
      : redactedName(found, redaction);
  });
}

/** The same of the sentences of former versions. */
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

// As in what probes are told.
const address = /https?:\/\/[^\s"'),;]+/;
const filePath = /(?<![\w:/.])\/[\w.~-]+(?:\/[\w.~-]+)+/;
// A name of one letter stands in every word: so short a one is found as a word of its own.
const wordMax = 3;
const patterns = new WeakMap<Redaction, RegExp>();

/** What sentences may speak of, as one pattern: longer names first, because one may be the beginning of another. */
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
