/**
 * AES-256-GCM, for everything that is kept under a key: decrypted content is, byte for byte and in its place, what was encrypted. The
 * formats of the vault, of an export's keys and of the queue's files build on this; old ones must stay readable for ever.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
export const keyBytes = 32;
/** NIST SP 800-38D §8.2: 96 bits, random or from a counter, never twice under one key. */
export const nonceBytes = 12;
export const tagBytes = 16;

/**
 * Nonce, encrypted bytes and tag, in this order.
 * @param about the content's kind and place, as associated data: it decrypts only with the same value
 */
export function seal(key: Buffer, plain: Buffer, about: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const { encrypted, tag } = encrypt(key, nonce, plain, about);
  return Buffer.concat([nonce, encrypted, tag]);
}

/** @throws when the bytes, the key or `about` differ from those of `seal` */
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
 * @throws when the bytes were changed
 */
export function decrypt(key: Buffer, nonce: Buffer, sealed: Buffer, about = ''): Buffer {
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  if (about !== '') decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(0, -tagBytes));
  decipher.final();
  return plain;
}
