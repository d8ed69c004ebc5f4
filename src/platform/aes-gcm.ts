/**
 * AES-256-GCM, for all that is kept under a key: what is opened is, byte for byte and in its place, what was sealed. The formats of
 * the vault, of an export's keys and of the queue's files are made of these; old ones must open for ever.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
export const keyBytes = 32;
/** NIST SP 800-38D §8.2: 96 bits, by chance or by a counter, never twice under one key. */
export const nonceBytes = 12;
export const tagBytes = 16;

/**
 * Nonce, encrypted bytes and tag, in this order.
 * @param about what it is and where it belongs: it opens only as the same
 */
export function seal(key: Buffer, plain: Buffer, about: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const { encrypted, tag } = encrypt(key, nonce, plain, about);
  return Buffer.concat([nonce, encrypted, tag]);
}

/** @throws when it is not what was sealed with this key as this */
export function open(key: Buffer, sealed: Buffer, about: string): Buffer {
  return decrypt(key, sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes), about);
}

/** For a format that has a nonce of its own, and its own place for the tag. */
export function encrypt(
  key: Buffer,
  nonce: Buffer,
  plain: Buffer,
  about = '',
): { readonly encrypted: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv(algorithm, key, nonce);
  if (about !== '') cipher.setAAD(Buffer.from(about));
  const encrypted = cipher.update(plain);
  cipher.final();
  return { encrypted, tag: cipher.getAuthTag() };
}

/**
 * @param sealed the encrypted bytes, and the tag behind them
 * @throws when it is not what was encrypted
 */
export function decrypt(key: Buffer, nonce: Buffer, sealed: Buffer, about = ''): Buffer {
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  if (about !== '') decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(0, -tagBytes));
  decipher.final();
  return plain;
}
