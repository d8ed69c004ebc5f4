/**
 * The certificate that qcc makes for its own listener: an authority of this installation, whose key is sealed with the vault's master key,
 * and a certificate with its key in one file, so that a renewal is one write.
 */
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { dayMs } from '../../../events/units.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import type { Vault } from '../secrets/vault.ts';
import { type Issuer, newAuthority, newServer } from './x509.ts';

export interface OwnCertificate {
  /** For clients: it is no secret. */
  readonly ca: string;
  /** The certificate and its key, for this gateway alone. */
  readonly server: string;
  readonly names: readonly string[];
  readonly expiresAt: number;
  readonly caExpiresAt: number;
  /** SHA-256, as browsers and openssl show it. */
  readonly fingerprint: string;
  readonly caFingerprint: string;
  /** Every client needs the new one. */
  readonly isNewCa: boolean;
}

interface Wanted {
  readonly names: readonly string[];
  readonly days: number;
  readonly isNewCa: boolean;
}

const caDays = 3_650;
// Clocks of other machines are not ours: what is made now holds a little earlier.
const backdatedMs = dayMs;

const placesIn = (folder: string) => ({
  ca: join(folder, 'ca.pem'),
  caKey: join(folder, 'ca.key'),
  server: join(folder, 'server.pem'),
});

/** The names and addresses by which other machines may reach this one; link-local addresses need a zone, and no certificate has that. */
export function namesOfMachine(): readonly string[] {
  const name = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => canonical(address));
  const names = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? [name] : [];
  return [...new Set([...names, ...addresses, 'localhost', '127.0.0.1', '::1'])];
}

/** Makes the certificate anew, and the authority when there is none that outlives it. */
export function makeCertificate(folder: string, vault: Vault, now: number, { names, days, isNewCa }: Wanted) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const places = placesIn(folder);
  const span = { from: now - backdatedMs, to: now + days * dayMs };
  const known = isNewCa ? undefined : authorityIn(places, vault, span.to);
  const { cert: ca, issuer } = known ?? freshAuthority(places, vault, now);
  const { cert, key } = newServer(names, issuer, span);
  writeFileAtomic(places.server, cert + ca + key.export({ type: 'pkcs8', format: 'pem' }));
  return { ...readOwnCertificate(folder), isNewCa: known === undefined } as OwnCertificate;
}

/** Undefined when there is none. */
export function readOwnCertificate(folder: string): Omit<OwnCertificate, 'isNewCa'> | undefined {
  const { ca, server } = placesIn(folder);
  if (!existsSync(ca) || !existsSync(server)) return undefined;
  const [authority, own] = [new X509Certificate(readFileSync(ca)), new X509Certificate(readFileSync(server))];
  return {
    ca,
    server,
    names: namesIn(own),
    expiresAt: Date.parse(own.validTo),
    caExpiresAt: Date.parse(authority.validTo),
    fingerprint: own.fingerprint256,
    caFingerprint: authority.fingerprint256,
  };
}

function namesIn({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').map((name) => canonical(name.replace(/^(DNS|IP Address):/, '')));
}

/** Node writes out an address of IPv6: this is its usual form. */
export function canonical(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

type Authority = { readonly cert: string; readonly issuer: Issuer };

/** One that another vault has sealed, or that ends too soon, is none. */
function authorityIn({ ca, caKey }: ReturnType<typeof placesIn>, vault: Vault, until: number): Authority | undefined {
  if (!existsSync(ca) || !existsSync(caKey)) return undefined;
  const cert = readFileSync(ca, 'utf8');
  const parsed = new X509Certificate(cert);
  if (Date.parse(parsed.validTo) < until) return undefined;
  const key = createPrivateKey(vault.unseal(readFileSync(caKey, 'utf8').trim(), caKey));
  if (!parsed.checkPrivateKey(key)) return undefined;
  const commonName = parsed.subject.replace(/^CN=/, '');
  return { cert, issuer: { commonName, key, publicKey: createPublicKey(key) } };
}

function freshAuthority({ ca, caKey }: ReturnType<typeof placesIn>, vault: Vault, now: number): Authority {
  // Two authorities of one name would be taken for one another.
  const commonName = `qcc ${randomBytes(4).toString('hex')}`;
  const { cert, key } = newAuthority(commonName, { from: now - backdatedMs, to: now + caDays * dayMs });
  // The key first: an authority without its key would be replaced at the next renewal, and its clients with it.
  writeFileAtomic(caKey, `${vault.seal(key.export({ type: 'pkcs8', format: 'pem' }).toString())}\n`);
  writeFileAtomic(ca, cert);
  return { cert, issuer: { commonName, key, publicKey: createPublicKey(key) } };
}
