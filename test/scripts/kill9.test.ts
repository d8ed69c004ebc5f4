/** The tool that kills the gateway must see what it is there to see: each test breaks one promise. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { streams } from '../../events/ids.ts';
import { showMachines } from '../../src/commands/history/operation.ts';
import { effective } from '../../src/config/settings/settings.ts';
import { type Installation, openInstallation } from '../../src/installation/installation.ts';
import { factKey } from '../../src/log/codec.ts';
import { openDatabase } from '../../src/log/level-database.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { foldLog } from '../../src/runtime/fold-log.ts';
import { factRow } from '../../src/runtime/rows.ts';
import { State } from '../../src/runtime/state.ts';
import { temporaryHome } from '../support/home.ts';

const { Ledger } = await import(new URL('../../scripts/kill9/ledger.mjs', import.meta.url).href);
const { replay } = await import(new URL('../../scripts/kill9/replay.mjs', import.meta.url).href);

const code = { LevelLog, foldLog, State, upcast, showMachines, factRow, effective };
const nothingSeen = { looks: [], facts: new Map() };
const done = () => Promise.resolve();

describe('the ledger of acknowledged writes', () => {
  it('accepts the values that were acknowledged', async () => {
    const ledger = new Ledger();
    await ledger.write('setting a', '1', done);
    await ledger.write('setting a', '2', done);
    expect(ledger.settle(() => '2')).toEqual([]);
    expect(ledger.acknowledged).toBe(2);
  });

  it.each([null, '1'])('reports an acknowledged value as missing when %j is there', async (found) => {
    const ledger = new Ledger();
    await ledger.write('setting a', '1', done);
    await ledger.write('setting a', '2', done);
    expect(ledger.settle(() => found)).toEqual([`setting a: "2" was acknowledged, "${found}" is there`]);
  });

  it.each(['1', '2'])('accepts %s while the answer to 2 is outstanding, and then holds on to it', async (found) => {
    const ledger = new Ledger();
    await ledger.write('setting a', '1', done);
    await expect(ledger.write('setting a', '2', () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(ledger.settle(() => found)).toEqual([]);
    expect(ledger.settle(() => '3')).toHaveLength(1);
  });

  it('reports a switch as missing that the log does not have', async () => {
    const ledger = new Ledger();
    await ledger.switch('spare', () => Promise.resolve({ seq: 7 }));
    expect(ledger.settleSwitches([{ seq: 5, data: { to: 'main' } }])).toHaveLength(1);
    await ledger.switch('spare', () => Promise.resolve({ seq: 9 }));
    expect(ledger.settleSwitches([{ seq: 9, data: { to: 'spare' } }])).toEqual([]);
  });
});

describe('the check of a log after a kill', () => {
  it('finds nothing in a sound log, and compares what was seen', async () => {
    const { dir, installation } = await written();
    const seen = await seenOf(installation);
    await installation.close();
    expect(await replay(code, dir, seen)).toMatchObject({ gaps: 0, drift: 0, lost: 0, looks: 1, faults: [] });
  });

  it('finds a missing fact', async () => {
    const { dir, installation } = await written();
    await installation.close();
    const database = openDatabase(dir, false);
    await database.del(factKey(2));
    await database.close();
    const { gaps, faults } = await replay(code, dir, nothingSeen);
    expect(gaps).toBeGreaterThan(0);
    expect(faults).toContain('#1 is followed by #3');
  });

  it('finds a version that a stream skipped, and a life without an end', async () => {
    const { dir, installation } = await written();
    await installation.core.log.append(
      [started(installation, 1), { ...started(installation, 2), version: 3 }] as Recorded[],
      { sync: true },
    );
    await installation.close();
    const { faults } = await replay(code, dir, nothingSeen);
    expect(faults).toContainEqual(expect.stringContaining('gateway goes from version 1 to 3'));
    expect(faults).toContainEqual(expect.stringContaining('the life before it did not end'));
  });

  it('finds a machine that was seen in another state than the replay gives', async () => {
    const { dir, installation } = await written();
    const seen = await seenOf(installation);
    const [look] = seen.looks;
    const changed = look.machines.map((machine: object, i: number) =>
      i === 0 ? { ...machine, state: 'other' } : machine,
    );
    await installation.close();
    const found = await replay(code, dir, { ...seen, looks: [{ ...look, machines: changed }] });
    expect(found).toMatchObject({ drift: 1, gaps: 0, lost: 0 });
  });

  it('finds a snapshot that differs from the facts', async () => {
    const { dir, installation } = await written();
    const saved = installation.core.state.toJSON();
    const data = { ...saved, settings: [['proxy.port', 1]] };
    await installation.core.log.saveSnapshot('state', { seq: saved.seq, data });
    await installation.close();
    expect(await replay(code, dir, nothingSeen)).toMatchObject({
      drift: 1,
      faults: ['settings differ by the snapshot'],
    });
  });

  it('finds a fact that was shown and never written', async () => {
    const { dir, installation } = await written();
    await installation.close();
    const facts = new Map([[99, {}]]);
    expect(await replay(code, dir, { looks: [], facts })).toMatchObject({ lost: 1 });
  });
});

async function written() {
  const home = temporaryHome();
  const installation = await openInstallation(home);
  for (const to of [1, 2, 3]) {
    const data = { key: 'queue.ttl', from: to - 1, to };
    await installation.core.report(streams.config, [{ type: 'SettingChanged', data }], { by: 'cli', sync: true }).done;
  }
  return { dir: join(home, 'log'), installation };
}

async function seenOf(installation: Installation) {
  const { state } = installation.core;
  return {
    looks: [JSON.parse(JSON.stringify({ ...(await showMachines(installation, {})), seq: state.seq }))],
    facts: new Map(),
  };
}

function started({ core }: Installation, version: number): Recorded {
  const { seq, at } = core.state;
  const data = { version: '1', url: '', pid: 1, epoch: `${version}` };
  const rest = { stream: 'gateway', version, id: `g${version}`, v: 1, data, cause: null, by: 'gateway' as const };
  return { seq: seq + version, at, type: 'GatewayStarted', ...rest };
}
