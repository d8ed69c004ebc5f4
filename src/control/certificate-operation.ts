/** The certificate that qcc makes for its own listener. */

import { isIPv6 } from 'node:net';
import { setSettings } from '../commands/config/operation.ts';
import {
  canonical,
  makeCertificate,
  namesOfMachine,
  type OwnCertificate,
  readOwnCertificate,
} from '../config/network/own-certificate.ts';
import type { CertRow } from '../contract/gateway.ts';
import type { Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { Installation } from '../installation/installation.ts';
import { iso } from '../platform/time.ts';

const daysDefault = 365;

/**
 * The files first: settings never name what is not there. A certificate holds for the machine's names and addresses, for those that are
 * given, and for those that the former one had.
 */
export async function makeOwnCertificate(
  it: Installation,
  { names = [], days = daysDefault, newCa = false }: Params<'proxy.cert'>,
  isRunning: boolean,
): Promise<CertRow> {
  const { paths, vault, core } = it;
  if (names.some((name) => name.includes(':') && !isIPv6(name))) throw notAName();
  const before = readOwnCertificate(paths.tls)?.names ?? [];
  // The first one is told to clients: it stays what it was.
  const all = [...new Set([...names.map((name) => canonical(name.toLowerCase())), ...before, ...namesOfMachine()])];
  const made = makeCertificate(paths.tls, vault, core.now(), { names: all, days, isNewCa: newCa });
  await setSettings(it, [
    ['proxy.tls_cert', made.server],
    ['proxy.tls_key', made.server],
    // The guard serves no host name that is not allowed.
    ['proxy.allowed_hosts', allowedHosts(it, made.names)],
  ]);
  return row(it, made, isRunning, made.isNewCa);
}

function notAName(): QccError {
  const params = { operation: 'proxy.cert', field: 'names', wanted: 'a host name or an IP address' };
  return new QccError('QCC_INPUT_INVALID', params, exitCodes.usage);
}

function allowedHosts({ settings }: Installation, names: readonly string[]): string {
  const before = settings()
    ['proxy.allowed_hosts'].split(',')
    .map((name) => name.trim());
  const hosts = names.map((name) => (name.includes(':') ? `[${name}]` : name));
  const own = new Set(['localhost', '127.0.0.1', '[::1]', '']);
  return [...new Set([...before, ...hosts])].filter((name) => !own.has(name)).join(',');
}

/** @throws {QccError} `QCC_TLS_NONE` */
export function showOwnCertificate(it: Installation, isRunning: boolean): CertRow {
  const known = readOwnCertificate(it.paths.tls);
  if (!known) throw new QccError('QCC_TLS_NONE', {}, exitCodes.notFound);
  return row(it, known, isRunning, null);
}

function row(
  { settings }: Installation,
  { ca, server, names, expiresAt, caExpiresAt, fingerprint, caFingerprint }: Omit<OwnCertificate, 'isNewCa'>,
  isRunning: boolean,
  newCa: boolean | null,
): CertRow {
  return {
    ca,
    cert: server,
    names,
    port: settings()['proxy.port'],
    expiresAt: iso(expiresAt),
    caExpiresAt: iso(caExpiresAt),
    fingerprint,
    caFingerprint,
    newCa,
    used: settings()['proxy.tls_cert'] === server,
    running: isRunning,
    restart: isRunning && newCa !== null,
  };
}
