/**
 * Makes X.509 certificates (RFC 5280), which Node can read and check but not make: v3, with keys on P-256 and ECDSA with SHA-256, which
 * every client of the last decade verifies.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

export interface Issued {
  readonly cert: string;
  readonly key: KeyObject;
}

/** Who signs: a name, and its key. */
export interface Issuer {
  readonly commonName: string;
  readonly key: KeyObject;
  /** The public one. */
  readonly publicKey: KeyObject;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const universal = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c } as const;
const times = { utc: 0x17, generalized: 0x18 } as const;
const [sequence, set] = [0x30, 0x31];
// Tagged by their place in what contains them.
const inBody = { version: 0xa0, extensions: 0xa3 } as const;
const inNames = { dns: 0x82, address: 0x87 } as const;
const keyIdentifier = 0x80;

const oids = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  subjectKey: '551d0e',
  keyUsage: '551d0f',
  alternativeNames: '551d11',
  basicConstraints: '551d13',
  authorityKey: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
} as const;

// Bits of the key usage: certificates and lists of revoked ones; signatures.
const usages = { ca: [1, 0b0000_0110], server: [7, 0b1000_0000] } as const;
const serialBytes = 16;
// UTCTime ends with 2049.
const generalizedFrom = Date.UTC(2050, 0, 1);

/** An authority of its own, which may sign servers' certificates and no further authorities. */
export function newAuthority(commonName: string, span: Span): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { commonName, key: privateKey, publicKey };
  const constraints = extension('basicConstraints', true, sequenceOf(isAuthority, integer(Buffer.of(0))));
  const extensions = [constraints, usage(usages.ca), subjectKeyOf(publicKey)];
  return { cert: certificate(commonName, publicKey, issuer, span, extensions), key: privateKey };
}

/**
 * A server's certificate.
 * @param names DNS names and IP addresses under which clients reach it; the first is its common name
 */
export function newServer(names: readonly string[], issuer: Issuer, span: Span): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension('basicConstraints', true, sequenceOf()),
    usage(usages.server),
    extension('extendedKeyUsage', false, sequenceOf(oid('serverAuth'))),
    extension('alternativeNames', false, sequenceOf(...names.map(generalName))),
    subjectKeyOf(publicKey),
    extension('authorityKey', false, sequenceOf(der(keyIdentifier, keyIdOf(issuer.publicKey)))),
  ];
  return { cert: certificate(names[0] ?? '', publicKey, issuer, span, extensions), key: privateKey };
}

function certificate(
  commonName: string,
  publicKey: KeyObject,
  issuer: Issuer,
  { from, to }: Span,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequenceOf(oid('ecdsaWithSha256'));
  const serial = randomBytes(serialBytes);
  // Positive, and of one length.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequenceOf(
    der(inBody.version, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    distinguishedName(issuer.commonName),
    sequenceOf(instant(from), instant(to)),
    distinguishedName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(inBody.extensions, sequenceOf(...extensions)),
  );
  return pem(sequenceOf(body, algorithm, bits(0, sign('sha256', body, issuer.key))));
}

function extension(name: keyof typeof oids, isCritical: boolean, value: Buffer): Buffer {
  return sequenceOf(oid(name), ...(isCritical ? [isTrue] : []), der(universal.octets, value));
}

function usage([unused, value]: readonly [number, number]): Buffer {
  return extension('keyUsage', true, bits(unused, Buffer.of(value)));
}

function subjectKeyOf(publicKey: KeyObject): Buffer {
  return extension('subjectKey', false, der(universal.octets, keyIdOf(publicKey)));
}

/** A name for a key, by which chains are put together; it proves nothing. */
function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function distinguishedName(commonName: string): Buffer {
  return sequenceOf(der(set, sequenceOf(oid('commonName'), der(universal.utf8, Buffer.from(commonName)))));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? der(inNames.dns, Buffer.from(name, 'latin1')) : der(inNames.address, addressBytes(name));
}

/** Four bytes, or sixteen. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes what is shortened, or ends in four decimal numbers, in one form.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...first, ...zeros, ...last].entries()) bytes.writeUInt16BE(group, 2 * i);
  return bytes;
}

function instant(at: number): Buffer {
  const digits = `${new Date(at).toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
  return at < generalizedFrom
    ? der(times.utc, Buffer.from(digits.slice(2)))
    : der(times.generalized, Buffer.from(digits));
}

const isTrue = der(universal.boolean, Buffer.of(0xff));
const isAuthority = isTrue;

function oid(name: keyof typeof oids): Buffer {
  return der(universal.oid, Buffer.from(oids[name], 'hex'));
}

function integer(bytes: Buffer): Buffer {
  return der(universal.integer, bytes);
}

function bits(unused: number, bytes: Buffer): Buffer {
  return der(universal.bits, Buffer.of(unused), bytes);
}

function sequenceOf(...parts: readonly Buffer[]): Buffer {
  return der(sequence, ...parts);
}

/** Tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
