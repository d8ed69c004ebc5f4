/** The way through a long log after an outage: what is told is found by roll-ups or by facts, and is the same. */
import { expect, it } from 'vitest';
import { type ProfileName, streams } from '../../events/ids.ts';
import { Board } from '../../src/fleet/board.ts';
import { fleetKeys } from '../../src/fleet/identity.ts';
import { Outbox } from '../../src/fleet/outbox.ts';
import { Subjects } from '../../src/fleet/subjects.ts';
import { rollUpOf } from '../../src/history/rolled.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { Log } from '../../src/log/log.ts';
import { rollUpForm } from '../../src/projections/roll-up.ts';
import type { Core } from '../../src/runtime/core.ts';
import { removeFacts } from '../log/disk.ts';
import { kept, logFolder } from '../log/facts.ts';
import { ended } from '../projections/request-facts.ts';
import { attemptFailed, endpointSettings, first, openCore, second } from '../support/world.ts';

const blockFacts = 500;
const requests = 4_400;

/** A long outage of the fleet's server, in which both endpoints are refused once. */
async function outage() {
  const folder = logFolder();
  const log = kept(await LevelLog.open(folder, { blockFacts }));
  const { core } = await openCore(log);
  const added = [first, second].map((id) => ({ type: 'EndpointAdded', data: endpointSettings(id) }));
  core.report(
    streams.profile('main' as ProfileName),
    [{ type: 'ProfileAdded', data: { name: 'main', description: '' } }, ...added],
    { by: 'cli' },
  );
  const position = core.state.seq;
  for (let n = 0; n < requests; n++) {
    if (n === 700) refuse(core, first);
    if (n === requests - 10) refuse(core, second);
    core.requestEnded(`request/${n}`, { type: 'RequestServed', data: ended({ endpoint: first }) });
  }
  await log.flush();
  return { folder, log, core, position };
}

function refuse(core: Core, id: typeof first): void {
  const { data } = attemptFailed();
  const report = { ...data, failure: 'rateLimited' as const, status: 429, retryAfterMs: 3_000_000 };
  core.tellEndpoint(id, { type: 'AttemptFailed', data: report }, { by: 'traffic' });
}

async function tell(core: Core, position: number) {
  const told: object[] = [];
  const outbox = new Outbox(
    {
      core,
      subjects: new Subjects(core, (id) => `key of ${id}`, fleetKeys('a secret of this test')),
      board: new Board(),
      member: '0123456789abcdef',
      publish: async (message) => void told.push(message),
    },
    position,
  );
  await outbox.pump();
  expect(outbox.position).toBe(core.state.seq);
  return told;
}

/** How many facts are read one after another. */
function counting(log: Log) {
  const read = log.read.bind(log);
  const counts = { facts: 0 };
  log.read = async function* (from: number, to?: number) {
    for await (const facts of read(from, to)) {
      counts.facts += facts.length;
      yield facts;
    }
  };
  return counts;
}

it('tells the same by roll-ups, and reads only what none covers', async () => {
  const { log, core, position } = await outage();
  const byFacts = counting(log);
  const told = await tell(core, position);
  expect(told).toMatchObject([
    { kind: 'failure', because: 'rateLimited', status: 429 },
    { kind: 'failure', because: 'rateLimited', status: 429 },
  ]);
  expect(byFacts.facts).toBeGreaterThan(requests);
  for (let from = 1; from + blockFacts <= core.state.seq; from += blockFacts) {
    const made = await rollUpOf(log, from, async () => {});
    await log.rollUps.save(rollUpForm, from, JSON.stringify(made));
  }
  const before = byFacts.facts;
  expect(await tell(core, position)).toEqual(told);
  expect(byFacts.facts - before).toBeLessThan(2 * blockFacts);
});

it('goes past a hole in the log', async () => {
  const { folder, log, core, position } = await outage();
  const told = await tell(core, position);
  await log.close();
  await removeFacts(folder, 1_000, 1_001, 1_002, ...Array.from({ length: 200 }, (_, n) => 2_000 + n));
  const again = kept(await LevelLog.open(folder, { blockFacts }));
  const { core: reopened } = await openCore(again);
  expect(await tell(reopened, position)).toEqual(told);
});
