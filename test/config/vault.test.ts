import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paths, prepareHome } from '../../src/config/files/home.ts';
import { openVault, type Vault } from '../../src/config/secrets/vault.ts';
import { temporaryHome } from '../support/home.ts';

const damaged = expect.objectContaining({ code: 'QCC_VAULT_DAMAGED' });
const key = 'sk-ant-api03-the-key-of-a-relay';

describe('a secret', () => {
  it('is returned, now and after a restart', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', key);
    expect(vault.get('e1')).toBe(key);
    expect((await openVault(home)).get('e1')).toBe(key);
  });

  it.each(['', 'ключ 🔑', 'x'.repeat(100_000)])('may be any text', async (text) => {
    const { home, vault } = await opened();
    await vault.put('e1', text);
    expect((await openVault(home)).get('e1')).toBe(text);
  });

  it('is replaced by the next one of its name', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', 'old');
    await vault.put('e1', 'new');
    await vault.put('e2', 'other');
    expect([vault.get('e1'), (await openVault(home)).get('e1')]).toEqual(['new', 'new']);
    expect(vault.get('e2')).toBe('other');
  });

  it('is gone when it is removed, and so is its data key', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', key);
    const { dataKey } = keptIn(home)['e1'] ?? {};
    expect(dataKey).toMatch(/^[\w+/]+=*$/);
    await vault.remove('e1');
    expect(vault.get('e1')).toBeUndefined();
    expect((await openVault(home)).get('e1')).toBeUndefined();
    expect(readFileSync(paths(home).vault, 'utf8')).not.toContain(dataKey);
  });

  it('that was never stored is undefined', async () => {
    const { vault } = await opened();
    for (const id of ['e1', '', 'constructor', '__proto__']) expect(vault.get(id)).toBeUndefined();
    await expect(vault.remove('e1')).resolves.toBeUndefined();
  });
});

describe('on the disk, the vault', () => {
  it('holds nothing readable', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', key);
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const path = `${home}/${name}`;
      if (!statSync(path).isFile()) continue;
      for (const text of [key, vault.token(), Buffer.from(key).toString('base64')]) {
        expect(readFileSync(path, 'utf8')).not.toContain(text);
      }
    }
  });

  it('uses a data key and nonces of its own for every secret, even for equal ones', async () => {
    const { home, vault } = await opened();
    for (const id of ['e1', 'e2', 'e3']) await vault.put(id, key);
    const parts = Object.values(keptIn(home)).flatMap(({ dataKey, secret }) => [dataKey, secret]);
    expect(new Set(parts.map((part) => part.slice(0, 16))).size).toBe(parts.length);
  });

  it.runIf(process.platform !== 'win32')('is accessible to its owner alone', async () => {
    const { home, vault } = await opened();
    chmodSync(paths(home).vault, 0o644);
    await vault.put('e1', key);
    expect(statSync(paths(home).vault).mode & 0o777).toBe(0o600);
    expect(statSync(paths(home).masterKey).mode & 0o777).toBe(0o600);
    expect(vault.inKeychain).toBe(false);
  });
});

describe('the token of the installation', () => {
  it('is made once, of 256 random bits', async () => {
    const { home, vault } = await opened();
    expect(vault.token()).toMatch(/^qcc_[\w-]{43}$/);
    expect((await openVault(home)).token()).toBe(vault.token());
  });

  it('differs between homes', async () => {
    const [one, two] = [await opened(), await opened()];
    expect(one.vault.token()).not.toBe(two.vault.token());
  });
});

describe('a sealed text', () => {
  it('decrypts again, in this home only', async () => {
    const { home, vault } = await opened();
    const sealed = vault.seal('what stood there before');
    expect(sealed).not.toContain('stood');
    expect(vault.seal('what stood there before')).not.toBe(sealed);
    expect((await openVault(home)).unseal(sealed)).toBe('what stood there before');
    const other = await opened();
    expect(() => other.vault.unseal(sealed)).toThrow(damaged);
  });

  it('does not decrypt with any one bit of it flipped', async () => {
    const { vault } = await opened();
    // Two lengths of padding, and none.
    for (const text of ['ab', 'abc', 'abcd']) {
      const sealed = Buffer.from(vault.seal(text));
      for (const { flipped } of flips(sealed)) {
        expect(() => vault.unseal(flipped.toString())).toThrow(damaged);
      }
    }
  });
});

describe('a damaged vault', () => {
  it('is refused with any one bit of it flipped, and stays as it is', async () => {
    const { home, vault } = await opened();
    // Lengths that leave base64 with two, one and no characters of padding.
    for (const text of ['ab', 'abc', 'abcd']) await vault.put(`e-${text}`, text);
    const { vault: path } = paths(home);
    const accepted: string[] = [];
    for (const { flipped, bit } of flips(readFileSync(path))) {
      writeFileSync(path, flipped);
      const code = await everythingIn(home);
      const untouched = readFileSync(path).equals(flipped);
      if (code !== 'QCC_VAULT_DAMAGED' || !untouched) accepted.push(`bit ${bit}: ${code}`);
    }
    expect(accepted).toEqual([]);
  });

  it('is refused when it is truncated', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', key);
    const { vault: path } = paths(home);
    const whole = readFileSync(path);
    // Without the line's end it is still whole.
    for (let length = 0; length < whole.length - 1; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      expect(await everythingIn(home)).toBe('QCC_VAULT_DAMAGED');
    }
  });

  it('is refused when one secret was put in the place of another', async () => {
    const { home, vault } = await opened();
    await vault.put('e1', 'one');
    await vault.put('e2', 'two');
    const secrets = keptIn(home);
    const { e1, e2 } = secrets;
    rewrite(home, { ...secrets, e1: e2, e2: e1 });
    expect(await everythingIn(home, 'e1')).toBe('QCC_VAULT_DAMAGED');
  });

  it.each(['null', '[]', '{}', '""', '{"format":1}', '{"format":1,"secrets":null}'])(
    'is refused as %s',
    async (text) => {
      const { home } = await opened();
      writeFileSync(paths(home).vault, text);
      expect(await everythingIn(home)).toBe('QCC_VAULT_DAMAGED');
    },
  );

  it('is named by the error, with the command that helps', async () => {
    const { home } = await opened();
    writeFileSync(paths(home).vault, 'x');
    await expect(openVault(home)).rejects.toMatchObject({
      code: 'QCC_VAULT_DAMAGED',
      message: expect.stringContaining(paths(home).vault),
      hint: expect.stringContaining('qcc config doctor --fix'),
    });
  });
});

describe('the master key', () => {
  it('of another home decrypts nothing', async () => {
    const [one, two] = [await opened(), await opened()];
    writeFileSync(paths(one.home).masterKey, readFileSync(paths(two.home).masterKey));
    await expect(openVault(one.home)).rejects.toMatchObject({ code: 'QCC_VAULT_DAMAGED' });
  });

  it.each(['', 'not hex', 'ab'.repeat(31)])('is refused when it is invalid: "%s"', async (text) => {
    const { home } = await opened();
    writeFileSync(paths(home).masterKey, text);
    await expect(openVault(home)).rejects.toMatchObject({
      code: 'QCC_VAULT_DAMAGED',
      message: expect.stringContaining(paths(home).masterKey),
    });
  });

  it('that is missing is not replaced while secrets depend on it', async () => {
    const { home } = await opened();
    const before = readFileSync(paths(home).vault);
    rmSync(paths(home).masterKey);
    await expect(openVault(home)).rejects.toMatchObject({ code: 'QCC_VAULT_DAMAGED' });
    expect(readFileSync(paths(home).vault).equals(before)).toBe(true);
    expect(existsSync(paths(home).masterKey)).toBe(false);
  });

  it.each([
    ['"master": "keychain"', 'says so'],
    ['"seal"', 'was written before it said'],
  ])('may be in a locked keychain, where the vault %s', async (text) => {
    const { home } = await opened();
    const file = JSON.parse(readFileSync(paths(home).vault, 'utf8'));
    const master = text.includes('keychain') ? 'keychain' : undefined;
    writeFileSync(paths(home).vault, JSON.stringify({ ...file, master }));
    rmSync(paths(home).masterKey);
    await expect(openVault(home)).rejects.toMatchObject({
      code: 'QCC_VAULT_LOCKED',
      hint: expect.stringContaining(`mv ${paths(home).vault}`),
    });
  });
});

type Secrets = Readonly<Record<string, { readonly dataKey: string; readonly secret: string }>>;

async function opened(): Promise<{ home: string; vault: Vault }> {
  const home = temporaryHome();
  prepareHome(home);
  return { home, vault: await openVault(home) };
}

function keptIn(home: string): Secrets {
  return JSON.parse(readFileSync(paths(home).vault, 'utf8')).secrets;
}

function rewrite(home: string, secrets: Readonly<Record<string, unknown>>): void {
  const file = JSON.parse(readFileSync(paths(home).vault, 'utf8'));
  writeFileSync(paths(home).vault, JSON.stringify({ ...file, secrets }));
}

/** The code of the refusal when everything is asked for, or what came of it. */
async function everythingIn(home: string, ...more: readonly string[]): Promise<string> {
  try {
    const vault = await openVault(home);
    const found = ['e-ab', 'e-abc', 'e-abcd', ...more].map((id) => vault.get(id));
    return `opened: ${found.join(', ')}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

// Each opens a vault, and most are the same case: all of them with `QCC_TEST_EVERY_BIT=1`.
const everyBit = process.env['QCC_TEST_EVERY_BIT'] !== undefined;
// The last characters of base64 hold bits that count for nothing, and the padding: a kind reader takes several of them for one.
const base64End = /[\w+/]{2}={0,2}(?![\w+/=])/g;

/** One bit of each byte, every one of the eight in turn; where base64 ends, each bit. */
function* flips(whole: Buffer): Generator<{ readonly flipped: Buffer; readonly bit: number }> {
  const ends = [...whole.toString('latin1').matchAll(base64End)].map(({ 0: end, index }) => [
    index,
    index + end.length,
  ]);
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const at = bit >> 3;
    const isEnd = ends.some(([from = 0, to = 0]) => from <= at && at < to);
    if (!everyBit && !isEnd && (bit & 7) !== (at & 7)) continue;
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
    yield { flipped, bit };
  }
}

describe('a derived key', () => {
  it('is constant for an installation, and differs between purposes and installations', async () => {
    const { home, vault } = await opened();
    const other = await opened();
    const key = vault.derive('bodies');
    expect(key.length).toBe(32);
    expect((await openVault(home)).derive('bodies').equals(key)).toBe(true);
    expect(vault.derive('names').equals(key)).toBe(false);
    expect(other.vault.derive('bodies').equals(key)).toBe(false);
    expect(key.toString('hex')).not.toBe(readFileSync(paths(home).masterKey, 'utf8').trim());
  });
});
