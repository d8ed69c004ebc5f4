/**
 * The store of keys: each one is encrypted under a data key of its own (AES-256-GCM), the data keys under the master key, and the master
 * key is in the system's keychain or in a file that only the owner can read. Removing a secret destroys its data key.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { QccError } from '../../errors/qcc-error.ts';
import { keyBytes, open, seal } from '../../platform/aes-gcm.ts';
import { keepBeside, stageFile, writeFileAtomic } from '../../platform/atomic-file.ts';
import { paths } from '../files/home.ts';
import { readOwn, setAside } from '../files/home-files.ts';
import { keychainFor } from './keychain.ts';

const format = 1;
const tokenId = 'installation-token';
const tokenBytes = 32;

interface Kept {
  /** The data key, under the master key. */
  readonly dataKey: string;
  /** The secret, under the data key. */
  readonly secret: string;
}

interface File {
  readonly format: number;
  /** Over all secrets and their names: without the master key, none can be renamed, left out or brought back. */
  readonly seal: string;
  readonly secrets: Record<string, Kept>;
  /** Where the master key is; files of former versions do not say. */
  readonly master?: 'file' | 'keychain';
}

export interface Vault {
  readonly inKeychain: boolean;
  put(id: string, plain: string): Promise<void>;
  /** All of them, or none: one write. */
  putAll(secrets: Iterable<readonly [id: string, plain: string]>): Promise<void>;
  /** Whether a secret of that name exists, without decrypting it. */
  has(id: string): boolean;
  /** Undefined when there is no secret of that name. @throws {QccError} `QCC_VAULT_DAMAGED` when it cannot be decrypted */
  get(id: string): string | undefined;
  remove(id: string): Promise<void>;
  /** Removes all of them, in two steps: `commit` needs no room on the disk. @throws {QccError} when it cannot be prepared */
  prepareRemoval(ids: readonly string[]): { commit(): void; abandon(): void };
  /** Changes from here on can be undone, also on a full disk. Either call ends the mark. */
  mark(): { undo(): void; forget(): void };
  /** The names of all secrets. */
  ids(): readonly string[];
  /** The token that this installation's clients authenticate with. */
  token(): string;
  seal(text: string): string;
  /** @throws {QccError} `QCC_VAULT_DAMAGED`, naming the place that the text came from */
  unseal(sealed: string, place?: string): string;
  /** A key for one purpose, constant for this installation; it reveals nothing of the master key. */
  derive(purpose: string): Buffer;
}

export async function openVault(home: string): Promise<Vault> {
  const places = paths(home);
  const { master, inKeychain } = masterKey(home, places.masterKey, places.vault);
  const vault = new FileVault(places.vault, master, inKeychain);
  if (vault.get(tokenId) === undefined)
    await vault.put(tokenId, `qcc_${randomBytes(tokenBytes).toString('base64url')}`);
  return vault;
}

/**
 * Replaces a vault that cannot be decrypted any more by a new one; the old file is set aside. An intact master key stays, because the
 * queue's files depend on it. False when nothing was wrong.
 * @throws {QccError} `QCC_VAULT_LOCKED` while the keychain may still have the key
 */
export async function renewVault(home: string, stamp: string): Promise<boolean> {
  const { vault, masterKey: key } = paths(home);
  try {
    await openVault(home);
    return false;
  } catch (error) {
    if (!(error instanceof QccError) || error.code !== 'QCC_VAULT_DAMAGED') throw error;
  }
  if (existsSync(vault)) setAside(home, vault, stamp);
  if (existsSync(key) && masterIn(key) === undefined) setAside(home, key, stamp);
  await openVault(home);
  return true;
}

/** Undefined for text that cannot be a key. */
function masterIn(path: string): Buffer | undefined {
  try {
    const text = readOwn(path).toString('latin1').trim();
    return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
  } catch (error) {
    if (error instanceof QccError) throw error;
    return undefined;
  }
}

function masterKey(home: string, path: string, vault: string): { master: Buffer; inKeychain: boolean } {
  const keychain = keychainFor(home, process.env);
  if (existsSync(path)) {
    const master = masterIn(path);
    if (!master) throw damaged(path);
    return { master, inKeychain: false };
  }
  const kept = keychain?.read();
  if (kept) return { master: kept, inKeychain: true };
  if (existsSync(vault)) throw masterOf(vault) === 'file' ? damaged(path) : locked(vault);
  const master = randomBytes(keyBytes);
  if (keychain?.write(master) && keychain.read()?.equals(master)) return { master, inKeychain: true };
  writeFileAtomic(path, `${master.toString('hex')}\n`);
  return { master, inKeychain: false };
}

/** The place of the master key, according to the vault. */
function masterOf(vault: string): unknown {
  try {
    return (JSON.parse(readOwn(vault).toString('utf8')) as Partial<File> | null)?.master;
  } catch (error) {
    if (error instanceof QccError) throw error;
    // Whatever its key was, it decrypts nothing in this vault.
    return 'file';
  }
}

function locked(vault: string): QccError {
  return new QccError('QCC_VAULT_LOCKED', { vault });
}

class FileVault implements Vault {
  readonly inKeychain: boolean;
  readonly #path: string;
  readonly #master: Buffer;
  readonly #plain = new Map<string, string>();
  #file: File;
  #readAt = 0;

  constructor(path: string, master: Buffer, inKeychain: boolean) {
    this.#path = path;
    this.#master = master;
    this.inKeychain = inKeychain;
    this.#file = this.#read();
  }

  put(id: string, plain: string): Promise<void> {
    return this.putAll([[id, plain]]);
  }

  putAll(secrets: Iterable<readonly [id: string, plain: string]>): Promise<void> {
    const given = [...secrets];
    const kept = given.map(([id, plain]): [string, Kept] => {
      const dataKey = randomBytes(keyBytes);
      return [
        id,
        {
          dataKey: sealed(this.#master, dataKey, `${format}:${id}:dataKey`),
          secret: sealed(dataKey, Buffer.from(plain), `${format}:${id}:secret`),
        },
      ];
    });
    if (kept.length > 0) this.#write({ ...this.#read().secrets, ...Object.fromEntries(kept) });
    for (const [id, plain] of given) this.#plain.set(id, plain);
    return Promise.resolve();
  }

  get(id: string): string | undefined {
    const known = this.#plain.get(id);
    if (known !== undefined) return known;
    const kept = Object.hasOwn(this.#file.secrets, id) ? this.#file.secrets[id] : undefined;
    if (!kept) return undefined;
    try {
      const dataKey = opened(this.#master, kept.dataKey, `${format}:${id}:dataKey`);
      const plain = opened(dataKey, kept.secret, `${format}:${id}:secret`).toString();
      this.#plain.set(id, plain);
      return plain;
    } catch {
      throw damaged(this.#path);
    }
  }

  has(id: string): boolean {
    return Object.hasOwn(this.#read().secrets, id);
  }

  remove(id: string): Promise<void> {
    const { [id]: _, ...rest } = this.#read().secrets;
    this.#write(rest);
    this.#plain.delete(id);
    return Promise.resolve();
  }

  prepareRemoval(ids: readonly string[]): { commit(): void; abandon(): void } {
    const { secrets } = this.#read();
    if (!ids.some((id) => Object.hasOwn(secrets, id))) return { commit() {}, abandon() {} };
    const file = this.#sealed(Object.fromEntries(Object.entries(secrets).filter(([id]) => !ids.includes(id))));
    const staged = stageFile(this.#path, textOf(file));
    return {
      commit: () => {
        staged.commit();
        this.#took(file);
        for (const id of ids) this.#plain.delete(id);
      },
      abandon: () => staged.abandon(),
    };
  }

  mark(): { undo(): void; forget(): void } {
    const before = this.#read();
    const kept = existsSync(this.#path) ? keepBeside(this.#path) : undefined;
    return {
      undo: () => {
        if (kept) kept.restore();
        else rmSync(this.#path, { force: true });
        this.#file = before;
        this.#readAt = kept ? statSync(this.#path).mtimeMs : 0;
        this.#plain.clear();
      },
      forget: () => kept?.forget(),
    };
  }

  ids(): readonly string[] {
    return Object.keys(this.#read().secrets);
  }

  token(): string {
    return this.get(tokenId) ?? '';
  }

  seal(text: string): string {
    return sealed(this.#master, Buffer.from(text), `${format}:sealed`);
  }

  unseal(sealed: string, place = 'a sealed text'): string {
    try {
      return opened(this.#master, sealed, `${format}:sealed`).toString();
    } catch {
      throw damaged(place);
    }
  }

  derive(purpose: string): Buffer {
    return createHmac('sha256', this.#master).update(`${format}:derived:${purpose}`).digest();
  }

  #read(): File {
    if (!existsSync(this.#path)) return this.#sealed({});
    const { mtimeMs } = statSync(this.#path);
    if (mtimeMs === this.#readAt) return this.#file;
    try {
      const file = JSON.parse(readOwn(this.#path).toString('utf8')) as File;
      if (!isKnown(file) || file.seal !== this.#sealed(file.secrets).seal) throw new Error('seal');
      this.#readAt = mtimeMs;
      return file;
    } catch (error) {
      if (error instanceof QccError) throw error;
      throw damaged(this.#path);
    }
  }

  #sealed(secrets: Record<string, Kept>): File {
    const seal = createHmac('sha256', this.#master)
      .update(`${format}:${JSON.stringify(secrets)}`)
      .digest('base64');
    return { format, seal, secrets, master: this.inKeychain ? 'keychain' : 'file' };
  }

  #write(secrets: Record<string, Kept>): void {
    const file = this.#sealed(secrets);
    writeFileAtomic(this.#path, textOf(file));
    this.#took(file);
  }

  #took(file: File): void {
    this.#file = file;
    this.#readAt = statSync(this.#path).mtimeMs;
  }
}

const parts: ReadonlySet<string> = new Set(['format', 'seal', 'secrets', 'master']);

/** The file holds only parts that qcc wrote: the seal covers the secrets alone. */
function isKnown(file: File): boolean {
  const { master = 'file' } = file;
  const isOurs = Object.keys(file).every((name) => parts.has(name));
  return isOurs && file.format === format && (master === 'file' || master === 'keychain');
}

/** The vault held keys, and its file is missing. */
export function vaultGone(path: string): QccError {
  return new QccError('QCC_VAULT_GONE', { path });
}

function textOf(file: File): string {
  return `${JSON.stringify(file, null, 1)}\n`;
}

function damaged(path: string): QccError {
  return new QccError('QCC_VAULT_DAMAGED', { path });
}

function sealed(key: Buffer, plain: Buffer, about: string): string {
  return seal(key, plain, about).toString('base64');
}

function opened(key: Buffer, text: string, about: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Node skips characters that are not base64; a changed text must not pass for the original.
  if (bytes.toString('base64') !== text) throw new Error('base64');
  return open(key, bytes, about);
}
