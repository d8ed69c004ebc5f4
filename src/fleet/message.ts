/**
 * The messages of a fleet. Each is signed by its gateway's own key, so that it can speak for itself alone, and authenticated with the fleet's
 * secret, so that no stranger can speak at all. None can name a key, a path or a command: there is no field for one.
 */
import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import * as v from 'valibot';
import type { Failure } from '../../events/endpoint.ts';
import { type FleetKeys, type Identity, memberOf, publicKeyOf } from './identity.ts';

/** A whole message: a hundred times what one takes. */
export const messageBytesMax = 16_384;
const messageVersion = 1;
/** What one lift can name: every member. */
export const membersMax = 64;
/** Of a month by days, and of two days by hours. */
export const spansMax = 80;

const hex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const memberName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]{0,31}$/));
const number = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const status = v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(999));
const factId = v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/));
const heardOfFleet = [
  'quota',
  'rateLimited',
  'credential',
  'billing',
  'overloaded',
  'serverError',
] as const satisfies Failure[];

/** `seq` and `id` are of the fact in its gateway's log that it tells of, `at` is by its gateway's clock. */
const head = { v: v.literal(messageVersion), name: memberName, epoch: number, seq: number, id: factId, at: number };
const said = v.strictObject({ member: hex(16), seq: number });
// Requests, attempts, failures; tokens in, out, read from and written to caches; millionths of a dollar, and how many models have no price.
const used = [number, number, number, number, number, number, number, v.nullable(number), number] as const;
const body = v.variant('kind', [
  v.strictObject({
    ...head,
    kind: v.literal('failure'),
    about: hex(32),
    because: v.picklist(heardOfFleet),
    status: v.nullable(status),
    validMs: number,
  }),
  v.strictObject({
    ...head,
    kind: v.literal('path'),
    about: hex(32),
    because: v.picklist(['unreachable', 'certificate', 'blocked'] as const satisfies Failure[]),
    validMs: number,
  }),
  v.strictObject({
    ...head,
    kind: v.literal('lift'),
    about: hex(32),
    of: v.pipe(v.array(said), v.minLength(1), v.maxLength(membersMax)),
  }),
  v.strictObject({ ...head, kind: v.literal('claim'), about: hex(32) }),
  v.strictObject({ ...head, kind: v.literal('switch'), about: v.nullable(hex(32)) }),
  v.strictObject({
    ...head,
    kind: v.literal('budget'),
    about: hex(32),
    slices: v.pipe(v.array(v.strictObject({ member: hex(16), taken: number })), v.maxLength(membersMax)),
  }),
  v.strictObject({
    ...head,
    kind: v.literal('slots'),
    about: hex(32),
    parts: v.pipe(
      v.array(v.strictObject({ member: hex(16), taken: number, wants: number, ageMs: number })),
      v.maxLength(membersMax),
    ),
  }),
  v.strictObject({
    ...head,
    kind: v.literal('usage'),
    all: v.strictTuple([...used]),
    /** From an hour since 1970, so many hours. */
    spans: v.pipe(v.array(v.strictTuple([number, number, ...used])), v.maxLength(spansMax)),
  }),
  v.strictObject({ ...head, kind: v.literal('beat') }),
  v.strictObject({ ...head, kind: v.literal('left') }),
]);
const envelope = v.strictObject({
  body: v.pipe(v.string(), v.maxLength(messageBytesMax)),
  key: v.pipe(v.string(), v.length(43)),
  signature: v.pipe(v.string(), v.length(86)),
  mac: v.pipe(v.string(), v.length(43)),
});

export type Body = v.InferOutput<typeof body>;
export type FleetMessage = Body & { readonly member: string };
type Unsigned = Body extends infer One ? (One extends Body ? Omit<One, 'v' | 'name' | 'epoch'> : never) : never;

/** Why a message was refused. */
export type Refused = 'size' | 'form' | 'stranger' | 'signature' | 'subject' | 'rate' | 'members' | 'old' | 'version';

export function sealed({ message }: FleetKeys, who: Identity, unsigned: Unsigned): Uint8Array {
  const { name, epoch, publicKey, privateKey } = who;
  const text = JSON.stringify({ v: messageVersion, name, epoch, ...unsigned });
  const signature = sign(null, signedOf(text), privateKey).toString('base64url');
  return Buffer.from(JSON.stringify({ body: text, key: publicKey, signature, mac: macOf(message, text, publicKey) }));
}

/** Cheap tests first. @param name of the subject: a gateway speaks on its own alone; null for what all may write on */
export function opened({ message }: FleetKeys, name: string | null, bytes: Uint8Array): FleetMessage | Refused {
  if (bytes.length > messageBytesMax) return 'size';
  const outer = v.safeParse(envelope, parsed(bytes));
  if (!outer.success) return 'form';
  const { body: text, key, signature, mac } = outer.output;
  if (!isEqual(mac, macOf(message, text, key))) return 'stranger';
  const publicKey = publicKeyOf(key);
  if (!publicKey || !verify(null, signedOf(text), publicKey, Buffer.from(signature, 'base64url'))) return 'signature';
  const said = parsed(Buffer.from(text));
  if (isOfAnotherVersion(said)) return 'version';
  const inner = v.safeParse(body, said);
  if (!inner.success) return 'form';
  return name === null || inner.output.name === name ? { ...inner.output, member: memberOf(key) } : 'subject';
}

/** A member that speaks in a form of later is no stranger, and is told apart from nonsense. */
const isOfAnotherVersion = (said: unknown) =>
  typeof said === 'object' && said !== null && 'v' in said && typeof said.v === 'number' && said.v !== messageVersion;

const signedOf = (text: string) => Buffer.from(`qcc-fleet\0${text}`);
const macOf = (key: Buffer, text: string, publicKey: string) =>
  createHmac('sha256', key).update(`${publicKey}\0${text}`).digest('base64url');

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
