/** The certificate of an HTTPS listener: checked before the listener starts. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ErrorParams, QccError } from '../../errors/qcc-error.ts';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Null when neither path is set. @throws {QccError} when only one is set, or a file is unreadable, expired, or does not match the other */
export function readCertificate(certPath: string, keyPath: string, now: number): Certificate | null {
  if (certPath === '' && keyPath === '') return null;
  if (certPath === '')
    throw unusable('proxy.tls_key is set and proxy.tls_cert is not', 'qcc config set proxy.tls_cert PATH', {
      fault: 'half',
      set: 'proxy.tls_key',
      lacks: 'proxy.tls_cert',
    });
  if (keyPath === '')
    throw unusable('proxy.tls_cert is set and proxy.tls_key is not', 'qcc config set proxy.tls_key PATH', {
      fault: 'half',
      set: 'proxy.tls_cert',
      lacks: 'proxy.tls_key',
    });
  const cert = read(certPath, 'proxy.tls_cert');
  const key = read(keyPath, 'proxy.tls_key');
  const parsed = parse(certPath, () => new X509Certificate(cert));
  if (Date.parse(parsed.validTo) < now)
    throw unusable(`the certificate ${certPath} expired on ${parsed.validTo}`, 'renew it, then qcc proxy start', {
      fault: 'expired',
      path: certPath,
      at: parsed.validTo,
    });
  if (Date.parse(parsed.validFrom) > now)
    throw unusable(
      `the certificate ${certPath} is not valid before ${parsed.validFrom}`,
      'check the clock of this machine',
      { fault: 'early', path: certPath, at: parsed.validFrom },
    );
  if (!parsed.checkPrivateKey(parse(keyPath, () => createPrivateKey(key)))) {
    throw unusable(
      `the key ${keyPath} does not belong to the certificate ${certPath}`,
      'qcc config set proxy.tls_key PATH',
      { fault: 'apart', path: certPath, key: keyPath },
    );
  }
  return { cert, key };
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'I/O error';
    throw unusable(`${setting}: ${path} cannot be read (${code})`, `qcc config set ${setting} PATH`, {
      fault: 'unread',
      setting,
      path,
      code,
    });
  }
}

function parse<Value>(path: string, make: () => Value): Value {
  try {
    return make();
  } catch {
    throw unusable(`${path} is not in PEM form`, `openssl x509 -in ${path} -text`, { fault: 'form', path });
  }
}

function unusable(message: string, hint: string, params: ErrorParams): QccError {
  return new QccError('QCC_TLS_UNUSABLE', { ...params, text: message, hint });
}
