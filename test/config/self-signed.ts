/**
 * Certificates made on the spot, so that no private key lies in the repository and none ever expires in a test.
 * Node can sign but not make certificates, hence the few lines of DER (X.509 v3, Ed25519).
 */
import { generateKeyPairSync, sign } from 'node:crypto';

const tag = { integer: 0x02, bits: 0x03, oid: 0x06, utf8: 0x0c, utcTime: 0x17, sequence: 0x30 };
const set = 0x31;
const version = 0xa0;
// 1.3.101.112
const ed25519 = der(tag.sequence, der(tag.oid, Buffer.from('2b6570', 'hex')));
// 2.5.4.3
const commonName = der(tag.oid, Buffer.from('550403', 'hex'));
const noUnusedBits = Buffer.from([0]);

export function selfSigned(validFrom: number, validTo: number): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const attribute = der(tag.sequence, commonName, der(tag.utf8, Buffer.from('localhost')));
  const name = der(tag.sequence, der(set, attribute));
  const body = der(
    tag.sequence,
    der(version, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, Buffer.from([1])),
    ed25519,
    name,
    der(tag.sequence, instant(validFrom), instant(validTo)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(tag.bits, noUnusedBits, sign(null, body, privateKey));
  return {
    cert: pem(der(tag.sequence, body, ed25519, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** `YYMMDDHHMMSSZ`, as X.509 wants it until 2049. */
function instant(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return der(tag.utcTime, Buffer.from(`${digits}Z`));
}

function der(kind: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([kind, ...size]), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
