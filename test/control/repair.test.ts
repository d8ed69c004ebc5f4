/** The repair of a home's log: killed at each of its changes, and where the log is gone altogether. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { repairHistory } from '../../src/commands/history/repair-operation.ts';
import { openInstallation } from '../../src/installation/installation.ts';
import { dyingAt } from '../support/dying.ts';
import { temporaryHome } from '../support/home.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const count = 30;

/** A home with facts, none of which may go missing. */
async function homeWithFacts(): Promise<{ home: string; facts: readonly Recorded[] }> {
  const home = temporaryHome();
  const installation = await openInstallation(home);
  for (let i = 0; i < count; i++)
    await installation.core.report(
      'config',
      [{ type: 'SettingChanged', data: { key: 'queue.ttl', from: i, to: i + 1 } }],
      {
        by: 'cli',
        sync: true,
      },
    ).done;
  await installation.close();
  return { home, facts: await factsOf(home) };
}

async function factsOf(home: string): Promise<readonly Recorded[]> {
  const { core, close } = await openInstallation(home);
  const facts: Recorded[] = [];
  for await (const part of core.log.read(1)) facts.push(...part);
  await close();
  return facts;
}

function copied(home: string): string {
  const copy = join(dirname(home), 'c');
  rmSync(copy, { recursive: true, force: true });
  cpSync(home, copy, { recursive: true });
  return copy;
}

const leftIn = (home: string) => readdirSync(home).filter((name) => /repair|\.tmp$|\.new$/.test(name));

const withoutManifest = (home: string) => {
  for (const name of readdirSync(join(home, 'log'))) if (name.startsWith('MANIFEST')) rmSync(join(home, 'log', name));
};

// Each change is a repair of its own, with a process for LevelDB's part of it.
const manyRepairsMs = 180_000;

describe('a killed repair', () => {
  it(
    'costs no fact at any change of the disk, and the next repair or start continues it and cleans up',
    async () => {
      const { home, facts } = await homeWithFacts();
      withoutManifest(home);
      let startedAlone = 0;
      for (let n = 0; ; n++) {
        const copy = copied(home);
        const { died } = await dyingAt(n, () => repairHistory(copy, now));
        const opens = await factsOf(copy).then(
          () => true,
          () => false,
        );
        if (opens) startedAlone++;
        else expect(await repairHistory(copy, now), `after change ${n}`).toMatchObject({ repaired: true, lost: [] });
        const found = await factsOf(copy);
        expect(found.slice(0, facts.length), `after change ${n}`).toEqual(facts);
        const told = found.filter(({ type }) => type === 'LogSalvaged');
        expect(told.length, `after change ${n}`).toBe(1);
        expect(leftIn(copy), `after change ${n}`).toEqual([]);
        expect(readdirSync(copy).filter((name) => name.startsWith('log.damaged')).length).toBe(1);
        if (!died) break;
      }
      expect(startedAlone).toBeGreaterThan(1);
    },
    manyRepairsMs,
  );

  it('of a version without an intent file has left its new log between the renames: that one is found', async () => {
    const { home, facts } = await homeWithFacts();
    cpSync(join(home, 'log'), join(home, 'log.repair-AbCdEf', 'new'), { recursive: true });
    renameSync(join(home, 'log'), join(home, 'log.damaged-20260101-000000'));
    await expect(openInstallation(home)).rejects.toMatchObject({ code: 'QCC_LOG_GONE' });
    expect(await repairHistory(home, now)).toMatchObject({ repaired: true, lost: [], facts: facts.length });
    expect((await factsOf(home)).slice(0, facts.length)).toEqual(facts);
    expect(leftIn(home)).toEqual([]);
  });
});

describe('a missing log', () => {
  const gone: readonly (readonly [string, (home: string) => void])[] = [
    ['with its folder', (home) => rmSync(join(home, 'log'), { recursive: true })],
    [
      'from its folder',
      (home) => {
        rmSync(join(home, 'log'), { recursive: true });
        mkdirSync(join(home, 'log'));
      },
    ],
    [
      'behind a link that leads nowhere',
      (home) => {
        rmSync(join(home, 'log'), { recursive: true });
        symlinkSync('/nowhere/at/all', join(home, 'log'));
      },
    ],
    [
      'under a file of its name',
      (home) => {
        rmSync(join(home, 'log'), { recursive: true });
        writeFileSync(join(home, 'log'), 'x');
      },
    ],
  ];

  it.each(gone)('%s is refused, nothing is changed, and the named repair begins anew', async (_, remove) => {
    const { home, facts } = await homeWithFacts();
    mkdirSync(join(home, 'bodies'), { recursive: true });
    writeFileSync(join(home, 'bodies', 'somebody'), 'waits');
    remove(home);
    const head = readFileSync(join(home, 'log.head'), 'utf8');
    await expect(openInstallation(home)).rejects.toMatchObject({
      code: expect.stringMatching(/^QCC_LOG_(GONE|DAMAGED)$/),
      hint: expect.stringContaining('qcc history repair'),
    });
    expect(readFileSync(join(home, 'log.head'), 'utf8')).toBe(head);
    expect(readFileSync(join(home, 'bodies', 'somebody'), 'utf8')).toBe('waits');
    const made = await repairHistory(home, now);
    expect(made).toMatchObject({ repaired: true, facts: 0, lost: [{ from: 1, to: facts.length }] });
    const left = await factsOf(home);
    expect(left.map(({ seq, type }) => [seq, type])).toEqual([[facts.length + 1, 'LogSalvaged']]);
    const kept = readdirSync(home).find((name) => name.startsWith('bodies.kept-')) ?? '';
    expect(readFileSync(join(home, kept, 'somebody'), 'utf8')).toBe('waits');
  });

  it('is noticed by the names of profiles too, when its head file is gone as well', async () => {
    const home = temporaryHome();
    const { core, close } = await openInstallation(home);
    await core.report('profile/work', [{ type: 'ProfileAdded', data: { description: '', tier: 'primary' } }], {
      by: 'cli',
    }).done;
    await close();
    rmSync(join(home, 'log'), { recursive: true });
    rmSync(join(home, 'log.head'));
    await expect(openInstallation(home)).rejects.toMatchObject({ code: 'QCC_LOG_GONE' });
    expect(await repairHistory(home, now)).toMatchObject({ repaired: true, facts: 0 });
    await (await openInstallation(home)).close();
  });

  it('is no fault in a new home', async () => {
    const home = temporaryHome();
    mkdirSync(home, { mode: 0o700 });
    expect(await repairHistory(home, now)).toMatchObject({ repaired: false, facts: 0 });
    await (await openInstallation(home)).close();
    expect(existsSync(join(home, 'log', 'CURRENT'))).toBe(true);
  });
});

it('a folder in the place of a file of the log is reported with the repair, which removes it', async () => {
  const { home, facts } = await homeWithFacts();
  for (const name of [
    'LOCK',
    'CURRENT',
    readdirSync(join(home, 'log')).find((one) => one.startsWith('MANIFEST')) ?? '',
  ]) {
    const copy = copied(home);
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
    rmSync(join(copy, 'log', name));
    mkdirSync(join(copy, 'log', name));
    await expect(openInstallation(copy), name).rejects.toMatchObject({
      code: 'QCC_LOG_DAMAGED',
      hint: 'qcc history repair',
    });
    expect(await repairHistory(copy, now), name).toMatchObject({ repaired: true, lost: [] });
    expect((await factsOf(copy)).slice(0, facts.length), name).toEqual(facts);
  }
});
