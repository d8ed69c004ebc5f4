import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { streams } from '../../events/ids.ts';
import { stateAt } from '../../src/history/moment.ts';
import { verifyLog } from '../../src/history/verify.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { Log } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Core } from '../../src/runtime/core.ts';
import { type Keeping, Maintenance } from '../../src/runtime/maintenance.ts';
import { kept, logFolder } from '../log/facts.ts';
import { FakeWorld, openCore } from '../support/world.ts';

function write(core: Core, count: number): void {
  for (let i = 0; i < count; i++) {
    core.report(streams.gateway, [{ type: 'Online', data: {} }], { by: 'gateway' });
  }
}

async function life(log: Log, keeping: Partial<Keeping> = {}) {
  const world = new FakeWorld();
  const { core } = await openCore(log, world);
  const maintenance = new Maintenance(core, () => ({ days: 30, bytes: 0, ...keeping }));
  maintenance.start();
  onTestFinished(() => maintenance.stop());
  return { core, maintenance: maintenance, world };
}

describe('maintenance', () => {
  it('makes a snapshot after 5,000 facts', async () => {
    const log = new MemoryLog();
    const { core, maintenance } = await life(log);
    write(core, 4_999);
    await maintenance.stop();
    expect(await log.loadSnapshot('state')).toBeUndefined();
    write(core, 1);
    await maintenance.stop();
    expect((await log.loadSnapshot('state'))?.seq).toBe(5_000);
  });

  it('counts facts that killed lives left without a snapshot', async () => {
    const log = new MemoryLog();
    write((await life(log)).core, 3_000);
    const second = await life(log);
    write(second.core, 2_000);
    await second.maintenance.stop();
    expect((await log.loadSnapshot('state'))?.seq).toBe(5_000);
  });

  it('does not count facts of the snapshot that a life began with', async () => {
    const log = new MemoryLog();
    const before = await life(log);
    write(before.core, 4_000);
    await before.core.snapshot();
    const second = await life(log);
    write(second.core, 4_999);
    await second.maintenance.stop();
    expect((await log.loadSnapshot('state'))?.seq).toBe(4_000);
  });

  it('trims up to a snapshot, so that every remaining moment can be folded', async () => {
    const log = new MemoryLog();
    const { core, maintenance, world } = await life(log);
    write(core, 10);
    await core.snapshot();
    write(core, 10);
    world.pass(31 * 86_400_000);
    write(core, 10);
    expect(await maintenance.trim()).toBe(20);
    expect(log.tail).toBe(21);
    expect((await stateAt(log, 21)).seq).toBe(21);
    expect((await stateAt(log, 20)).seq).toBe(20);
    await expect(stateAt(log, 19)).rejects.toMatchObject({ code: 'QCC_HISTORY_TRIMMED', exit: 5 });
  });

  it('keeps what fits into the size, from a snapshot on', async () => {
    const log = new MemoryLog();
    const { core, maintenance } = await life(log);
    for (let i = 0; i < 5; i++) {
      write(core, 1_000);
      await core.snapshot();
    }
    await maintenance.stop();
    const whole = await log.size();
    const tight = new Maintenance(core, () => ({ days: 30, bytes: whole / 2 }));
    // Half of so small a room stays free, and a twentieth is left for what comes next: 3,875 of 5,000 are too much.
    const trimmed = await tight.trim();
    expect(Math.abs(trimmed - 3_875)).toBeLessThan(10);
    expect(log.tail).toBe(trimmed + 1);
    expect((await log.loadSnapshot('state', trimmed))?.seq).toBe(trimmed);
    expect(await new Maintenance(core, () => ({ days: 30, bytes: whole })).trim()).toBe(0);
  });

  it('bounds the log on the disk at full speed, and what is left can be verified', async () => {
    const log = kept(await LevelLog.open(logFolder()));
    const { core, maintenance } = await life(log, { bytes: 4_000_000 });
    const sizes: number[] = [];
    for (let i = 0; i < 12; i++) {
      write(core, 5_000);
      await log.flush();
      sizes.push(await log.size());
      await maintenance.stop();
      sizes.push(await log.size());
    }
    expect(log.tail).toBeGreaterThan(20_000);
    // Of so small a log, what is still in a journal is the most.
    expect(Math.max(...sizes)).toBeLessThan(10_000_000);
    expect((await stateAt(log, log.tail)).seq).toBe(log.tail);
    expect(await verifyLog(log, { running: core.state.toJSON() })).toMatchObject({ ok: true });
  });

  it('looks at the size after each snapshot: at full speed an hour is too long', async () => {
    const log = new MemoryLog();
    const limit = { bytes: Number.POSITIVE_INFINITY };
    const { core, maintenance } = await life(log, limit);
    write(core, 6_000);
    await maintenance.stop();
    limit.bytes = await log.size();
    const sizes: number[] = [];
    for (let i = 0; i < 4; i++) {
      write(core, 5_000);
      await maintenance.stop();
      sizes.push(await log.size());
    }
    expect(sizes.filter((size) => size > limit.bytes)).toEqual([]);
    expect(log.tail).toBeGreaterThan(20_000 - 6_000);
    expect((await stateAt(log, log.tail)).seq).toBe(log.tail);
  });

  it('tries again in an hour when the disk is full', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const log = new MemoryLog();
    const { core } = await life(log, { bytes: 1 });
    write(core, 10);
    await core.snapshot();
    write(core, 10);
    const save = vi.spyOn(log, 'saveSnapshot').mockRejectedValue(new Error('no space left on device'));
    // An unhandled rejection would end the process, and this test.
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([save.mock.calls.length > 0, log.tail]).toEqual([true, 1]);
    save.mockRestore();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(log.tail).toBe(21);
  });

  it('follows the days of retention with little traffic too, soon after each start, and the history stays whole', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const dir = logFolder();
    const log = kept(await LevelLog.open(dir));
    const { core, world } = await life(log);
    for (let day = 0; day < 40; day++) {
      write(core, 3);
      world.pass(86_400_000);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(log.tail).toBe(31));
    await core.snapshot();
    const answer = await verifyLog(log, { running: core.state.toJSON() });
    expect(answer).toMatchObject({ ok: true, from: 31, events: log.head - 30, expected: log.head - 30 });
  });

  it('keeps the snapshot that the rest is folded from, however many are made after it', async () => {
    const log = kept(await LevelLog.open(logFolder()));
    const { core, maintenance, world } = await life(log);
    write(core, 20);
    world.pass(31 * 86_400_000);
    write(core, 5);
    expect(await maintenance.trim()).toBe(20);
    for (let i = 0; i < 10; i++) {
      write(core, 20);
      await core.snapshot();
    }
    expect(await verifyLog(log, { running: core.state.toJSON() })).toMatchObject({ ok: true, from: 21, events: 205 });
  });
});
