/** Memory outside of the heap: used again or given back at once, so that no request makes the collector run. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { free, Slabs } from '../../src/platform/large-memory.ts';
import { Bodies, type Body } from '../../src/proxy/request/body.ts';
import type { ClientRequest } from '../../src/proxy/request/client.ts';
import { openBlobs } from '../../src/retry-queue/blobs.ts';

const MiB = 1_048_576;
const bodyBytes = 700_000;
const readBytes = 65_536;

describe('large buffers', () => {
  it('are freed at once, without a collection', () => {
    const before = process.memoryUsage().arrayBuffers;
    const bytes = Buffer.allocUnsafeSlow(64 * MiB);
    expect(process.memoryUsage().arrayBuffers).toBeGreaterThan(before + 60 * MiB);
    free(bytes);
    expect(bytes.length).toBe(0);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(before + 4 * MiB);
  });

  it('are kept when they share their memory, or are too small to matter', () => {
    const whole = Buffer.allocUnsafeSlow(MiB);
    const small = Buffer.from('of the pool');
    free(whole.subarray(1));
    free(small);
    expect([whole.length, small.toString()]).toEqual([MiB, 'of the pool']);
  });

  it('are reused for similar lengths, up to the limit of spare memory', () => {
    const slabs = new Slabs(2 * MiB);
    const [one, two, three] = [slabs.take(bodyBytes), slabs.take(bodyBytes), slabs.take(bodyBytes)];
    for (const slab of [one, two, three]) slabs.giveBack(slab);
    const again = [slabs.take(bodyBytes + 1), slabs.take(MiB), slabs.take(MiB)].map(({ buffer }) => buffer);

    expect([again[0] === two.buffer, again[1] === one.buffer, again[2] === three.buffer]).toEqual([true, true, false]);
  });
});

describe('a large request', () => {
  it('that came in pieces is joined, and the pieces are freed', async () => {
    const text = randomBytes(bodyBytes);
    const request = new EventEmitter();
    const body = new Bodies().read(request as unknown as ClientRequest, bodyBytes);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bodyBytes; at += readBytes) {
      const piece = Buffer.allocUnsafeSlow(Math.min(readBytes, bodyBytes - at));
      text.copy(piece, 0, at);
      pieces.push(piece);
      request.emit('data', piece);
    }
    request.emit('end');
    expect(text.equals(((await body) as Body).bytes)).toBe(true);
    expect(pieces.map(({ length }) => length)).toEqual(pieces.map(() => 0));
  });

  it('that came in one piece is not copied', async () => {
    const piece = Buffer.alloc(readBytes, 'x');
    const request = new EventEmitter();
    const body = new Bodies().read(request as unknown as ClientRequest, readBytes);
    request.emit('data', piece);
    request.emit('end');
    expect(((await body) as Body).bytes).toBe(piece);
    expect(piece.length).toBe(readBytes);
  });

  it('enters the queue and leaves it without garbage', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qcc-memory-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const blobs = await openBlobs(join(folder, 'bodies'), randomBytes(32));
    const body = randomBytes(bodyBytes);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 8; i++) {
      const ref = await blobs.put(`item-${i}`, {}, body);
      expect(ref).not.toBe('full');
      const whole = await (await blobs.open(ref)).whole();
      expect(whole.equals(body)).toBe(true);
      free(whole);
    }
    // One place of a MiB, and a read that may be under way: not 8 × 2 × 700 KB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MiB);
  });
});
