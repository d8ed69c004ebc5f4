/**
 * What the queue keeps of requests and answers: encrypted files in a folder of their own, which no other user can read.
 * Each item has a data key; when that is destroyed, whatever copy of the item's files remains is noise. A name tells nothing:
 * it is an HMAC.
 *
 * A blob is written and synced before a fact names it. After a crash between the two it is a file that nothing names, which
 * the sweep takes; the other way round, a fact whose blob is gone, cannot come about.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MiB } from '../../events/units.ts';
import { keyBytes } from '../platform/aes-gcm.ts';
import { free } from '../platform/large-memory.ts';
import { type BlobReader, type BlobWriter, FileWriter, type Keeping, openBlob, writeBlob } from './blob-file.ts';
import { BlobLost, unwrapKey, wrapKey } from './blob-format.ts';

/** 1,000 requests of a quarter of a megabyte: more is not a queue but a disk that fills. */
const allBytesMax = 256 * MiB;
const ownerOnly = 0o600;
const folderMode = 0o700;
// 128 bits: no two items have the same.
const nameDigits = 32;
const tagDigits = 8;
// A fifth of a millisecond of hashing, then others have their turn.
const hashSliceBytes = MiB / 4;
const fileName = /^([0-9a-f]{32})\.(?:key|(?:body|answer)\.[0-9a-f]{8})$/;

/** There is no room for it: see `bytesMax`. */
export class BlobsFull extends Error {}

export interface BlobsOptions {
  readonly bytesMax?: number;
}

interface Item {
  dataKey: Promise<Buffer> | undefined;
  /** A new key on its way to the disk: its first blob is written meanwhile, and is not whole before it. */
  saved: { readonly named: Promise<unknown>; readonly synced: Promise<void> } | undefined;
  /** Bytes by file name; the key is not among them. */
  readonly blobs: Map<string, number>;
  readonly writers: Set<FileWriter>;
}

/** @param root the key of the installation for this purpose (`vault.derive('bodies')`) */
export async function openBlobs(folder: string, root: Buffer, options: BlobsOptions = {}): Promise<Blobs> {
  await mkdir(folder, { recursive: true, mode: folderMode });
  const names = (await readdir(folder)).filter((name) => fileName.test(name));
  // All at once: one after the other, a thousand items would hold up the start.
  const found = await Promise.all(
    names.map(async (name) => {
      const { size } = await stat(join(folder, name)).catch(() => ({ size: 0 }));
      return { name, size };
    }),
  );
  return new Blobs(folder, root, found, options.bytesMax ?? allBytesMax);
}

export class Blobs {
  readonly bytesMax: number;
  readonly #folder: string;
  readonly #naming: Buffer;
  readonly #wrapping: Buffer;
  readonly #hashing: Buffer;
  readonly #items = new Map<string, Item>();
  /** Files that this life has not written, or could not remove: what the sweep looks at. */
  readonly #unsure = new Set<string>();
  #bytes = 0;

  constructor(
    folder: string,
    root: Buffer,
    found: readonly { readonly name: string; readonly size: number }[],
    bytesMax: number,
  ) {
    this.#folder = folder;
    this.#naming = derived(root, 'name');
    this.#wrapping = derived(root, 'wrap');
    this.#hashing = derived(root, 'hash');
    this.bytesMax = bytesMax;
    for (const { name, size } of found) {
      const { blobs } = this.#item(itemIn(name));
      this.#unsure.add(name);
      if (!isKey(name)) blobs.set(name, size);
      this.#bytes += isKey(name) ? 0 : size;
    }
  }

  /** On the disk, all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a request: its head (as JSON) and its body, which must not change before this resolves. Synced then, and only
   * then a fact may name it. 'full': nothing was kept.
   */
  async put(id: string, head: unknown, body: Buffer): Promise<string | 'full'> {
    if (this.#bytes + body.length > this.bytesMax) return 'full';
    try {
      const { place, keeping } = await this.#place(id, 'body');
      await writeBlob(place, head, body, keeping);
      return place.ref;
    } catch (error) {
      // What cannot be removed now, the sweep takes.
      await this.destroy(id).catch(() => {});
      if (error instanceof BlobsFull) return 'full';
      throw error;
    }
  }

  /** Begins to keep an answer, under the key of its item. @throws {BlobsFull} */
  async answer(id: string, head: unknown): Promise<BlobWriter> {
    const { place, keeping, item } = await this.#place(id, 'answer');
    try {
      const writer: FileWriter = await FileWriter.create(place, head, {
        ...keeping,
        named: () => keeping.named().finally(() => item.writers.delete(writer)),
        drop: () => keeping.drop().finally(() => item.writers.delete(writer)),
      });
      item.writers.add(writer);
      return writer;
    } catch (error) {
      await keeping.drop();
      throw error;
    }
  }

  /**
   * Opens a blob by the name that a fact has for it, when all of it is there.
   * @throws {BlobLost} when it is gone, or is not what was written
   */
  async open(ref: string): Promise<BlobReader> {
    const name = itemIn(ref);
    const item = this.#items.get(name);
    const dataKey = item?.blobs.has(ref) ? await this.#knownKey(name, item) : undefined;
    if (!dataKey) throw new BlobLost('gone');
    return openBlob({ path: join(this.#folder, ref), ref, dataKey });
  }

  /** Whether all of it can be read, byte for byte. What the system keeps from being read now is not lost. */
  async isWhole(ref: string): Promise<boolean> {
    try {
      for await (const chunk of (await this.open(ref)).chunks()) free(chunk);
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      return code === 'EMFILE' || code === 'ENFILE';
    }
  }

  /** Makes an item unreadable for good: its data key is overwritten and removed, then its files. What is written is aborted. */
  async destroy(id: string): Promise<void> {
    const name = this.#nameOf(id);
    const item = this.#items.get(name);
    if (!item) return;
    for (const writer of item.writers) await writer.abort();
    await this.#remove(name, item);
  }

  /**
   * Removes what no live item names and no writer of this life has made: what a crash has left. Called off the hot path,
   * after the log is read.
   * @param live the names that facts of live items have
   */
  async sweep(live: ReadonlySet<string>): Promise<{ readonly files: number; readonly bytes: number }> {
    const before = this.#bytes;
    let files = 0;
    for (const ref of this.#unsure) {
      const item = this.#items.get(itemIn(ref));
      if (!item || isKey(ref) || live.has(ref)) continue;
      await this.#drop(itemIn(ref), item, ref);
      files++;
    }
    for (const ref of this.#unsure) {
      const name = itemIn(ref);
      const item = this.#items.get(name);
      if (!isKey(ref) || !item || item.blobs.size > 0 || item.writers.size > 0) continue;
      await this.#remove(name, item);
      files++;
    }
    return { files, bytes: before - this.#bytes };
  }

  /**
   * The same for the same parts, and for nothing else. Keyed, so that the log, which holds it, does not confirm a guess of
   * what was asked.
   */
  async fingerprint(parts: readonly (string | Buffer)[]): Promise<string> {
    const hash = createHmac('sha256', this.#hashing);
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      hash.update(`${bytes.length}:`);
      for (let at = 0; at < bytes.length; at += hashSliceBytes) {
        if (at > 0) await new Promise(setImmediate);
        hash.update(bytes.subarray(at, at + hashSliceBytes));
      }
    }
    return hash.digest('hex');
  }

  /** A name for a new blob of an item, and what its writer needs of the folder. */
  async #place(id: string, kind: 'body' | 'answer') {
    const name = this.#nameOf(id);
    const item = this.#item(name);
    const ref = `${name}.${kind}.${randomBytes(tagDigits / 2).toString('hex')}`;
    item.blobs.set(ref, 0);
    const keeping: Keeping = {
      take: (bytes) => this.#take(item, ref, bytes),
      named: async () => {
        await item.saved?.named;
        await Promise.all([this.#syncFolder(), item.saved?.synced]);
      },
      drop: () => this.#drop(name, item, ref),
    };
    try {
      const dataKey = await (this.#knownKey(name, item) ?? this.#newKey(name, item));
      return { place: { path: join(this.#folder, ref), ref, dataKey }, keeping, item };
    } catch (error) {
      await keeping.drop();
      throw error;
    }
  }

  #take(item: Item, ref: string, bytes: number): void {
    if (this.#bytes + bytes > this.bytesMax) throw new BlobsFull('the queue has no room for more bytes');
    this.#bytes += bytes;
    item.blobs.set(ref, (item.blobs.get(ref) ?? 0) + bytes);
  }

  /** The item's data key, undefined when it has none. */
  #knownKey(name: string, item: Item): Promise<Buffer> | undefined {
    if (!item.dataKey && this.#unsure.has(`${name}.key`)) {
      item.dataKey = readFile(this.#keyPath(name)).then(
        (wrapped) => unwrapKey(this.#wrapping, wrapped, name),
        (error: NodeJS.ErrnoException) => {
          throw error.code === 'ENOENT' ? new BlobLost('gone') : error;
        },
      );
      item.dataKey.catch(() => {
        item.dataKey = undefined;
      });
    }
    return item.dataKey;
  }

  #newKey(name: string, item: Item): Promise<Buffer> {
    const dataKey = randomBytes(keyBytes);
    item.dataKey = Promise.resolve(dataKey);
    const named = open(this.#keyPath(name), 'wx', ownerOnly);
    const synced = named.then((file) => written(file, wrapKey(this.#wrapping, dataKey, name)));
    // A caller that needs it on the disk waits for it, and hears of it.
    synced.catch(() => {});
    item.saved = { named, synced };
    return item.dataKey;
  }

  async #remove(name: string, item: Item): Promise<void> {
    const dataKey = await item.dataKey?.catch(() => undefined);
    await item.saved?.synced.catch(() => {});
    dataKey?.fill(0);
    item.dataKey = undefined;
    await this.#destroyKey(name);
    for (const ref of [...item.blobs.keys()]) await this.#drop(name, item, ref);
    if (item.blobs.size === 0) this.#items.delete(name);
    await this.#syncFolder();
  }

  /** Overwritten before it is removed: a file that has no name any more is still on the disk. */
  async #destroyKey(name: string): Promise<void> {
    const path = this.#keyPath(name);
    try {
      const { size } = await stat(path);
      await written(await open(path, 'r+'), randomBytes(size));
      await unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#unsure.add(`${name}.key`);
        throw error;
      }
    }
    this.#unsure.delete(`${name}.key`);
  }

  async #drop(name: string, item: Item, ref: string): Promise<void> {
    try {
      await unlink(join(this.#folder, ref));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#unsure.add(ref).add(`${name}.key`);
        throw error;
      }
    }
    this.#bytes -= item.blobs.get(ref) ?? 0;
    item.blobs.delete(ref);
    this.#unsure.delete(ref);
  }

  /** The name itself is on the disk only when the folder is. Windows has no such call, and needs none. */
  async #syncFolder(): Promise<void> {
    if (process.platform === 'win32') return;
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #item(name: string): Item {
    let item = this.#items.get(name);
    if (!item) {
      item = { dataKey: undefined, saved: undefined, blobs: new Map(), writers: new Set() };
      this.#items.set(name, item);
    }
    return item;
  }

  #nameOf(id: string): string {
    return createHmac('sha256', this.#naming).update(id).digest('hex').slice(0, nameDigits);
  }

  #keyPath(name: string): string {
    return join(this.#folder, `${name}.key`);
  }
}

async function written(file: FileHandle, bytes: Buffer): Promise<void> {
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function derived(root: Buffer, purpose: string): Buffer {
  return createHmac('sha256', root).update(purpose).digest();
}

function itemIn(ref: string): string {
  return ref.slice(0, nameDigits);
}

function isKey(ref: string): boolean {
  return ref.endsWith('.key');
}
