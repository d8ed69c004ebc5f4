/** The verification of a long log, which a gateway leaves to another process. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { verifyHistory } from '../../src/commands/history/log-care-operation.ts';
import { Json } from '../../src/contract/json.ts';
import { openInstallation } from '../../src/installation/installation.ts';
import { openReplayPool } from '../../src/pool/pool.ts';
import { removeFacts } from '../log/disk.ts';
import { temporaryHome } from '../support/home.ts';

const facts = 30;

async function opened(prepare: (home: string) => Promise<void> = () => Promise.resolve()) {
  const home = temporaryHome();
  const first = await openInstallation(home);
  for (let i = 0; i < facts; i++)
    await first.core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.ttl', from: i, to: i + 1 } }], {
      by: 'cli',
      sync: true,
    }).done;
  await first.close();
  await prepare(home);
  const installation = await openInstallation(home);
  const pool = openReplayPool();
  onTestFinished(async () => {
    await pool.close();
    await installation.close();
  });
  return { home, installation, pool, asked: vi.spyOn(pool, 'ask') };
}

const parsed = (answer: unknown) => (answer instanceof Json ? (JSON.parse(answer.text) as unknown) : answer);
const copiesIn = (home: string) => readdirSync(join(home, 'run')).filter((name) => name.startsWith('frozen-'));

it('another process finds what this one does, and leaves no copy behind', async () => {
  const { home, installation, pool, asked } = await opened();
  const here = await verifyHistory(installation, undefined);
  const [apart, meanwhile] = await Promise.all([
    verifyHistory(installation, pool, facts),
    verifyHistory(installation, pool, facts),
  ]);
  expect(here).toMatchObject({ ok: true, events: facts });
  expect([parsed(apart), parsed(meanwhile)]).toEqual([here, here].map((one) => JSON.parse(JSON.stringify(one))));
  expect(asked).not.toHaveBeenCalled();
  expect(copiesIn(home)).toEqual([]);
});

it('what is wrong is told by the gateway itself: a copy of a log that changes proves nothing', async () => {
  const { home, installation, pool, asked } = await opened((place) => removeFacts(join(place, 'log'), 12));
  const answer = parsed(await verifyHistory(installation, pool, facts - 1));
  expect(answer).toMatchObject({ ok: false, damage: [{ from: 12, to: 12, because: 'missing' }] });
  expect(asked).toHaveBeenCalledOnce();
  expect(copiesIn(home)).toEqual([]);
});

it('a short log is not worth another process', async () => {
  const { installation, pool, asked } = await opened();
  await verifyHistory(installation, pool);
  expect(asked).toHaveBeenCalledOnce();
});

it('one that runs ends with the gateway', async () => {
  const { installation, pool } = await opened();
  const running = verifyHistory(installation, pool, facts);
  running.catch(() => {});
  await pool.close();
  await expect(running).rejects.toMatchObject({ code: 'QCC_GATEWAY_ENDING' });
});
