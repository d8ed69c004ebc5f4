/** The formats of encrypted content: bytes that were written by version 0.1.0 must open for ever. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/config/importers/document.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { decrypt, encrypt, keyBytes, nonceBytes, open, seal, tagBytes } from '../../src/platform/aes-gcm.ts';
import { openBlobs } from '../../src/retry-queue/blobs.ts';
import { temporaryHome } from '../support/home.ts';

const key = randomBytes(keyBytes);

describe('sealed content', () => {
  it.each([0, 1, 100_000])('opens unchanged: %i bytes', (length) => {
    const plain = randomBytes(length);
    const sealed = seal(key, plain, 'here');
    expect(sealed.length).toBe(nonceBytes + length + tagBytes);
    expect(open(key, sealed, 'here').equals(plain)).toBe(true);
  });

  it('opens in no other place, under no other key, and not when one bit changed', () => {
    const sealed = seal(key, Buffer.from('secret'), 'here');
    expect(() => open(key, sealed, 'there')).toThrow();
    expect(() => open(randomBytes(keyBytes), sealed, 'here')).toThrow();
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => open(key, changed, 'here')).toThrow();
    }
    for (const length of [0, nonceBytes, nonceBytes + tagBytes - 1]) {
      expect(() => open(key, sealed.subarray(0, length), 'here')).toThrow();
    }
  });

  it('never has the same bytes twice', () => {
    const sealed = [1, 2].map(() => seal(key, Buffer.from('secret'), 'here').toString('hex'));
    expect(new Set(sealed).size).toBe(2);
  });

  it('may have a nonce of its own, and a separate tag', () => {
    const nonce = Buffer.alloc(nonceBytes, 1);
    const { encrypted, tag } = encrypt(key, nonce, Buffer.from('frame'));
    expect(decrypt(key, nonce, Buffer.concat([encrypted, tag])).toString()).toBe('frame');
  });
});

describe('content of version 0.1.0', () => {
  it('in its vault decrypts', async () => {
    const home = temporaryHome();
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'master.key'), `${old.master}\n`, { mode: 0o600 });
    writeFileSync(join(home, 'vault.json'), old.vault, { mode: 0o600 });
    const vault = await openVault(home);
    expect(vault.get('e1')).toBe('sk-ant-of-an-older-version');
    expect(vault.unseal(old.sealed)).toBe('what stood there before');
  });

  it('in an export decrypts', async () => {
    const incoming = await readDocument(old.document, 'correct horse');
    expect(JSON.stringify(incoming)).toContain('sk-ant-of-an-older-version');
  });

  it('of a request decrypts', async () => {
    const folder = join(temporaryHome(), 'bodies');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [name, bytes] of Object.entries(old.bodies))
      writeFileSync(join(folder, name), Buffer.from(bytes, 'base64'));
    const blobs = await openBlobs(folder, Buffer.alloc(keyBytes, 7));
    const kept = await blobs.open('6c4f89c4d88383999ed01c0da2ccc0c4.body.ac1b0e87');
    expect(kept.head).toEqual({ path: '/v1/messages' });
    expect((await kept.whole()).toString()).toBe('a body of an older version');
  });
});

const old = {
  master: '8ff243a6904b2c36fe97012fb7085b9535d49d211f4b525aadb000d724ec395f',
  vault: `{"format": 1, "seal": "e2zp1ZIZw4zSvFK0bIPnHph0WWGIiPWgY7Ab3BVhY9E=", "secrets": {"installation-token": {"dataKey": "mAdwWXyR/EfysoNRdiMVmfknapCWTvzvcPS0dS/uhKPG+u4REqh4EO+g8+LYS/FLCVoGPQ4NqFfRJIqZ", "secret": "ju5yurqML89+G0KybPo8rrWD7G99DKvT+op0T+RYHwBqG0ztqTfDJLGqoBuiE5dg/2g2NAIoA5XwFXoDJ4zByFyq7u8J5wUXXmR7"}, "e1": {"dataKey": "pGJ8tkprRmNPj9u6+AaVDp9cSxSUWbAcxqJqGRPB42GsUSPizjkzpnjOeK2m4BrYaV+0E3QtaPqz3p52", "secret": "xPBXYejXc7QmTvUD7PjQPO5EB2PZKQNQ6uinGuD4vqXcon0y6EG1s6ci1GaLX9txcTqAc/na"}}, "master": "file"}`,
  sealed: 'cwNWymJkruZLrVayM6TYO7qc0emTpBcYR8bB/IQliLDUi7InzoIvEYFXZeGyIUntJR90',
  document: {
    format: 'qcc',
    version: 1,
    settings: {},
    profiles: [
      {
        name: 'work',
        description: '',
        tier: 'primary',
        position: 0,
        default: true,
        endpoints: [
          {
            id: '11111111',
            name: 'one',
            baseUrl: 'https://api.example.com',
            auth: 'bearer',
            weight: 1,
            priority: 0,
            enabled: true,
            maxFailures: 3,
            maxConcurrent: 0,
            timeoutMs: null,
            allowPlaintext: false,
            source: null,
          },
        ],
      },
    ],
    checksum: 'sha256:2c293f78bdf3e0c61be76c3b66080093f7144e664f6f8f1130cea7e9d664c561',
    secrets: {
      kdf: 'scrypt',
      n: 131072,
      r: 8,
      p: 1,
      salt: 'VhMT2Kww9E/UWiCOx6cQdw==',
      cipher: 'aes-256-gcm',
      nonce: 'SrP5qdytMzHc16sP',
      sealed:
        'zWBN5PZ+J3ytrgSjxEV/n69XiHhY76ALKO+/IlJPKdD5RMEnmd3XxPm5jLn8qyeR+o3GjQ23hzAQw9vxy/I+r6Ql8hZmtzQDfg7jqrxATJqS1i4o2Q==',
    },
  },
  bodies: {
    '6c4f89c4d88383999ed01c0da2ccc0c4.body.ac1b0e87':
      'UUNCMbLiXCpFnTD0GfB03U5Q61Vz8T2UDDP6HgTkVU9rDbXtAAAAF42dKEwNJGnpXxfpCmUm81fcHhKXVK6rqK0xN8D4pIjIH4DzdE4MlQAAABotKhSMfmZ7vnPx898ST/D59MEWKtTkfzSUeCAWHPPzeS9z5kfwAhXmKkYAAAACwHnKoODlTXA+JUE8PsPSUH1ELM2cZRrA',
    '6c4f89c4d88383999ed01c0da2ccc0c4.key':
      'JfhOMagZuoO3kEUR0D+rMuj/UPEv5AXCIJ8OcB2n0Rc7R7VZ1k3rPIbkHFURYUd359JIxbNS2AxQay2+',
  },
};
