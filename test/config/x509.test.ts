import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newAuthority, newServer } from '../../src/config/network/x509.ts';
import { temporaryHome } from '../support/home.ts';

const [from, to] = [Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2027, 0, 2, 3, 4, 5)];
const names = ['gateway.lan', '192.168.1.20', 'fe00::1:2', '::1', '::ffff:10.0.0.1'];

function chain(span = { from, to }) {
  const ca = newAuthority('qcc 1234', span);
  const issuer = { commonName: 'qcc 1234', key: ca.key, publicKey: createPublicKey(ca.key) };
  return { ca: new X509Certificate(ca.cert), caPem: ca.cert, server: newServer(names, issuer, span) };
}

describe('a certificate that qcc makes', () => {
  it('is one of a server under its names and addresses, signed by an authority that may sign no other', () => {
    const { ca, server } = chain();
    const cert = new X509Certificate(server.cert);
    expect([ca.ca, cert.ca]).toEqual([true, false]);
    expect([ca.verify(ca.publicKey), cert.verify(ca.publicKey), cert.checkIssued(ca)]).toEqual([true, true, true]);
    expect(cert.checkPrivateKey(server.key)).toBe(true);
    expect([cert.subject, cert.issuer]).toEqual(['CN=gateway.lan', 'CN=qcc 1234']);
    expect([Date.parse(cert.validFrom), Date.parse(cert.validTo)]).toEqual([from, to]);
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(cert.checkHost('gateway.lan')).toBe('gateway.lan');
    expect(cert.checkHost('other.lan')).toBeUndefined();
    for (const address of ['192.168.1.20', 'fe00::1:2', '::1', '::ffff:10.0.0.1'])
      expect(cert.checkIP(address), address).toBe(address);
    expect(cert.checkIP('192.168.1.21')).toBeUndefined();
  });

  it('holds past 2049 where it is asked to, and never has the serial number of another', () => {
    const late = Date.UTC(2061, 5, 6, 7, 8, 9);
    const { ca, server } = chain({ from, to: late });
    expect(Date.parse(ca.validTo)).toBe(late);
    expect(ca.serialNumber).not.toBe(new X509Certificate(server.cert).serialNumber);
  });

  it.skipIf(spawnSync('openssl', ['version']).status !== 0)(
    'is verified by openssl, as a server by name and address',
    () => {
      const folder = temporaryHome();
      mkdirSync(folder);
      const { caPem, server } = chain({ from: Date.now() - 1_000, to: Date.now() + 86_400_000 });
      writeFileSync(join(folder, 'ca.pem'), caPem);
      writeFileSync(join(folder, 'server.pem'), server.cert);
      const verify = (...more: readonly string[]) =>
        spawnSync(
          'openssl',
          ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.pem', ...more, 'server.pem'],
          { cwd: folder, encoding: 'utf8' },
        );
      expect(verify('-verify_hostname', 'gateway.lan')).toMatchObject({ status: 0, stdout: 'server.pem: OK\n' });
      expect(verify('-verify_ip', 'fe00::1:2').status).toBe(0);
      expect(verify('-verify_hostname', 'other.lan').status).not.toBe(0);
      const text = execFileSync('openssl', ['x509', '-in', 'ca.pem', '-noout', '-text'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(text).toContain('CA:TRUE, pathlen:0');
      expect(text).toContain('Certificate Sign, CRL Sign');
    },
  );
});
