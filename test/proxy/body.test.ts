/** The memory of bodies: received bytes count, not announced ones, and they are bounded and freed. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Bodies, Body } from '../../src/proxy/request/body.ts';
import type { ClientRequest } from '../../src/proxy/request/client.ts';

const MiB = 1_048_576;
const allMax = 256 * MiB;
const readBytes = 65_536;

class Sender extends EventEmitter {
  paused = 0;
  resumed = 0;
  readonly socket = {
    pause: () => void this.paused++,
    resume: () => void this.resumed++,
    isPaused: () => this.paused > this.resumed,
  };
  get asRequest(): ClientRequest {
    return this as unknown as ClientRequest;
  }
  sends(bytes: number, piece = readBytes): this {
    for (let left = bytes; left > 0; left -= piece) this.emit('data', Buffer.alloc(Math.min(piece, left), 0x20));
    return this;
  }
}

const settled = async (read: unknown) => Promise.race([read, Promise.resolve('coming')]);

describe('the body of a request', () => {
  it('is returned unchanged, in any number of pieces, with or without its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 })), fc.boolean(), async (pieces, tellsLength) => {
        const whole = Buffer.concat(pieces);
        const sender = new Sender();
        const bodies = new Bodies();
        const read = bodies.read(sender.asRequest, tellsLength ? whole.length : null);
        for (const piece of pieces) if (piece.length > 0) sender.emit('data', Buffer.from(piece));
        sender.emit('end');
        const body = (await read) as Body;
        expect(whole.equals(body.bytes)).toBe(true);
        body.release();
        expect(bodies.held).toBe(0);
      }),
    );
  });

  it('that was announced takes no memory before it arrives', async () => {
    const bodies = new Bodies();
    const senders = Array.from({ length: 700 }, () => new Sender());
    for (const sender of senders) void bodies.read(sender.asRequest, 31 * MiB);
    expect(bodies.held).toBe(0);
    for (const sender of senders) sender.sends(1);
    expect(bodies.held).toBeLessThanOrEqual(700 * 262_144);
  });

  it('in chunks of one byte takes the memory of its bytes', async () => {
    const bodies = new Bodies();
    const sender = new Sender();
    const read = bodies.read(sender.asRequest, null);
    const byte = Buffer.from(' ');
    for (let sent = 0; sent < MiB; sent++) sender.emit('data', byte);
    expect(bodies.held).toBeLessThanOrEqual(2 * MiB);
    sender.emit('end');
    expect(((await read) as Body).bytes.length).toBe(MiB);
  });

  it('that arrives very slowly waits for its turn, one at a time', () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const bodies = new Bodies();
      const senders = [new Sender(), new Sender()];
      const byte = Buffer.from(' ');
      for (const sender of senders) {
        void bodies.read(sender.asRequest, null);
        for (let sent = 0; sent < 10_000; sent++) sender.emit('data', byte);
      }
      const waits = () => senders.map(({ paused, resumed }) => paused - resumed);
      expect(waits()).toEqual([1, 1]);
      vi.advanceTimersByTime(20);
      expect(waits()).toEqual([0, 1]);
      vi.advanceTimersByTime(20);
      expect(waits()).toEqual([0, 0]);
      vi.advanceTimersByTime(1_000);
      expect(senders.map(({ resumed }) => resumed)).toEqual([1, 1]);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['announced', 33 * MiB],
    ['sent', null],
  ])('of more than 32 MiB is too large as soon as that is %s', async (_, length) => {
    const bodies = new Bodies();
    const sender = new Sender();
    const read = bodies.read(sender.asRequest, length);
    if (length === null) sender.sends(32 * MiB).sends(1);
    expect(await read).toBe('tooLarge');
    expect(bodies.held).toBe(0);
  });

  it.each(['close', 'error'])('that ends with %s is freed', async (event) => {
    const bodies = new Bodies();
    const sender = new Sender();
    const read = bodies.read(sender.asRequest, MiB);
    sender.sends(1_000).emit(event);
    expect(await read).toBe('gone');
    expect(bodies.held).toBe(0);
    sender.sends(1_000);
    expect(bodies.held).toBe(0);
  });

  it('that is given back twice is freed once', () => {
    const given: Buffer[] = [];
    const body = new Body(
      Buffer.from('x'),
      1,
      (bytes) => given.push(bytes),
      () => {},
    );
    body.release();
    body.release();
    expect(given).toHaveLength(1);
  });

  it('is freed when an answer has begun and all of it was sent, to the endpoint that answers', () => {
    const given: Buffer[] = [];
    const made = () =>
      new Body(
        Buffer.from('x'),
        1,
        (bytes) => given.push(bytes),
        () => {},
      );
    const [one, two, three] = [made(), made(), made()];
    for (const body of [one, two, three]) body.goesUp();
    one.sent();
    one.goesUp();
    one.begun();
    two.sent();
    three.begun();
    expect(given).toEqual([]);
    one.sent();
    two.begun();
    three.sent();
    expect(given).toHaveLength(3);
  });
});

describe('all bodies together', () => {
  it('take 256 MiB, whatever is announced; the one beyond that is refused, and frees its memory', async () => {
    const bodies = new Bodies();
    const reads = Array.from({ length: 60 }, () => new Sender()).map((sender) => ({
      sender,
      read: bodies.read(sender.asRequest, 31 * MiB),
    }));
    let most = 0;
    for (let round = 0; round < 30; round++) {
      for (const { sender } of reads) sender.sends(MiB, MiB);
      most = Math.max(most, bodies.held);
    }
    const ends = await Promise.all(reads.map(({ read }) => settled(read)));
    expect(most).toBeLessThanOrEqual(allMax);
    expect(ends.filter((end) => end === 'coming').length).toBeGreaterThanOrEqual(7);
    expect(new Set(ends)).toEqual(new Set(['coming', 'full']));
    for (const { sender } of reads) sender.emit('close');
    expect(bodies.held).toBe(0);
  });

  it('that are complete keep their memory until they are given back', async () => {
    const bodies = new Bodies();
    const whole: Body[] = [];
    for (let n = 0; n < 8; n++) {
      const sender = new Sender();
      const read = bodies.read(sender.asRequest, 32 * MiB);
      sender.sends(32 * MiB, MiB).emit('end');
      whole.push((await read) as Body);
    }
    expect(bodies.held).toBe(allMax);
    expect(await bodies.read(new Sender().asRequest, 1)).toBe('full');
    whole[0]?.release();
    const sender = new Sender();
    const read = bodies.read(sender.asRequest, 1);
    sender.sends(1).emit('end');
    expect(await read).toBeInstanceOf(Body);
  });

  it('make room for active clients, at the cost of stalled ones', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const bodies = new Bodies();
      const stopped = Array.from({ length: 8 }, () => new Sender()).map((sender) => {
        const read = bodies.read(sender.asRequest, 32 * MiB);
        sender.sends(32 * MiB - 1, MiB);
        return read;
      });
      // A body that has told its length counts for all of its place.
      expect(bodies.held).toBe(allMax);
      expect(await bodies.read(new Sender().asRequest, 1_000)).toBe('full');
      vi.advanceTimersByTime(1_001);
      const sender = new Sender();
      const read = bodies.read(sender.asRequest, 1_000);
      sender.sends(1_000).emit('end');
      expect(await read).toBeInstanceOf(Body);
      const ends = await Promise.all(stopped.map(settled));
      expect(ends.filter((end) => end === 'full')).toHaveLength(1);
      // While connections are short, a client that has sent nothing for so long is no exception.
      const silent = bodies.read(new Sender().asRequest, 1_000);
      bodies.giveUpStalled(5_000);
      expect(await settled(silent)).toBe('coming');
      vi.advanceTimersByTime(5_000);
      bodies.giveUpStalled(5_000);
      expect(await Promise.all([silent, ...stopped])).toEqual(Array(9).fill('full'));
      expect(bodies.held).toBeLessThan(MiB);
    } finally {
      vi.useRealTimers();
    }
  });
});
