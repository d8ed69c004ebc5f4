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

export const gatewayExample = '--gateway https://gateway.lan:7860';
const endpointExample = '--base-url https://api.anthropic.com';

/**
 * Origin and path prefix, without the parts that clients add themselves (`/v1`, `/v1/messages`) and without a trailing slash.
 * @param example what a right one looks like where it was given
 * @throws {QccError} `QCC_URL_INVALID`, `QCC_URL_PLAINTEXT`
 */
export function parseBaseUrl(
  text: string,
  { allowPlaintext, example = endpointExample }: { readonly allowPlaintext: boolean; readonly example?: string },
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (holdsVendorKey(text)) throw invalid('…', 'holdsKey', example);
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid(text, 'noScheme', example);
  // A value that may be a secret is not repeated in an error.
  if (url.username !== '' || url.password !== '') throw invalid(url.origin, 'holdsUser', example);
  if (url.search !== '' || url.hash !== '') throw invalid(url.origin, 'holdsQuery', example);
  if (isLinkLocal(url.hostname)) throw invalid(text, 'linkLocal', example);
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowPlaintext) {
    throw new QccError('QCC_URL_PLAINTEXT', { origin: url.origin }, exitCodes.usage);
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1(\/messages)?$/, '');
  return `${url.origin}${path}`;
}

/** Text that does not look like an address may be a key that was pasted in its place. */
const isAddress = (text: string) => /[./:]/.test(text) || text === 'localhost';

function invalid(text: string, fault: Fault<'url'>['fault'], hint: string): QccError {
  const given = isAddress(text) && !/[@?#]/.test(text) ? text : '…';
  return new QccError('QCC_URL_INVALID', { given, fault, hint }, exitCodes.usage);
}
