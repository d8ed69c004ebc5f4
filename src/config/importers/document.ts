/**
 * The export: one JSON document with a format, a version and a checksum; keys only under a passphrase. `docs/configuration.md` describes
 * it. A document with any invalid part is refused as a whole.
 */

import { createHash, randomBytes, type ScryptOptions, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import * as v from 'valibot';
import type { SettingValue } from '../../../events/config.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';
import { keyBytes, nonceBytes, open, seal } from '../../platform/aes-gcm.ts';
import {
  isSecretSetting,
  isSettingKey,
  parseSetting,
  rangeOf,
  settingFits,
  shortRangeOf,
} from '../settings/settings.ts';
import { type Incoming, refuseTooMany, unreadableImport } from './incoming.ts';

export const documentVersion = 1;

const tier = v.nullable(v.picklist(['primary', 'secondary', 'fallback']));
const position = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));
const modelRule = v.strictObject({ from: v.string(), to: v.nullable(v.string()) });
const endpointForm = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
  name: v.string(),
  baseUrl: v.string(),
  auth: v.picklist(['x-api-key', 'bearer']),
  weight: v.number(),
  priority: v.number(),
  enabled: v.boolean(),
  maxFailures: v.number(),
  maxConcurrent: v.number(),
  timeoutMs: v.nullable(v.number()),
  allowPlaintext: v.boolean(),
  source: v.nullable(v.string()),
  models: v.exactOptional(v.pipe(v.array(modelRule), v.readonly())),
  adapt: v.exactOptional(v.picklist(['auto', 'off'])),
  thinking: v.exactOptional(v.picklist(['auto', 'keep', 'strip'])),
});
const profileForm = v.strictObject({
  name: v.string(),
  description: v.string(),
  tier,
  position,
  default: v.boolean(),
  endpoints: v.array(endpointForm),
});
const base64 = v.pipe(v.string(), v.base64());
// Sixteen bytes are written; up to four times as many are accepted.
const saltTextMax = 88;
const secretsForm = v.strictObject({
  kdf: v.literal('scrypt'),
  n: v.number(),
  r: v.number(),
  p: v.number(),
  salt: v.pipe(base64, v.maxLength(saltTextMax)),
  cipher: v.literal('aes-256-gcm'),
  nonce: v.pipe(base64, v.maxLength(saltTextMax)),
  sealed: base64,
});
const form = v.strictObject({
  format: v.literal('qcc'),
  version: v.literal(documentVersion),
  settings: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  profiles: v.array(profileForm),
  checksum: v.optional(v.string()),
  secrets: v.optional(secretsForm),
});
const secretForm = v.strictObject({
  endpoints: v.record(v.string(), v.string()),
  settings: v.record(v.string(), v.string()),
});

type Document = v.InferOutput<typeof form>;
export type ExportedProfile = v.InferOutput<typeof profileForm>;
/** Keys by endpoint, and secret settings by their names. */
export type Secrets = v.InferOutput<typeof secretForm>;

// OWASP's minimum for scrypt: 128 MiB and a third of a second for each guess.
const cost = { n: 2 ** 17, r: 8, p: 1 };
// The file sets the cost of opening it: at most the cost that is written here, and at least a minimum that is hard to guess.
const costMin = { n: 2 ** 14, r: 8, p: 1 };
const saltBytes = 16;

const scrypt = promisify<string, Buffer, number, ScryptOptions, Buffer>(scryptCallback);

export async function writeDocument(
  settings: Readonly<Record<string, SettingValue>>,
  profiles: readonly ExportedProfile[],
  secrets: { readonly plain: Secrets; readonly passphrase: string; readonly salt?: Buffer | undefined } | null,
): Promise<object> {
  const body = { format: 'qcc', version: documentVersion, settings, profiles };
  const checksum = checksumOf(body);
  if (!secrets) return { ...body, checksum };
  const salt = secrets.salt ?? randomBytes(saltBytes);
  const key = await keyFrom(secrets.passphrase, salt, cost);
  // The keys are bound to these addresses: in a document that was changed they cannot be decrypted.
  const whole = seal(key, Buffer.from(JSON.stringify(secrets.plain)), checksum);
  const [nonce, sealed] = [whole.subarray(0, nonceBytes), whole.subarray(nonceBytes)];
  const lock = { kdf: 'scrypt', ...cost, salt: salt.toString('base64'), cipher: 'aes-256-gcm' };
  return {
    ...body,
    checksum,
    secrets: { ...lock, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') },
  };
}

/** @throws {QccError} `QCC_IMPORT_INVALID`, `QCC_IMPORT_NEWER`, `QCC_PASSPHRASE_MISSING`, `QCC_PASSPHRASE_WRONG` */
export async function readDocument(json: unknown, passphrase: string | undefined): Promise<Incoming> {
  const document = checkedDocument(json);
  const plain = document.secrets ? await opened(document, passphrase) : { endpoints: {}, settings: {} };
  for (const [key, value] of Object.entries(plain.settings)) {
    if (!(isSettingKey(key) && isSecretSetting(key))) throw unreadableImport({ fault: 'notSecret', key });
    parseSetting(key, value);
  }
  return {
    source: 'qcc',
    settings: { ...document.settings, ...plain.settings },
    isWhole: true,
    default: document.profiles.find((profile) => profile.default)?.name ?? null,
    profiles: document.profiles.map(({ default: _, endpoints, ...profile }) => ({
      ...profile,
      endpoints: endpoints.map((endpoint) => {
        const key = Object.hasOwn(plain.endpoints, endpoint.id) ? plain.endpoints[endpoint.id] : undefined;
        return key === undefined ? endpoint : { ...endpoint, key };
      }),
    })),
    leftOut: [],
  };
}

/** What a document shows without its passphrase. @throws {QccError} as `readDocument` */
export function checkedDocument(json: unknown): Document {
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > documentVersion) throw newerDocument(version);
  const parsed = v.safeParse(form, json);
  if (!parsed.success) throw unreadableImport(issueOf(parsed.issues[0]));
  const { checksum, secrets: _, ...body } = parsed.output;
  if (checksum !== undefined && checksum !== checksumOf(body)) {
    throw unreadableImport({ fault: 'checksum' }, 'if you changed it yourself, remove the line "checksum" from it');
  }
  refuseTooMany('profiles', body.profiles.length);
  refuseTooMany(
    'endpoints',
    body.profiles.reduce((count, { endpoints }) => count + endpoints.length, 0),
  );
  for (const [key, value] of Object.entries(body.settings)) checkSetting(key, value);
  const ids = body.profiles.flatMap(({ endpoints }) => endpoints.map(({ id }) => id));
  refuseTwice('endpoint', ids);
  refuseTwice(
    'profile',
    body.profiles.map(({ name }) => name),
  );
  if (body.profiles.filter((profile) => profile.default).length > 1) throw unreadableImport({ fault: 'twoDefaults' });
  return parsed.output;
}

function checkSetting(key: string, value: SettingValue): void {
  if (!isSettingKey(key)) throw unreadableImport({ fault: 'noSetting', key }, 'qcc config list');
  if (isSecretSetting(key)) throw unreadableImport({ fault: 'secretInClear', key });
  if (!settingFits(key, value)) {
    const chinese = shortRangeOf(key, 'zh-CN');
    throw unreadableImport({ fault: 'settingRange', key, range: rangeOf(key), chinese }, 'qcc config list');
  }
}

function refuseTwice(kind: 'profile' | 'endpoint', names: readonly string[]): void {
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw unreadableImport({ fault: 'twice', kind, name: twice });
}

async function opened(document: Document, passphrase: string | undefined): Promise<Secrets> {
  const { checksum, secrets } = document;
  if (!secrets) return { endpoints: {}, settings: {} };
  if (passphrase === undefined || passphrase === '') throw passphraseMissing();
  const { n, r, p } = secrets;
  refuseCost({ n, r, p });
  const key = await keyFrom(passphrase, Buffer.from(secrets.salt, 'base64'), { n, r, p });
  const plain = unsealed(secrets, key, checksum ?? '');
  const parsed = v.safeParse(secretForm, plain);
  if (!parsed.success) throw unreadableImport({ fault: 'strangeSecrets' });
  return parsed.output;
}

function refuseCost({ n, r, p }: typeof cost): void {
  const isWithin = n >= costMin.n && n <= cost.n && Number.isInteger(Math.log2(n)) && r === cost.r && p === cost.p;
  if (isWithin) return;
  throw unreadableImport({ fault: 'costlyKeys', n, r, p, most: `n ${cost.n}, r ${cost.r}, p ${cost.p}` });
}

function unsealed(secrets: NonNullable<Document['secrets']>, key: Buffer, checksum: string): unknown {
  try {
    const whole = [secrets.nonce, secrets.sealed].map((part) => Buffer.from(part, 'base64'));
    return JSON.parse(open(key, Buffer.concat(whole), checksum).toString('utf8'));
  } catch {
    throw new QccError('QCC_PASSPHRASE_WRONG', { command: 'qcc config import' }, exitCodes.credential);
  }
}

export function passphraseMissing(): QccError {
  return new QccError('QCC_PASSPHRASE_MISSING', {}, exitCodes.usage);
}

function newerDocument(version: number): QccError {
  return new QccError('QCC_IMPORT_NEWER', { version, known: documentVersion });
}

/** A command may need the same key for several documents. It is forgotten soon after. */
const derived = new Map<string, Promise<Buffer>>();
const derivedMs = 10_000;

function keyFrom(passphrase: string, salt: Buffer, of: typeof cost): Promise<Buffer> {
  const { n, r, p } = of;
  const name = createHash('sha256')
    .update(JSON.stringify([passphrase, salt.toString('base64'), of]))
    .digest('hex');
  const known = derived.get(name);
  if (known !== undefined) return known;
  // Composed and decomposed letters look alike, and keyboards differ in which they produce.
  const maxmem = 256 * n * r * p;
  const made = scrypt(passphrase.normalize('NFC'), salt, keyBytes, { N: n, r, p, maxmem });
  derived.set(name, made);
  setTimeout(() => derived.delete(name), derivedMs).unref();
  return made;
}

/** Of a document whose keys were sealed at today's cost; undefined: a new one is drawn. */
export function saltOf(document: object): Buffer | undefined {
  const { secrets } = document as { readonly secrets?: Partial<v.InferOutput<typeof secretsForm>> };
  const isSame = secrets?.n === cost.n && secrets.r === cost.r && secrets.p === cost.p;
  const salt = isSame ? Buffer.from(secrets.salt ?? '', 'base64') : undefined;
  return salt?.length === saltBytes ? salt : undefined;
}

function checksumOf(body: object): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(sorted(body)))
    .digest('hex')}`;
}

/** The same for any order of names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

/** The place and the expected type, never the value: it may be a key. */
function issueOf(issue: v.BaseIssue<unknown> | undefined): Fault<'import'> {
  const at = issue?.path?.map(({ key }) => String(key)).join('.') ?? '';
  return { fault: 'badField', at, expected: issue?.expected ?? 'valid' };
}
