/**
 * A store in a folder: a shared drive, a git work tree. It holds snapshots by the hash of their bytes, and numbered pointers to them, each of
 * which names what it follows. Nothing in it is ever written twice: who makes the next pointer first has pushed. Whatever else stands in the
 * folder is a stranger's: no link is followed, no pipe is read, nothing large is loaded.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { SyncFault } from '../../messages/errors/params.ts';
import { parseBounded } from '../../platform/bounded.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { jsonBounds } from '../importers/incoming.ts';

const storeName = 'qcc-sync.json';
const objects = 'objects';
const pointers = 'pointers';
const version = 1;
// Git may change the ends of lines, and with them the hashes.
const noConversion = '*.json -text\n';
// As much as an import may be, and what stands around it.
const bytesMax = 1_000_000;
// One a minute for half a year.
const pointersMax = 250_000;
// A drive that does not answer in this time is not there.
const patienceMs = 15_000;
const mode = 0o600;

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const storeForm = v.strictObject({
  format: v.literal('qcc-sync'),
  version: v.number(),
  id: v.pipe(v.string(), v.uuid()),
});
const pointerForm = v.strictObject({ object: hash, parent: v.nullable(hash) });
const objectForm = v.strictObject({
  store: v.string(),
  parent: v.nullable(hash),
  document: v.custom<object>((given) => typeof given === 'object' && given !== null && !Array.isArray(given)),
});

type Pointer = v.InferOutput<typeof pointerForm>;

export interface Head {
  /** Of the newest pointer; 0: nothing was pushed. */
  readonly number: number;
  /** Null: nothing was pushed. */
  readonly object: string | null;
}

export class SyncStore {
  readonly folder: string;
  readonly id: string;

  private constructor(folder: string, id: string) {
    this.folder = folder;
    this.id = id;
  }

  /** @throws {QccError} `QCC_SYNC_FOLDER`, `QCC_SYNC_DAMAGED` */
  static open(folder: string): Promise<SyncStore> {
    return onDrive(folder, async () => {
      const { version: found, id } = parsed(
        storeForm,
        join(folder, storeName),
        await readPlain(join(folder, storeName)),
      );
      if (found > version) throw damaged(join(folder, storeName), 'newer');
      for (const name of [objects, pointers]) await realFolder(join(folder, name));
      return new SyncStore(folder, id);
    });
  }

  /** The store of this folder, which is made where there is none. One that was half made is made whole. */
  static make(folder: string): Promise<SyncStore> {
    return onDrive(folder, async () => {
      for (const path of [folder, join(folder, objects), join(folder, pointers)]) await makeFolder(path);
      await writeNew(join(folder, '.gitattributes'), noConversion);
      await writeNew(join(folder, storeName), text({ format: 'qcc-sync', version, id: randomUUID() }));
      return SyncStore.open(folder);
    });
  }

  head(): Promise<Head> {
    return onDrive(this.folder, async () => {
      const number = await this.#last();
      if (number === 0) return { number, object: null };
      const { object, parent } = await this.#pointer(number);
      const before = number === 1 ? null : (await this.#pointer(number - 1)).object;
      if (before !== parent) throw damaged(this.#pointerPath(number), 'parent');
      return { number, object };
    });
  }

  /** A snapshot's document. @throws {QccError} `QCC_SYNC_DAMAGED` when its bytes are not those that were written */
  read(object: string): Promise<object> {
    return onDrive(this.folder, async () => (await this.#object(object)).document);
  }

  async #object(object: string): Promise<v.InferOutput<typeof objectForm>> {
    const path = this.#objectPath(object);
    const bytes = await readPlain(path);
    if (hashOf(bytes) !== object) throw damaged(path, 'changed');
    const found = parsed(objectForm, path, bytes);
    if (found.store !== this.id) throw damaged(path, 'stranger');
    return found;
  }

  /**
   * The newest snapshot that both have come from; null: there is none. Where git has merged two pushes, one of them stands in no pointer any
   * more, but in the folder, and what it came from is the line of the other one.
   */
  common(own: string, head: string): Promise<string | null> {
    return onDrive(this.folder, async () => {
      const line = new Set<string>();
      for (let at: string | null = head; at !== null; at = await this.#parent(at)) {
        if (at === own) return own;
        line.add(at);
      }
      let at: string | null = own;
      while (at !== null && !line.has(at)) at = await this.#parent(at);
      return at;
    });
  }

  async #parent(object: string): Promise<string | null> {
    return (await this.#object(object)).parent;
  }

  /**
   * The new head; null: another one has pushed meanwhile, and nothing has changed. The snapshot is whole on the disk before the pointer
   * that names it.
   */
  push(document: object, { number, object: parent }: Head): Promise<string | null> {
    return onDrive(this.folder, async () => {
      const bytes = Buffer.from(text({ store: this.id, parent, document }));
      if (bytes.length > bytesMax) throw damaged(this.folder, 'large');
      const object = hashOf(bytes);
      await writeNew(this.#objectPath(object), bytes.toString());
      // One that stands there already was left half written, or is the same.
      if (hashOf(await readPlain(this.#objectPath(object))) !== object)
        throw damaged(this.#objectPath(object), 'changed');
      const isFirst = await writeNew(this.#pointerPath(number + 1), text({ object, parent }));
      return isFirst ? object : null;
    });
  }

  async #last(): Promise<number> {
    const folder = join(this.folder, pointers);
    await realFolder(folder);
    const names = (await readdir(folder)).filter((name) => !isUnfinished(name));
    if (names.length > pointersMax) throw damaged(folder, 'large');
    // A copy that a drive has made of a conflict: which of the two is meant, only a person knows.
    const stray = names.find((name) => !/^\d{8}\.json$/.test(name));
    if (stray !== undefined) throw damaged(join(folder, stray), 'stray');
    return names.reduce((last, name) => Math.max(last, Number.parseInt(name, 10)), 0);
  }

  async #pointer(number: number): Promise<Pointer> {
    const path = this.#pointerPath(number);
    return parsed(pointerForm, path, await readPlain(path));
  }

  #pointerPath(number: number): string {
    return join(this.folder, pointers, `${String(number).padStart(8, '0')}.json`);
  }

  #objectPath(object: string): string {
    return join(this.folder, objects, `${object}.json`);
  }
}

/** What a writer that was killed has left, and what systems and git put into folders. */
function isUnfinished(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.tmp');
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function text(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function parsed<Form extends v.GenericSchema>(form: Form, path: string, bytes: Buffer): v.InferOutput<Form> {
  let json: unknown;
  try {
    json = parseBounded(bytes.toString('utf8'), jsonBounds);
  } catch {
    throw damaged(path, bytes.includes('\n>>>>>>> ') ? 'conflict' : 'form');
  }
  const found = v.safeParse(form, json);
  if (!found.success) throw damaged(path, 'form');
  return found.output;
}

/** @throws {QccError} `QCC_SYNC_DAMAGED`; the system's error */
async function readPlain(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'EMLINK') throw damaged(path, 'notPlain');
    throw code === 'ENOENT' ? damaged(path, 'missing') : error;
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw damaged(path, 'notPlain');
    if (found.size > bytesMax) throw damaged(path, 'large');
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function realFolder(path: string): Promise<void> {
  const found = await lstat(path).catch((error) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(path, 'missing') : error;
  });
  if (!found.isDirectory()) throw damaged(path, 'notPlain');
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Drives that have no links: the file is made under its name, and a crash may leave half of it, which a reader tells. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS', 'EACCES']);

/** Whole, or not at all. False: there is such a file already, and it stays. */
async function writeNew(path: string, content: string): Promise<boolean> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeSynced(beside, content);
    await link(beside, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!withoutLinks.has(code)) throw error;
    return await writeSynced(path, content).then(
      () => true,
      (failed: NodeJS.ErrnoException) => {
        if (failed.code === 'EEXIST') return false;
        throw failed;
      },
    );
  } finally {
    await rm(beside, { force: true });
  }
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    // Of a full drive: half of a file under its own name would be in the way of every later push.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function damaged(path: string, fault: SyncFault): QccError {
  return new QccError('QCC_SYNC_DAMAGED', { path, fault, typed: shellWord(path) });
}

/** @throws {QccError} `QCC_SYNC_FOLDER` when the system refuses it, or the drive does not answer */
async function onDrive<T>(folder: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' })), patienceMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (error instanceof QccError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new QccError('QCC_SYNC_FOLDER', { folder, code }, code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed);
  } finally {
    clearTimeout(timer);
  }
}
