/** What a log on the disk lost is told by the history: once, and over all starts. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { streams } from '../../events/ids.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { factKey } from '../../src/log/codec.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { Core } from '../../src/runtime/core.ts';
import { knownLosses } from '../../src/runtime/losses.ts';
import { State } from '../../src/runtime/state.ts';
import { at } from '../cli/command.ts';
import { Disk, raw, removeFacts } from '../log/disk.ts';
import { all, kept, logFolder } from '../log/facts.ts';
import { Scribe } from '../log/scribe.ts';
import { temporaryHome } from '../support/home.ts';
import { FakeWorld, policies } from '../support/world.ts';

// What the log holds in memory while its disk takes nothing.
const waitingMax = 10_000;
const patient = { timeout: 10_000, interval: 5 };

async function logOf(count: number, dir = logFolder()): Promise<string> {
  const log = await LevelLog.open(dir);
  await log.append(new Scribe().facts(count, 'profile/a'), { sync: true });
  await log.close();
  return dir;
}

const change = (dir: string, seq: number) =>
  raw(dir, async (database) => {
    const bytes = Buffer.from((await database.get(factKey(seq))) ?? '');
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
    await database.put(factKey(seq), bytes);
  });

async function openCore(dir: string) {
  const log = kept(await LevelLog.open(dir));
  return { log, core: await Core.open(log, new FakeWorld(), () => policies) };
}

type Loss = Awaited<ReturnType<typeof knownLosses>>[number];

/** When the fact before them happened is looked at where it is the matter. */
const withoutInstant = ({ from, to, because }: Loss) => ({ from, to, because });

async function lossesIn(log: LevelLog): Promise<readonly Recorded['data'][]> {
  const told = await all(log.readStream(streams.gateway));
  return told.filter(({ type }) => type === 'FactsLost').map(({ data }) => withoutInstant(data as Loss));
}

/** One start, as the gateway does it. */
async function start(dir: string): Promise<readonly Recorded['data'][]> {
  const { log, core } = await openCore(dir);
  await core.tellLosses();
  const told = await lossesIn(log);
  await log.close();
  return told;
}

describe('a loss of facts', () => {
  it('is a fact for each run of numbers, with the reason', async () => {
    const dir = await logOf(20);
    await removeFacts(dir, 4, 5, 6, 12);
    await change(dir, 13);
    await change(dir, 14);
    expect(await start(dir)).toEqual([
      { from: 4, to: 6, because: 'missing' },
      { from: 12, to: 12, because: 'missing' },
      { from: 13, to: 14, because: 'checksum' },
    ]);
  });

  it('has the time of the fact before it', async () => {
    const dir = await logOf(10);
    await removeFacts(dir, 4);
    const { log, core } = await openCore(dir);
    await core.tellLosses();
    const facts = await all(log.read(1));
    expect(facts.find(({ type }) => type === 'FactsLost')?.data).toMatchObject({ from: 4, since: facts[2]?.at });
  });

  it('is recorded once, however often the gateway starts', async () => {
    const dir = await logOf(10);
    await removeFacts(dir, 3);
    const first = await start(dir);
    expect(first).toEqual([{ from: 3, to: 3, because: 'missing' }]);
    expect(await start(dir)).toEqual(first);
    await removeFacts(dir, 4);
    expect(await start(dir)).toEqual([...first, { from: 4, to: 4, because: 'missing' }]);
  });

  it('is recorded once for concurrent calls', async () => {
    const dir = await logOf(10);
    await removeFacts(dir, 3);
    const { log, core } = await openCore(dir);
    await Promise.all([core.tellLosses(), core.snapshot()]);
    expect(await lossesIn(log)).toHaveLength(1);
  });

  it('is not recorded for an intact log', async () => {
    const dir = await logOf(10);
    expect(await start(dir)).toEqual([]);
    const { log } = await openCore(dir);
    expect(log.head).toBe(10);
  });

  it('that is found only while reading is recorded before a snapshot would hide it', async () => {
    // A start looks at the end of a log: this is before it.
    const dir = await logOf(400);
    const before = await openCore(dir);
    await before.core.snapshot();
    await before.log.close();
    await removeFacts(dir, 7);

    const { log, core } = await openCore(dir);
    await core.tellLosses();
    expect(await lossesIn(log)).toEqual([]);
    await all(log.read(1));
    await core.snapshot();
    expect(await lossesIn(log)).toEqual([{ from: 7, to: 7, because: 'missing' }]);
  });

  it('is recorded again when its fact is lost too', async () => {
    const dir = await logOf(10);
    await removeFacts(dir, 3);
    await start(dir);
    const log = await LevelLog.open(dir);
    await log.append(new Scribe(log.head).facts(1, 'profile/b'), { sync: true });
    await log.close();
    await removeFacts(dir, 11);
    expect(await start(dir)).toEqual([
      { from: 3, to: 3, because: 'missing' },
      { from: 11, to: 11, because: 'missing' },
    ]);
  });

  it('during a full disk is recorded when the disk is back, and is still known when it is not', async () => {
    const disk = new Disk();
    const log = kept(await LevelLog.open(logFolder(), { open: disk.open, reopenAfterMs: 1 }));
    const core = await Core.open(log, new FakeWorld(), () => policies);
    disk.full = true;
    disk.gone = true;
    const promised = core.report(streams.config, [{ type: 'TimerElapsed', data: {} }], { by: 'cli', sync: true }).done;
    await expect(promised).rejects.toMatchObject({ code: 'QCC_LOG_SUSPENDED' });
    for (let i = 0; i < waitingMax; i++)
      core.report(streams.config, [{ type: 'TimerElapsed', data: {} }], { by: 'traffic' });
    await vi.waitFor(() => expect(disk.opened).toBeGreaterThan(2), patient);
    expect(await knownLosses(log)).toEqual([]);
    disk.gone = false;
    disk.full = false;
    await vi.waitFor(() => expect(log.state).toBe('open'), patient);
    await core.snapshot();
    const lost = { from: 1, to: 1, because: 'missing' };
    expect(await lossesIn(log)).toEqual([lost]);
    expect((await knownLosses(log)).map(withoutInstant)).toEqual([lost]);
  });

  it('changes no state', async () => {
    const dir = await logOf(10);
    await removeFacts(dir, 3);
    const { log, core } = await openCore(dir);
    const before = core.state.toJSON();
    await core.tellLosses();
    const after = core.state.toJSON();
    const moved = { seq: 0, at: 0, versions: [] };
    expect({ ...after, ...moved }).toEqual({ ...before, ...moved });
    expect(State.from(after)?.seq).toBe(log.head);
  });
});

describe('a gateway over a damaged log', () => {
  it('reports it in its history and in qcc debug, in both languages', async () => {
    const home = temporaryHome();
    const run = at(home);
    expect((await run('add', 'work', '--tier', 'primary')).code).toBe(0);
    expect((await run('add', 'spare', '--tier', 'secondary')).code).toBe(0);
    await change(join(home, 'log'), 2);
    for (let life = 0; life < 2; life++) {
      const gateway = await runGateway({ home, host: '127.0.0.1', port: 0 });
      await gateway.stop(0);
      await gateway.stopped;
    }
    expect(readdirSync(join(home, 'quarantine'))).toEqual(['fact-2']);
    // One document is one fact.
    expect((await run('history', '--json', '--type', 'FactsLost')).json()).toMatchObject({
      stream: 'gateway',
      data: { from: 2, to: 2, because: 'checksum' },
    });
    const english = '#2: their bytes have changed';
    expect((await run('history')).out).toContain(english);
    expect((await run('debug', 'gateway')).out).toContain(english);
    expect((await run('debug', 'gateway', '--lang', 'zh-CN')).out).toContain('#2：字节已被改动');
  });
});
