/** What the queue keeps on the disk: whole or not at all, unreadable for others, and gone when it is destroyed. */
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { frameBytesMax } from '../../src/retry-queue/blob-format.ts';
import { type Blobs, BlobsFull, openBlobs } from '../../src/retry-queue/blobs.ts';

const root = randomBytes(32);
const head = { path: '/v1/messages', headers: ['anthropic-version', '2023-06-01'] };

function freshFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'qcc-blobs-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'bodies');
}

const lost = { code: 'QCC_BLOB_LOST' };

async function collected(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

async function put(blobs: Blobs, id: string, body: Buffer): Promise<string> {
  const ref = await blobs.put(id, head, body);
  expect(ref).not.toBe('full');
  return ref;
}

async function answered(blobs: Blobs, id: string, pieces: readonly Buffer[]): Promise<string> {
  const writer = await blobs.answer(id, { status: 200 });
  for (const piece of pieces) await writer.write(piece);
  await writer.end();
  return writer.ref;
}

describe('a stored request', () => {
  it.each([0, 1, frameBytesMax - 1, frameBytesMax, frameBytesMax + 1, 700_000, 3_000_000])(
    'of %i bytes is read back unchanged, with its head',
    async (length) => {
      const blobs = await openBlobs(freshFolder(), root);
      const body = randomBytes(length);
      const kept = await blobs.open(await put(blobs, 'item', body));
      expect([kept.head, kept.length]).toEqual([head, length]);
      expect(body.equals(await kept.whole())).toBe(true);
      expect(body.equals(await collected(kept.chunks()))).toBe(true);
    },
  );

  it('is read into memory of its own, which can be transferred to another thread', async () => {
    const blobs = await openBlobs(freshFolder(), root);
    const whole = await (await blobs.open(await put(blobs, 'item', Buffer.from('hello')))).whole();
    expect(whole.buffer.byteLength).toBe(whole.length);
  });

  it('is readable in the next life of the gateway, and with no other key', async () => {
    const folder = freshFolder();
    const ref = await put(await openBlobs(folder, root), 'item', Buffer.from('hello'));
    const next = await openBlobs(folder, root);
    expect((await (await next.open(ref)).whole()).toString()).toBe('hello');
    await expect((await openBlobs(folder, randomBytes(32))).open(ref)).rejects.toMatchObject(lost);
  });

  it('reveals on the disk neither its content nor its name, and is private to its owner', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    await put(blobs, 'queue-item-77', Buffer.from('a secret prompt '.repeat(100)));
    await put(blobs, 'queue-item-78', Buffer.from('a secret prompt '.repeat(100)));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const names = readdirSync(folder);
    expect(names.length).toBe(4);
    const contents = names.map((name) => readFileSync(join(folder, name)));
    expect(names.map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual(names.map(() => 0o600));
    expect(names.join()).not.toContain('item');
    expect(contents.some((bytes) => bytes.includes('secret') || bytes.includes('/v1/messages'))).toBe(false);
    // The same body is stored as different bytes, which do not reveal that a request was repeated.
    expect(new Set(contents.map((bytes) => bytes.toString('hex'))).size).toBe(4);
  });
});

describe('a damaged blob', () => {
  it('is refused wherever it was truncated, before a byte of it is returned', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const ref = await answered(blobs, 'item', [Buffer.from('first'), Buffer.from('second'), Buffer.from('third')]);
    const whole = readFileSync(join(folder, ref));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(join(folder, ref), whole.subarray(0, length));
      await expect(blobs.open(ref), `${length} bytes`).rejects.toMatchObject(lost);
    }
    writeFileSync(join(folder, ref), whole);
    expect((await (await blobs.open(ref)).whole()).toString()).toBe('firstsecondthird');
  });

  it('is never read as intact, whichever byte was changed', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const ref = await answered(blobs, 'item', [Buffer.from('first'), Buffer.from('second')]);
    const whole = readFileSync(join(folder, ref));
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 1;
      writeFileSync(join(folder, ref), changed);
      await expect(
        blobs.open(ref).then((kept) => kept.whole()),
        `byte ${at}`,
      ).rejects.toMatchObject(lost);
    }
  });

  it('is refused under the name of another one of the same item', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const one = await answered(blobs, 'item', [Buffer.from('to the first question')]);
    const other = await answered(blobs, 'item', [Buffer.from('to the other question')]);
    renameSync(join(folder, one), join(folder, other));
    await expect(blobs.open(other)).rejects.toMatchObject(lost);
    await expect(blobs.open(one)).rejects.toMatchObject(lost);
  });

  it('is recognised when its middle was removed', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const ref = await answered(blobs, 'item', [Buffer.from('same length'), Buffer.from('same length')]);
    const whole = readFileSync(join(folder, ref));
    const frame = 'same length'.length + 20;
    const end = whole.length - 28;
    writeFileSync(join(folder, ref), Buffer.concat([whole.subarray(0, end - frame), whole.subarray(end)]));
    await expect(blobs.open(ref)).rejects.toMatchObject(lost);
  });
});

describe('a stored answer', () => {
  it('is no answer before its end is written', async () => {
    const blobs = await openBlobs(freshFolder(), root);
    const writer = await blobs.answer('item', { status: 200 });
    await writer.write(Buffer.from('half of it'));
    await expect(blobs.open(writer.ref)).rejects.toMatchObject(lost);
    await writer.end();
    expect(await blobs.open(writer.ref)).toMatchObject({ head: { status: 200 }, length: 10 });
  });

  it('can be followed from its first byte while it is written, by many readers', async () => {
    const blobs = await openBlobs(freshFolder(), root);
    const writer = await blobs.answer('item', null);
    await writer.write(Buffer.from('one '));
    const early = writer.follow()[Symbol.asyncIterator]();
    expect((await early.next()).value.toString()).toBe('one ');
    const pending = early.next();
    await writer.write(Buffer.from('two '));
    expect((await pending).value.toString()).toBe('two ');
    const late = collected(writer.follow());
    const large = randomBytes(1_000_000);
    await writer.write(large);
    await writer.end();
    const expected = Buffer.concat([Buffer.from('one two '), large]);
    expect(expected.equals(await late)).toBe(true);
    const rest: Buffer[] = [];
    for (let next = await early.next(); !next.done; next = await early.next()) rest.push(Buffer.from(next.value));
    expect(large.equals(Buffer.concat(rest))).toBe(true);
  });

  it('that is abandoned leaves nothing, and its readers are told', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const writer = await blobs.answer('item', null);
    await writer.write(Buffer.from('half of it'));
    const follower = writer.follow()[Symbol.asyncIterator]();
    await follower.next();
    const rest = expect(follower.next()).rejects.toMatchObject(lost);
    await writer.abort();
    await rest;
    expect(readdirSync(folder).filter((name) => name.includes('answer'))).toEqual([]);
    expect(blobs.bytes).toBe(0);
    await expect(writer.write(Buffer.from('more'))).rejects.toMatchObject(lost);
  });
});

describe('a destroyed blob', () => {
  it('cannot be decrypted from a copy of its files, because its key was overwritten in place', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const ref = await put(blobs, 'item', Buffer.from('hello'));
    const key = readdirSync(folder).find((name) => name.endsWith('.key')) as string;
    const before = readFileSync(join(folder, key));
    copyFileSync(join(folder, ref), join(folder, `${ref}.copy`));
    // A second name for the same bytes on the disk: what a look at the raw disk would find.
    linkSync(join(folder, key), join(folder, `${key}.raw`));
    await blobs.destroy('item');
    expect(readdirSync(folder).sort()).toEqual([`${ref}.copy`, `${key}.raw`].sort());
    expect(before.equals(readFileSync(join(folder, `${key}.raw`)))).toBe(false);
    renameSync(join(folder, `${ref}.copy`), join(folder, ref));
    renameSync(join(folder, `${key}.raw`), join(folder, key));
    await expect((await openBlobs(folder, root)).open(ref)).rejects.toMatchObject(lost);
  });

  it('includes the answer that is being written, and no other item', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const other = await put(blobs, 'other', Buffer.from('stays'));
    await put(blobs, 'item', Buffer.from('hello'));
    const writer = await blobs.answer('item', null);
    await blobs.destroy('item');
    await expect(writer.end()).rejects.toMatchObject(lost);
    expect((await (await blobs.open(other)).whole()).toString()).toBe('stays');
    expect(readdirSync(folder).length).toBe(2);
    expect(blobs.bytes).toBe(statSync(join(folder, other)).size);
    await blobs.destroy('item');
  });
});

describe('the space of blobs', () => {
  it('is their size on the disk, in this life and in the next', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root);
    const refs = [
      await put(blobs, 'item', randomBytes(200_000)),
      await answered(blobs, 'item', [randomBytes(10), randomBytes(100_000)]),
    ];
    const onDisk = refs.reduce((sum, ref) => sum + statSync(join(folder, ref)).size, 0);
    expect(blobs.bytes).toBe(onDisk);
    expect((await openBlobs(folder, root)).bytes).toBe(onDisk);
  });

  it('is limited: a request that does not fit is refused and leaves nothing, an answer is broken off', async () => {
    const folder = freshFolder();
    const blobs = await openBlobs(folder, root, { bytesMax: 10_000 });
    await put(blobs, 'first', randomBytes(6_000));
    const { bytes } = blobs;
    expect(await blobs.put('second', head, randomBytes(6_000))).toBe('full');
    expect(await blobs.put('second', 'x'.repeat(20_000), randomBytes(10))).toBe('full');
    expect([blobs.bytes, readdirSync(folder).length]).toEqual([bytes, 2]);
    const writer = await blobs.answer('first', null);
    await writer.write(randomBytes(1_000));
    await expect(writer.write(randomBytes(6_000))).rejects.toThrow(BlobsFull);
    await writer.abort();
    expect(blobs.bytes).toBe(bytes);
    await blobs.destroy('first');
    expect(await blobs.put('second', head, randomBytes(6_000))).not.toBe('full');
  });

  it('is not given out twice to concurrent requests', async () => {
    const blobs = await openBlobs(freshFolder(), root, { bytesMax: 10_000 });
    const puts = await Promise.all(['a', 'b', 'c'].map((id) => blobs.put(id, head, randomBytes(4_000))));
    expect(puts.filter((ref) => ref === 'full').length).toBe(1);
    expect(blobs.bytes).toBeLessThanOrEqual(10_000);
  });
});

describe('the sweep of blobs', () => {
  it('removes what a crash has left and nothing that a fact names', async () => {
    const folder = freshFolder();
    const before = await openBlobs(folder, root);
    const live = await put(before, 'live', Buffer.from('named by a fact'));
    await answered(before, 'live', [Buffer.from('whole, but the fact was not written')]);
    await put(before, 'unnamed', Buffer.from('the fact was not written'));
    const cut = await before.answer('live', null);
    await cut.write(Buffer.from('half of an answer'));
    onTestFinished(() => cut.abort());

    const next = await openBlobs(folder, root);
    const since = await put(next, 'since', Buffer.from('its fact is on its way'));
    const { files, bytes } = await next.sweep(new Set([live]));
    // Two answers, a request, and the key of the item that nothing names.
    expect(files).toBe(4);
    expect(bytes).toBeGreaterThan(0);
    expect(readdirSync(folder).length).toBe(4);
    expect((await (await next.open(live)).whole()).toString()).toBe('named by a fact');
    expect((await (await next.open(since)).whole()).toString()).toBe('its fact is on its way');
    expect(await next.sweep(new Set([live]))).toEqual({ files: 0, bytes: 0 });
  });

  it('leaves foreign files alone', async () => {
    const folder = freshFolder();
    await openBlobs(folder, root);
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    await (await openBlobs(folder, root)).sweep(new Set());
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });
});

describe('a fingerprint', () => {
  it('is equal for equal parts only, and cannot be computed without the key', async () => {
    const blobs = await openBlobs(freshFolder(), root);
    const body = randomBytes(2_500_000);
    const one = await blobs.fingerprint(['POST', '/v1/messages', body]);
    expect(await blobs.fingerprint(['POST', '/v1/messages', Buffer.from(body)])).toBe(one);
    const others = await Promise.all([
      blobs.fingerprint(['POST', '/v1/message', Buffer.concat([Buffer.from('s'), body])]),
      blobs.fingerprint(['POST/v1/messages', body]),
      blobs.fingerprint(['POST', '/v1/messages', body, '']),
      (await openBlobs(freshFolder(), randomBytes(32))).fingerprint(['POST', '/v1/messages', body]),
    ]);
    expect(new Set([one, ...others]).size).toBe(5);
  });
});
