/** One blob's file: written in order and synced at its end, read from its beginning, also while it is still written. */
import { type FileHandle, open } from 'node:fs/promises';
import { free, Slabs } from '../platform/large-memory.ts';
import {
  BlobLost,
  endBytes,
  frameBytesMax,
  frameExtra,
  framesLength,
  Opener,
  preambleBytes,
  Sealer,
  sizeOf,
} from './blob-format.ts';

// What is encrypted in one go: half a millisecond of it, so that nothing else waits.
const sliceBytes = 4 * frameBytesMax;
// Most requests: they go to the disk in one call.
const wholeBytesMax = 16 * frameBytesMax;
// For the few that are written at the same time.
const places = new Slabs(4 * wholeBytesMax);
// What a head needs, nearly always: the client's headers.
const beginningBytes = 16_384;
// Room for the longest frame, and for hundreds of those that an event stream makes.
const readBytes = 2 * (frameBytesMax + frameExtra);
const ownerOnly = 0o600;

export interface BlobWriter {
  /** What a fact names it by. */
  readonly ref: string;
  /** One after the other: the next when this one has resolved. @throws {BlobsFull} when there is no room for them */
  write(bytes: Buffer): Promise<void>;
  /** Whole and synced when it resolves: only then may a fact name it. */
  end(): Promise<void>;
  /** Nothing of it stays. */
  abort(): Promise<void>;
  /**
   * Its bytes from the first on, also those that are still to come. Throws when it was aborted: those who followed have
   * seen a beginning without an end.
   */
  follow(): AsyncIterable<Buffer>;
}

export interface BlobReader {
  readonly head: unknown;
  /** Without the head. */
  readonly length: number;
  /** @throws {BlobLost} at the first byte that is not as it was written */
  chunks(): AsyncIterable<Buffer>;
  /** In memory of its own, which may be handed to another thread. */
  whole(): Promise<Buffer>;
}

/** What the folder does for a writer. */
export interface Keeping {
  /** Takes room for so many bytes; throws when there is none. */
  take(bytes: number): void;
  /** Makes the file's name and its key durable. */
  named(): Promise<void>;
  /** Removes the file and gives its room back. */
  drop(): Promise<void>;
}

interface Place {
  readonly path: string;
  readonly ref: string;
  readonly dataKey: Buffer;
}

/** Writes a blob that is there from the beginning. Synced when it resolves. @throws {BlobsFull} */
export async function writeBlob(place: Place, head: unknown, bytes: Buffer, keeping: Keeping): Promise<void> {
  if (bytes.length > wholeBytesMax) {
    const writer = await FileWriter.create(place, head, keeping);
    try {
      await writer.write(bytes);
      await writer.end();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return;
  }
  const all = await sealed(place, head, bytes);
  try {
    keeping.take(all.length);
    const file = await open(place.path, 'wx', ownerOnly);
    try {
      await file.writeFile(all);
      await Promise.all([file.sync(), keeping.named()]);
    } finally {
      await file.close();
    }
  } finally {
    places.giveBack(all);
  }
}

/** All of a blob, at a place that is to be given back. */
async function sealed({ dataKey, ref }: Place, head: unknown, bytes: Buffer): Promise<Buffer> {
  const sealer = new Sealer(dataKey, ref);
  const begin = Buffer.concat(beginning(sealer, head));
  const all = places.take(begin.length + framesLength(bytes.length) + endBytes);
  let filled = begin.copy(all);
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    if (at > 0) await new Promise(setImmediate);
    const slice = bytes.subarray(at, at + sliceBytes);
    filled += sealer.bytes(slice, all.subarray(filled, filled + framesLength(slice.length))).length;
  }
  sealer.end().copy(all, filled);
  return all;
}

function beginning(sealer: Sealer, head: unknown): readonly Buffer[] {
  return [sealer.preamble, sealer.head(Buffer.from(JSON.stringify(head)))];
}

export class FileWriter implements BlobWriter {
  readonly ref: string;
  readonly #place: Place;
  readonly #file: FileHandle;
  readonly #sealer: Sealer;
  readonly #keeping: Keeping;
  readonly #from: number;
  #until: number;
  #state: 'open' | 'ended' | 'aborted' = 'open';
  readonly #waiting: (() => void)[] = [];

  static async create(place: Place, head: unknown, keeping: Keeping): Promise<FileWriter> {
    const sealer = new Sealer(place.dataKey, place.ref);
    const begin = Buffer.concat(beginning(sealer, head));
    keeping.take(begin.length + endBytes);
    const file = await open(place.path, 'wx', ownerOnly);
    try {
      await file.writeFile(begin);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new FileWriter(place, file, sealer, keeping, begin.length);
  }

  private constructor(place: Place, file: FileHandle, sealer: Sealer, keeping: Keeping, from: number) {
    this.ref = place.ref;
    this.#place = place;
    this.#file = file;
    this.#sealer = sealer;
    this.#keeping = keeping;
    this.#from = from;
    this.#until = from;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      await this.#append(this.#sealer.bytes(bytes.subarray(at, at + sliceBytes)));
    }
  }

  async end(): Promise<void> {
    this.#refuseWhenOver();
    // Its room was taken at the beginning.
    await this.#file.writeFile(this.#sealer.end());
    // At the same time: the disk waits for each, and its name was there before its bytes.
    await Promise.all([this.#file.sync(), this.#keeping.named()]);
    await this.#file.close();
    this.#over('ended');
  }

  async abort(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#over('aborted');
    await this.#file.close().catch(() => {});
    await this.#keeping.drop();
  }

  async *follow(): AsyncIterable<Buffer> {
    // The file is there as long as its writer, and longer for those who have it open.
    const file = await opened(this.#place);
    try {
      const { openRest } = await beginningOf(file, this.#place, this.#from);
      yield* bytesOf(file, openRest(), this.#from, (at) => this.#beyond(at));
    } finally {
      await file.close();
    }
  }

  async #append(frames: Buffer): Promise<void> {
    this.#refuseWhenOver();
    this.#keeping.take(frames.length);
    const { length } = frames;
    await this.#file.writeFile(frames);
    free(frames);
    this.#until += length;
    this.#wake();
  }

  /** Resolves to where whole frames end: beyond `at`, or at it when nothing more comes. */
  async #beyond(at: number): Promise<number> {
    while (this.#until === at && this.#state === 'open')
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#state === 'aborted') throw new BlobLost('aborted');
    return this.#until;
  }

  #over(state: 'ended' | 'aborted'): void {
    this.#state = state;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #refuseWhenOver(): void {
    if (this.#state !== 'open') throw new BlobLost('aborted');
  }
}

/** Reads the head and the end, which tell whether all of it is there. @throws {BlobLost} */
export async function openBlob(place: Place): Promise<BlobReader> {
  const first = await opened(place);
  const { head, end, from, until, openRest } = await ends(first, place).finally(() => first.close());
  const chunks = async function* (): AsyncIterable<Buffer> {
    const file = await opened(place);
    try {
      yield* bytesOf(file, openRest(), from, () => Promise.resolve(until));
    } finally {
      await file.close();
    }
  };
  return {
    head,
    length: end.bytes,
    chunks,
    async whole() {
      const all = Buffer.allocUnsafeSlow(end.bytes);
      let filled = 0;
      for await (const chunk of chunks()) {
        chunk.copy(all, filled);
        filled += chunk.length;
        free(chunk);
      }
      if (filled !== end.bytes) throw new BlobLost('cut');
      return all;
    },
  };
}

async function opened({ path }: Place): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new BlobLost('gone');
    throw error;
  }
}

async function ends(file: FileHandle, place: Place) {
  const { size } = await file.stat();
  const { opener, head, from, openRest } = await beginningOf(file, place, size);
  const end = opener.end(await exactly(file, size - endBytes, endBytes));
  if (size !== sizeOf(head.length, end)) throw new BlobLost('cut');
  return { head: JSON.parse(head.toString()) as unknown, end, from, until: size - endBytes, openRest };
}

/** @param size what there is of the file */
async function beginningOf(file: FileHandle, { dataKey, ref }: Place, size: number) {
  let bytes = await exactly(file, 0, Math.min(size, beginningBytes));
  const preamble = bytes.subarray(0, preambleBytes);
  const opener = new Opener(dataKey, ref, preamble);
  if (bytes.length < preambleBytes + frameExtra) throw new BlobLost('cut');
  const from = preambleBytes + frameExtra + bytes.readUInt32BE(preambleBytes);
  if (from > size) throw new BlobLost('cut');
  if (from > bytes.length) bytes = await exactly(file, 0, from);
  const head = opener.frame(bytes.subarray(preambleBytes, from));
  return { opener, head, from, openRest: () => new Opener(dataKey, ref, preamble, 1) };
}

/** @param beyond resolves to where whole frames end; with what it was given, nothing more comes */
async function* bytesOf(
  file: FileHandle,
  opener: Opener,
  from: number,
  beyond: (at: number) => Promise<number>,
): AsyncIterable<Buffer> {
  let buffer: Buffer = Buffer.alloc(0);
  for (let at = from, until = await beyond(at); until > at; until = await beyond(at)) {
    const wanted = Math.min(readBytes, until - at);
    if (buffer.length < wanted) buffer = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await file.read(buffer, 0, wanted, at);
    const { text, length } = openFrames(buffer.subarray(0, bytesRead), opener);
    at += length;
    yield text;
  }
}

/** As many frames as are whole in these bytes, one at least. */
function openFrames(bytes: Buffer, opener: Opener): { text: Buffer; length: number } {
  const texts: Buffer[] = [];
  let at = 0;
  for (let next = Opener.lengthOf(bytes); next !== undefined; next = Opener.lengthOf(bytes.subarray(at))) {
    texts.push(opener.frame(bytes.subarray(at, at + next)));
    at += next;
  }
  const [first] = texts;
  if (!first) throw new BlobLost('cut');
  if (texts.length === 1) return { text: first, length: at };
  const text = Buffer.concat(texts);
  for (const one of texts) free(one);
  return { text, length: at };
}

async function exactly(file: FileHandle, at: number, length: number): Promise<Buffer> {
  if (at < 0) throw new BlobLost('cut');
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  if (bytesRead !== length) throw new BlobLost('cut');
  return buffer;
}
