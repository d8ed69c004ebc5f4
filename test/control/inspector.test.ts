/** Damage without a reader: found at the start, or by the next look. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { queueIdOf } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import { connect } from '../../src/control/client.ts';
import { Inspector } from '../../src/diagnostics/inspector.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { openInstallation } from '../../src/installation/installation.ts';
import { openReplayPool } from '../../src/pool/pool.ts';
import { temporaryHome } from '../support/home.ts';

const graceMs = 100;
const count = 300;

/** A home whose older facts stand in a table, and newer ones in a journal. */
async function homeWithTable(): Promise<string> {
  const home = temporaryHome();
  const { core, close } = await openInstallation(home);
  for (let i = 0; i < count; i++)
    core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.ttl', from: i, to: i + 1 } }], { by: 'cli' });
  await core.snapshot();
  await core.log.compact();
  await core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.ttl', from: 0, to: 600 } }], {
    by: 'cli',
    sync: true,
  }).done;
  await core.snapshot();
  await close();
  return home;
}

const tableOf = (home: string) =>
  join(home, 'log', readdirSync(join(home, 'log')).find((name) => name.endsWith('.ldb')) ?? '');

function flip(path: string, share: number, at = 1): void {
  const bytes = readFileSync(path);
  const place = Math.floor(bytes.length * share);
  bytes[place] = (bytes[place] ?? 0) ^ at;
  writeFileSync(path, bytes);
}

describe('a flipped byte in a table of the log', () => {
  it.each([0.05, 0.4, 0.8, 0.97, 0.99])(
    'at offset %d is refused by the start with the repair, which reports the loss, and then every check passes',
    async (share) => {
      const home = await homeWithTable();
      flip(tableOf(home), share);
      await expect(runGateway({ home, port: 0 })).rejects.toMatchObject({
        code: 'QCC_LOG_DAMAGED',
        hint: 'qcc history repair',
      });
      const { repairHistory } = await import('../../src/commands/history/repair-operation.ts');
      const { repaired, lost } = await repairHistory(home, Date.UTC(2026, 0, 1));
      expect(repaired).toBe(true);
      const again = await runGateway({ home, port: 0 });
      expect(again.found()).toEqual([]);
      const { call, close } = await connect({ home });
      const { facts } = await call('history.read', { fromSeq: 1, limit: 10_000 });
      const there = new Set(facts.map(({ seq }) => seq));
      const missing = Array.from({ length: count }, (_, i) => i + 1).filter((seq) => !there.has(seq));
      expect(missing.filter((seq) => !lost.some(({ from, to }) => from <= seq && seq <= to))).toEqual([]);
      await close();
      await again.stop(graceMs);
      await again.stopped;
    },
  );
});

describe('while a gateway runs,', () => {
  async function looking(home: string) {
    const installation = await openInstallation(home);
    const inspector = new Inspector(installation);
    await inspector.first();
    const pool = openReplayPool();
    onTestFinished(async () => {
      inspector.stop();
      await pool.close();
      await installation.close();
    });
    return { installation, pool, look: () => inspector.look(pool), ids: () => inspector.found().map(({ id }) => id) };
  }

  it('a damaged table is found by the next look, whatever its time says, and counts as intact when it is restored', async () => {
    const home = await homeWithTable();
    const { installation, pool, look, ids } = await looking(home);
    expect(ids()).toEqual([]);
    const table = tableOf(home);
    const whole = readFileSync(table);
    flip(table, 0.5, 0xff);
    utimesSync(table, 0, 0);
    await look();
    expect(ids()).toContain('log.tables');
    // LevelDB may end the process over it: the past is not read, and new facts are written and kept.
    const { core, paths } = installation;
    const refused = { code: 'QCC_TABLE_DAMAGED', exit: 7, hint: expect.stringContaining('qcc history repair') };
    await expect(core.log.read(1)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
    await expect(pool.ask(paths.log, 'history.read', {})).rejects.toMatchObject(refused);
    await expect(core.log.compact()).rejects.toMatchObject(refused);
    await core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.ttl', from: 600, to: 700 } }], {
      by: 'cli',
      sync: true,
    }).done;
    await core.snapshot();
    writeFileSync(table, whole);
    await look();
    expect(ids()).not.toContain('log.tables');
    const { facts } = JSON.parse((await pool.ask(paths.log, 'history.read', { limit: 1 })).text);
    expect(facts).toMatchObject([{ seq: core.log.head, data: { to: 700 } }]);
  });

  it('what the start has found intact is not read again by its first look, and is known to a start after a kill', async () => {
    const home = await homeWithTable();
    const { installation, pool, look, ids } = await looking(home);
    const scrub = vi.spyOn(pool, 'scrub');
    const { log } = installation.paths;
    expect(existsSync(`${log}.checked`)).toBe(false);
    await look();
    expect(ids()).toEqual([]);
    expect(scrub).not.toHaveBeenCalled();
    // What stood in the journal is a table by now.
    const tables = readdirSync(log).filter((name) => name.endsWith('.ldb'));
    expect(tables.length).toBeGreaterThan(1);
    expect(Object.keys(JSON.parse(readFileSync(`${log}.checked`, 'utf8'))).sort()).toEqual(tables.sort());
  });

  it('a damaged body that the queue needs is found, and an unchanged one is read only once', async () => {
    const home = await homeWithTable();
    const { installation, look, ids } = await looking(home);
    const { core } = installation;
    const blobs = await installation.blobs();
    const id = queueIdOf('018f0000-0000-7000-8000-000000000001');
    const body = await blobs.put(id, { headers: [] }, Buffer.from('a question that waits'));
    const queued: QueuedRequest = {
      request: id,
      body,
      bytes: 21,
      method: 'POST',
      path: '/v1/messages',
      within: null,
      session: 's',
      model: null,
      stream: false,
      requestHash: 'h',
      priority: 'normal',
      strategy: 'exponential',
      maxAttempts: 5,
      nextRetryAt: core.now() + 60_000,
      expiresAt: core.now() + 600_000,
      because: 'overloaded',
    };
    await core.tellQueue(id, { type: 'RequestQueued', data: queued }, { by: 'retry', sync: true }).done;
    const read = vi.spyOn(blobs, 'isWhole');
    await look();
    await look();
    expect([ids(), read.mock.calls.length]).toEqual([[], 1]);
    flip(join(home, 'bodies', body), 0.5);
    await look();
    expect(ids()).toEqual(['queue.bodies']);
    rmSync(join(home, 'bodies', body));
    await look();
    expect(ids()).toEqual(['queue.bodies']);
  });

  it('a file of the home that becomes a folder is found by the next look', async () => {
    const home = await homeWithTable();
    const { installation, look, ids } = await looking(home);
    await installation.core.report(
      'profile/work',
      [{ type: 'ProfileAdded', data: { description: '', tier: 'primary' } }],
      { by: 'cli' },
    ).done;
    rmSync(join(home, 'names.json'));
    mkdirSync(join(home, 'names.json'));
    await look();
    expect(ids()).toEqual(['home.file']);
    rmSync(join(home, 'names.json'), { recursive: true });
    await look();
    expect(ids()).toEqual([]);
  });
});
