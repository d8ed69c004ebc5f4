/**
 * What each operation may be given, looked at when it runs: a script or an older command may send anything over the socket, and
 * what is wrong is a mistake of whoever asks, never a crash and never something that is kept. One door for both ways in.
 */
import * as v from 'valibot';
import { auditActions } from '../../events/traits.ts';
import { looksLikeKey } from '../errors/key-shape.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { visible } from '../platform/visible.ts';

import type { OperationName, Params } from './operations.ts';

// Longer than any name, id or sentence that a person gives; what is longer is a mistake, or meant to fill the log.
const nameMax = 256;
const sentenceMax = 1_000;
const addressMax = 2_048;
const secretMax = 16_384;
const pathMax = 4_096;
// Of the whole question, by the socket.
const textMax = 1_048_576;
const deepest = 32;
// What `Date` can hold.
const instantMax = 8.64e15;
// What a timer of Node can wait.
const spanMax = 2_147_483_647;

const text = (most: number) => v.pipe(v.string('a text'), v.maxLength(most, `at most ${most} characters`));
const flag = v.boolean('true or false');
const texts = v.array(v.string('a text'), 'a list');
const number = v.pipe(v.number('a number'), v.finite('a number'));
const among = (min: number, max: number) =>
  v.pipe(number, v.minValue(min, `from ${min} to ${max}`), v.maxValue(max, `from ${min} to ${max}`));
const whole = v.pipe(among(0, Number.MAX_SAFE_INTEGER), v.integer('a whole number'));
const instant = among(-instantMax, instantMax);
const one = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.join(', ')}`);

/** Refers to something: it need not exist, and is not kept. */
const name = text(nameMax);

const keyMessage = 'no API key';
/** Kept in the log for ever, and shown on every screen. */
const kept = (most: number) =>
  v.pipe(
    text(most),
    v.check((given) => visible(given) === given, 'one line without control characters'),
    v.check((given) => !looksLikeKey(given), keyMessage),
  );
/** What objects of JavaScript know already is no name: a script that indexes by it would find that. */
export const isReserved = (given: string): boolean => given in {} || given === 'prototype';
const called = (most: number) =>
  v.pipe(
    kept(most),
    v.check((given) => !isReserved(given), 'no word that every object knows'),
  );
const label = v.pipe(
  called(nameMax),
  v.check((given) => given.trim() !== '', 'not empty'),
);
/** Its form is looked at where it is made. */
const newName = v.pipe(
  name,
  v.check((given) => !looksLikeKey(given), keyMessage),
);

const optional = v.exactOptional;
const nothing = v.strictObject({});
const tier = one(['primary', 'secondary', 'fallback']);
const queueState = one(['waiting', 'retrying', 'answered', 'dead', 'unknown', 'cancelled']);
const settingValue = v.union([text(pathMax), number, flag], 'a text, a number, or true or false');

const options = {
  name: optional(label),
  baseUrl: optional(text(addressMax)),
  auth: optional(one(['x-api-key', 'bearer'])),
  key: optional(text(secretMax)),
  preset: optional(name),
  weight: optional(number),
  priority: optional(number),
  timeoutMs: optional(number),
  maxFailures: optional(number),
  maxConcurrent: optional(number),
  allowPlaintext: optional(flag),
};
const profileAndId = v.strictObject({ profile: name, id: name });

const filters = {
  type: optional(name),
  stream: optional(name),
  endpoint: optional(name),
  profile: optional(name),
  session: optional(text(sentenceMax)),
  request: optional(name),
};
const span = { since: optional(instant), until: optional(instant), fromSeq: optional(whole), toSeq: optional(whole) };
const look = v.strictObject({ ...filters, ...span, limit: optional(whole) });
const momentForms = [v.strictObject({ at: instant }), v.strictObject({ seq: whole })] as const;
const moment = v.union(momentForms, 'a moment');
const rollbackForms = [
  ...momentForms,
  v.strictObject({ now: v.literal(true) }),
  v.strictObject({ snapshot: name }),
] as const;
// Its form is looked at by whoever reads exports.
const document = v.custom<object>(
  (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
  'a document',
);

type Forms = { readonly [Name in OperationName]: v.GenericSchema<unknown, Params<Name>> };

const forms: Forms = {
  'home.init': nothing,
  'notify.test': v.strictObject({ language: one(['en', 'zh-CN']) }),
  'profile.add': v.strictObject({
    name: newName,
    description: optional(kept(sentenceMax)),
    tier: optional(tier),
    endpoint: optional(v.strictObject(options)),
  }),
  'profile.list': nothing,
  'profile.default': v.strictObject({ name }),
  'profile.remove': v.strictObject({ name }),
  'endpoint.add': v.strictObject({ profile: name, ...options }),
  'endpoint.copy': v.strictObject({ profile: name, from: name, ...options }),
  'endpoint.update': v.strictObject({ profile: name, id: name, ...options }),
  'endpoint.list': v.strictObject({ profile: name }),
  'endpoint.remove': profileAndId,
  'endpoint.enable': profileAndId,
  'endpoint.disable': profileAndId,
  'endpoint.test': v.strictObject({ profile: optional(name), id: optional(name) }),
  'stats.read': v.strictObject({ profile: optional(name), since: optional(instant) }),
  'priority.set': v.strictObject({ profile: name, tier: v.nullable(tier) }),
  'priority.list': nothing,
  'priority.switch': v.strictObject({ profile: name, reason: optional(kept(sentenceMax)) }),
  'priority.release': nothing,
  'priority.history': v.strictObject({ limit: optional(whole) }),
  'priority.policy': v.strictObject({
    autoFailover: optional(flag),
    autoRecovery: optional(flag),
    failureThreshold: optional(number),
    recoveryChecks: optional(number),
    cooldownS: optional(number),
    recoveryDelayS: optional(number),
    maxPerHour: optional(number),
  }),
  'health.status': nothing,
  'health.check': v.strictObject({ id: optional(name) }),
  'health.metrics': v.strictObject({ id: optional(name), since: optional(instant) }),
  'health.history': v.strictObject({ id: name, limit: optional(whole) }),
  'health.config': v.strictObject({
    intervalS: optional(number),
    timeoutS: optional(number),
    weightAdjustment: optional(flag),
    minChecks: optional(number),
    model: optional(kept(nameMax)),
    mode: optional(name),
  }),
  'health.reset': v.strictObject({ id: name }),
  'queue.status': nothing,
  'queue.list': v.strictObject({ limit: optional(whole), state: optional(queueState) }),
  'queue.show': v.strictObject({ id: name }),
  'queue.answer': v.strictObject({ id: name }),
  'queue.retry': v.strictObject({ id: name }),
  'queue.retryAll': nothing,
  'queue.clear': v.strictObject({ state: optional(queueState) }),
  'queue.config': v.record(name, settingValue),
  'debug.machines': v.strictObject({ about: optional(name) }),
  'proxy.status': nothing,
  'proxy.stop': v.strictObject({ graceMs: among(0, spanMax) }),
  'client.settings': nothing,
  'config.get': v.strictObject({ key: name }),
  'config.set': v.strictObject({ key: name, value: text(secretMax) }),
  'config.list': nothing,
  'config.reset': v.strictObject({ key: optional(name) }),
  'config.export': v.strictObject({ withSecrets: optional(flag), passphrase: optional(text(secretMax)) }),
  'config.import': v.strictObject({
    text: optional(text(textMax)),
    database: optional(text(pathMax)),
    beside: optional(text(textMax)),
    from: optional(one(['qcc', 'fastcc', 'cc-switch'])),
    passphrase: optional(text(secretMax)),
    dryRun: optional(flag),
    partial: optional(flag),
  }),
  'config.validate': v.strictObject({ profile: optional(name), connect: optional(flag), whole: optional(flag) }),
  'home.freeze': nothing,
  'config.at': moment,
  'config.snapshot': v.strictObject({ description: called(sentenceMax) }),
  'config.snapshots': nothing,
  'config.diff': v.strictObject({
    from: v.union([...rollbackForms, v.strictObject({ document })], 'a moment'),
    to: v.union([...rollbackForms, v.strictObject({ document })], 'a moment'),
  }),
  'config.rollback': v.strictObject({
    to: v.union([...rollbackForms, v.strictObject({ last: v.literal(true) })], 'a moment'),
    partial: optional(flag),
    dryRun: optional(flag),
  }),
  'config.audit': v.strictObject({
    limit: optional(whole),
    action: optional(one(auditActions)),
    target: optional(name),
    by: optional(name),
    from: optional(instant),
    to: optional(instant),
  }),
  'capsule.begin': v.strictObject({ ...span, salt: name, hashNames: flag }),
  'capsule.facts': v.strictObject({
    from: whole,
    to: whole,
    redaction: v.strictObject({ salt: name, hashNames: flag, names: texts, hosts: texts }),
  }),
  'health.checks': v.strictObject({ endpoint: name, profile: name, limit: whole }),
  'health.since': v.strictObject({ since: instant }),
  'stats.since': v.strictObject({ since: instant }),
  'history.whatIf': v.strictObject({
    since: optional(instant),
    fromSeq: optional(whole),
    set: optional(v.record(name, text(pathMax))),
    foreign: optional(flag),
  }),
  'history.read': look,
  'history.start': look,
  'history.page': v.strictObject({ ...filters, from: whole, to: whole, most: optional(whole) }),
  'history.head': nothing,
  'history.filters': v.strictObject({ ...filters, live: optional(flag) }),
  'history.explain': v.strictObject({ about: name }),
  'history.diff': v.strictObject({ from: moment, to: moment }),
  'history.at': v.strictObject({ moment, about: optional(name) }),
  // What else they take is brought by the operation itself.
  'history.verify': nothing,
  'history.stats': nothing,
  'history.compact': nothing,
  'history.repair': nothing,
};

/** @throws {QccError} `QCC_INPUT_INVALID`: what is wrong, and never what was given; `QCC_INPUT_KEY` */
export function inputOf<Name extends OperationName>(operation: Name, given: unknown): Params<Name> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw notInput(operation);
  const strange = strangeIn(given, '', 0);
  if (strange !== undefined) throw invalid(operation, strange, 'another name');
  const form: v.GenericSchema<unknown, Params<Name>> = forms[operation];
  const result = v.safeParse(form, withoutUndefined(given));
  if (result.success) return result.output;
  const [issue] = result.issues;
  // Of a field that is not known, Valibot's own message would repeat what stands in it.
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
  if (issue.message === keyMessage) throw keyGiven(path);
  const wanted = issue.type === 'strict_object' ? expectedOf(issue) : issue.message;
  throw path === '' ? notInput(operation) : invalid(operation, path, wanted);
}

function expectedOf({ expected }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'left out: it is not known';
  return expected === 'Object' ? 'an object' : 'given';
}

/** The same over the socket, where what is undefined is not sent. */
function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Where an own name would be taken for what every object knows, or something lies deeper than anything that is asked. */
function strangeIn(given: unknown, path: string, depth: number): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (depth > deepest) return path;
  for (const [name, value] of Object.entries(given)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (!Array.isArray(given) && isReserved(name)) return here;
    const found = strangeIn(value, here, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is no object at all. */
export function notInput(operation: string): QccError {
  return invalid(operation, 'its input', 'an object in JSON');
}

function invalid(operation: string, path: string, wanted: string): QccError {
  const field = path.slice(0, nameMax);
  return new QccError(
    'QCC_INPUT_INVALID',
    `${operation}: "${field}" must be ${wanted}`,
    'qcc --help',
    exitCodes.usage,
    { operation, field, wanted },
  );
}

export function keyGiven(field: string): QccError {
  return new QccError(
    'QCC_INPUT_KEY',
    `"${field}" looks like an API key, and would be kept in clear: nothing was done`,
    'pass a key by --api-key-stdin, or --api-key-env NAME',
    exitCodes.usage,
    { field },
  );
}
