/**
 * Golden histories: what released versions wrote. Each must fold into the machines that it made on its day, without a decision that
 * today's charts would have landed elsewhere. A file here is never changed; a new version adds one (scripts/record-history.mjs).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { itemStatus } from '../../machines/queue-item.ts';
import { verifyLog } from '../../src/history/verify.ts';
import type { Snapshot } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { foldLog } from '../../src/runtime/fold-log.ts';
import { State } from '../../src/runtime/state.ts';

const folder = import.meta.dirname;
const names = readdirSync(folder).flatMap((name) => /^(.+)\.ndjson$/.exec(name)?.[1] ?? []);

function factsOf(name: string): readonly Recorded[] {
  const lines = readFileSync(join(folder, `${name}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Recorded);
}

/** The purpose of a log: the state of every machine. Statistics may learn to count more; this may not change. */
function pictureOf(state: State) {
  const { state: group, since, active, pinned } = priorityStatus(state.priority);
  return {
    seq: state.seq,
    at: state.at,
    priority: { state: group, since, active, pinned },
    gateway: { state: state.gatewayState, epoch: state.gatewayEpoch },
    endpoints: [...state.endpoints.keys()].sort().map((id) => {
      const { state: name, since: from, until, because, strikes, times } = endpointStatus(state.endpoint(id));
      return { id, state: name, since: from, until, because, strikes, times };
    }),
    queue: [...state.queue.snapshots()].map(([id, snapshot]) => {
      const { state: name, since, attempt } = itemStatus(snapshot);
      return { id, state: name, since, attempt };
    }),
    profiles: state.profiles.all().map(({ name, tier, endpoints }) => ({ name, tier, endpoints: endpoints.length })),
    settings: Object.fromEntries([...state.settings].sort()),
    switches: state.switches.latest(100).map(({ kind, from, to }) => `${kind} ${from} → ${to}`),
  };
}

it('recorded histories of a simulation and of real gateways exist', () => {
  expect(names).toEqual(expect.arrayContaining(['0.1.0-demo', '0.1.0-queue', '0.1.0-storm']));
});

it('a state saved by an older version is read, with its reasons as codes', async () => {
  const { seq, data } = JSON.parse(readFileSync(join(folder, '0.1.0-sentences.state.json'), 'utf8')) as Snapshot;
  const facts = factsOf('0.1.0-sentences');
  const folded = await foldLog(new MemoryLog(facts), seq);
  expect(State.from(data)?.toJSON()).toEqual({ ...folded.toJSON() });
  const log = new MemoryLog(facts);
  await log.saveSnapshot('state', { seq, data });
  expect(pictureOf(await foldLog(log))).toEqual(pictureOf(await foldLog(new MemoryLog(facts))));
});

describe.each(names)('%s', (name) => {
  const facts = factsOf(name);

  it('folds to its recorded state, without drift', async () => {
    const state = await foldLog(new MemoryLog(facts));
    expect(state.drift).toEqual([]);
    await expect(`${JSON.stringify(pictureOf(state), null, 2)}\n`).toMatchFileSnapshot(`${name}.json`);
  });

  it('is complete and intact', async () => {
    expect(await verifyLog(new MemoryLog(facts), {})).toMatchObject({ ok: true, events: facts.length });
  });

  it('folds to the same state from any snapshot', async () => {
    const whole = pictureOf(await foldLog(new MemoryLog(facts)));
    for (let cut = 1; cut < facts.length; cut += Math.ceil(facts.length / 12)) {
      const log = new MemoryLog(facts);
      const then = (await foldLog(log, cut)).toJSON();
      await log.saveSnapshot('state', { seq: then.seq, data: then });
      expect(pictureOf(await foldLog(log)), `cut at #${cut}`).toEqual(whole);
    }
  });
});
