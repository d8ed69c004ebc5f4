import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCertificate } from '../../src/config/network/certificate.ts';
import { selfSigned } from './self-signed.ts';

const from = Date.UTC(2026, 0, 1);
const to = Date.UTC(2027, 0, 1);
const within = Date.UTC(2026, 5, 1);
const second = 1_000;

describe('a certificate', () => {
  it('is absent when neither path is set', () => {
    expect(readCertificate('', '', within)).toBeNull();
  });

  it('is read with its key', () => {
    const { cert, key } = selfSigned(from, to);
    const files = written(cert, key);
    expect(readCertificate(files.cert, files.key, within)).toEqual({ cert, key });
    expect(readCertificate(files.cert, files.key, to)).toEqual({ cert, key });
    expect(readCertificate(files.cert, files.key, from)).toEqual({ cert, key });
  });

  it('is the first one of a chain', () => {
    const { cert, key } = selfSigned(from, to);
    const files = written(cert + selfSigned(from, to).cert, key);
    expect(readCertificate(files.cert, files.key, within)?.cert).toContain(cert);
  });
});

describe('a certificate is refused', () => {
  it('without the other file, whose setting is named', () => {
    expect(() => readCertificate('/c.pem', '', within)).toThrow(unusable(/proxy\.tls_key/));
    expect(() => readCertificate('', '/k.pem', within)).toThrow(unusable(/proxy\.tls_cert/));
  });

  it('when it cannot be read, with the file and the setting', () => {
    const { cert, key } = selfSigned(from, to);
    const files = written(cert, key);
    const gone = `${files.cert}.gone`;
    expect(() => readCertificate(gone, files.key, within)).toThrow(
      unusable(/proxy\.tls_cert.*cert\.pem\.gone.*ENOENT/),
    );
    expect(() => readCertificate(files.cert, gone, within)).toThrow(
      unusable(/proxy\.tls_key.*cert\.pem\.gone.*ENOENT/),
    );
  });

  it('when it has expired, with the date', () => {
    const { cert, key } = selfSigned(from, to);
    const files = written(cert, key);
    expect(() => readCertificate(files.cert, files.key, to + second)).toThrow(unusable(/cert\.pem expired on .*2027/));
  });

  it('when it is not valid yet, with the date', () => {
    const { cert, key } = selfSigned(from, to);
    const files = written(cert, key);
    expect(() => readCertificate(files.cert, files.key, from - second)).toThrow(
      unusable(/cert\.pem is not valid before .*2026/),
    );
  });

  it('when the key belongs to another one', () => {
    const files = written(selfSigned(from, to).cert, selfSigned(from, to).key);
    expect(() => readCertificate(files.cert, files.key, within)).toThrow(
      unusable(/key\.pem does not belong to .*cert\.pem/),
    );
  });

  it('when either is not PEM', () => {
    const { cert, key } = selfSigned(from, to);
    const noCert = written('hello', key);
    expect(() => readCertificate(noCert.cert, noCert.key, within)).toThrow(unusable(/cert\.pem/));
    const noKey = written(cert, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    expect(() => readCertificate(noKey.cert, noKey.key, within)).toThrow(unusable(/key\.pem/));
  });

  it('without repeating the key in the error', () => {
    const { cert, key } = selfSigned(from, to);
    const broken = key.replace('PRIVATE KEY', 'PRIVATE');
    const files = written(cert, broken);
    const [, secret = ''] = key.split('\n');
    expect(() => readCertificate(files.cert, files.key, within)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });
});

function unusable(message: RegExp): Error {
  return expect.objectContaining({
    code: 'QCC_TLS_UNUSABLE',
    message: expect.stringMatching(message),
  });
}

function written(cert: string, key: string): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  return files;
}
