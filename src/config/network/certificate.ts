/** The certificate of an HTTPS listener: checked before the listener starts. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Null when neither path is set. @throws {QccError} when only one is set, or a file is unreadable, expired, or does not match the other */
export function readCertificate(certPath: string, keyPath: string, now: number): Certificate | null {
  if (certPath === '' && keyPath === '') return null;
  if (certPath === '') throw unusable({ fault: 'half', set: 'proxy.tls_key', lacks: 'proxy.tls_cert' });
  if (keyPath === '') throw unusable({ fault: 'half', set: 'proxy.tls_cert', lacks: 'proxy.tls_key' });
  const cert = read(certPath, 'proxy.tls_cert');
  const key = read(keyPath, 'proxy.tls_key');
  const parsed = parse(certPath, () => new X509Certificate(cert));
  if (Date.parse(parsed.validTo) < now) throw unusable({ fault: 'expired', path: certPath, at: parsed.validTo });
  if (Date.parse(parsed.validFrom) > now) throw unusable({ fault: 'early', path: certPath, at: parsed.validFrom });
  if (!parsed.checkPrivateKey(parse(keyPath, () => createPrivateKey(key)))) {
    throw unusable({ fault: 'apart', path: certPath, key: keyPath });
  }
  return { cert, key };
}

/** When it ends; undefined where it cannot be read. */
export function certificateEnd(path: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(readFileSync(path)).validTo);
  } catch {
    return undefined;
  }
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'I/O error';
    throw unusable({ fault: 'unread', setting, path, code });
  }
}

function parse<Value>(path: string, make: () => Value): Value {
  try {
    return make();
  } catch {
    throw unusable({ fault: 'form', path });
  }
}

function unusable(fault: Fault<'certificate'>): QccError {
  return new QccError('QCC_TLS_UNUSABLE', fault);
}
