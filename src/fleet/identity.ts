/** Who a gateway is in its fleet, and what it calls a credential there: never the key, and never a hash that a guess could be tried on. */
import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';

export interface Identity {
  /** Of the public key: only its owner can sign for it. */
  readonly member: string;
  readonly name: string;
  readonly epoch: Millis;
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** What all members know. */
export interface FleetKeys {
  readonly message: Buffer;
  readonly about: Buffer;
}

// A key of Ed25519 in PKCS #8 (RFC 8410 §7): this, then its 32 bytes.
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = 12;
const memberLength = 16;
// 128 bits.
const aboutLength = 32;

/** @param seed of this installation and epoch: a copied home that joins anew gets another key */
export function identityOf(seed: Buffer, name: string, epoch: Millis): Identity {
  const der = Buffer.concat([pkcs8, createHash('sha256').update(seed).digest()]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = spki.subarray(spkiPrefix).toString('base64url');
  return { member: memberOf(publicKey), name, epoch, publicKey, privateKey };
}

export function memberOf(publicKey: string): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, memberLength);
}

/** Undefined for what is no key. */
export function publicKeyOf(text: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

export function fleetKeys(secret: string): FleetKeys {
  const derived = (purpose: string) => createHmac('sha256', secret).update(`qcc-fleet:${purpose}`).digest();
  return { message: derived('message'), about: derived('about') };
}

/** The same key at the same address: what one address refuses another may take. */
export function aboutCredential({ about }: FleetKeys, origin: string, key: string): string {
  return keyed(about, `credential\0${origin}\0${key}`);
}

export function aboutVendor({ about }: FleetKeys, origin: string): string {
  return keyed(about, `vendor\0${origin}`);
}

export function aboutProfile({ about }: FleetKeys, name: string): string {
  return keyed(about, `profile\0${name}`);
}

/** Tokens of one name and one limit share a budget. */
export function aboutBudget({ about }: FleetKeys, token: string, limitUsd: number, period: string): string {
  return keyed(about, `budget\0${token}\0${limitUsd}\0${period}`);
}

/** The requests at once that a key takes. @param credential what it is called itself */
export function aboutSlots({ about }: FleetKeys, credential: string): string {
  return keyed(about, `slots\0${credential}`);
}

/** What a person is told of, once for all: the address that it goes to is part of it. */
export function aboutNotice({ about }: FleetKeys, what: string): string {
  return keyed(about, `notice\0${what}`);
}

const keyed = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('hex').slice(0, aboutLength);
