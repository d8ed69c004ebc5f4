/** The address of an endpoint: validated once, on input. */

import { holdsVendorKey } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Link-local addresses: clouds serve the credentials of the machine itself there. */
function isLinkLocal(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  // a9fe is 169.254 as an IPv4 address is written inside an IPv6 one.
  return (
    /^169\.254\./.test(name) ||
    /^\[fe[89ab]/i.test(name) ||
    /^\[::ffff:a9fe:/i.test(name) ||
    name === 'metadata.google.internal'
  );
}

/**
 * Origin and path prefix, without the parts that clients add themselves (`/v1`, `/v1/messages`) and without a trailing slash.
 * @throws {QccError} `QCC_URL_INVALID`, `QCC_URL_PLAINTEXT`
 */
export function parseBaseUrl(text: string, { allowPlaintext }: { readonly allowPlaintext: boolean }): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (holdsVendorKey(text)) throw invalid('…', 'holdsKey');
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid(text, 'noScheme');
  // A value that may be a secret is not repeated in an error.
  if (url.username !== '' || url.password !== '') throw invalid(url.origin, 'holdsUser');
  if (url.search !== '' || url.hash !== '') throw invalid(url.origin, 'holdsQuery');
  if (isLinkLocal(url.hostname)) throw invalid(text, 'linkLocal');
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowPlaintext) {
    throw new QccError('QCC_URL_PLAINTEXT', { origin: url.origin }, exitCodes.usage);
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1(\/messages)?$/, '');
  return `${url.origin}${path}`;
}

/** Text that does not look like an address may be a key that was pasted in its place. */
const isAddress = (text: string) => /[./:]/.test(text) || text === 'localhost';

function invalid(text: string, fault: Fault<'url'>['fault']): QccError {
  const given = isAddress(text) && !/[@?#]/.test(text) ? text : '…';
  return new QccError('QCC_URL_INVALID', { given, fault }, exitCodes.usage);
}
