/** A question answered from roll-ups has the answer that the facts alone give. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, streams } from '../../events/ids.ts';
import { readAudit } from '../../src/history/audit.ts';
import { showBands } from '../../src/history/bands.ts';
import { diffMoments } from '../../src/history/diff.ts';
import { recentSince, statsSince } from '../../src/history/health.ts';
import { listIncidents } from '../../src/history/incidents.ts';
import { rollUpOf } from '../../src/history/rolled.ts';
import { sizesOfLog } from '../../src/history/sizes.ts';
import { rollUpKey } from '../../src/log/codec.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { ReadableLog } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { repairLog } from '../../src/log/repair.ts';
import { rollUpForm, sliceFacts } from '../../src/projections/roll-up.ts';
import type { Core } from '../../src/runtime/core.ts';
import { raw, removeFacts } from '../log/disk.ts';
import { all, kept, logFolder } from '../log/facts.ts';
import { attempt, ended } from '../projections/request-facts.ts';
import { attemptFailed, endpointSettings, FakeWorld, first, noon, openCore, second } from '../support/world.ts';

const blockFacts = 16;
const ids = [first, second];
const options = { blockFacts };

/** A sequence of fractions that looks random, and is always the same. */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

type Draw = () => number;
const oneOf = <T>(draw: Draw, all: readonly T[]): T => all[Math.floor(draw() * all.length)] as T;

const failureOf = (request: string) => {
  const { type, data } = attemptFailed();
  return { type, data: { ...data, request } };
};

/** When the first fact told of a request. */
type Begun = Map<string, number>;

function request(core: Core, draw: Draw, number: number, begun: Begun): void {
  // Streaks of whole blocks, and of others.
  const isCalm = number % 90 < 60;
  const asked = [oneOf(draw, ids), oneOf(draw, ids)].slice(isCalm || draw() < 0.7 ? 1 : 0);
  const attempts = asked.map((endpoint, i, { length }) => {
    const isLast = isCalm || (i === length - 1 && draw() < 0.8);
    return attempt(endpoint, isLast ? 'answered' : oneOf(draw, ['serverError', 'cancelled', 'overloaded']));
  });
  // What is told of a request comes before its end, or after it.
  const tell = (one: string) => {
    if (!isCalm && draw() < 0.3) core.tellEndpoint(oneOf(draw, ids), failureOf(`${one}`), { by: 'traffic' });
  };
  tell(`${number}`);
  tell(`${number - 1 - Math.floor(draw() * 3)}`);
  const later = `${number + 1 + Math.floor(draw() * 30)}`;
  tell(later);
  begun.set(later, begun.get(later) ?? core.now());
  const last = attempts.at(-1);
  const type = last?.outcome === 'answered' ? oneOf(draw, ['RequestServed', 'AnswerBroken']) : 'RequestFailed';
  const data = ended({
    endpoint: last?.endpoint ?? first,
    attempts,
    durationMs: core.now() - (begun.get(`${number}`) ?? core.now()),
    model: `m${Math.floor(draw() * 5)}`,
    ttfbMs: Math.floor(draw() * 900),
    ttftMs: draw() < 0.3 ? null : Math.floor(draw() * 2_000),
    path: draw() < 0.5 ? '/v1/messages' : '/v1/models',
    ...(draw() < 0.2 && { usage: null }),
    ...(draw() < 0.2 && { token: 'ann' }),
  });
  core.requestEnded(`request/${number}`, { type, data });
}

function probe(core: Core, draw: Draw): void {
  const told = { responseMs: Math.floor(draw() * 800), ttftMs: null, score: 80, model: 'm1', tokens: 3 };
  const failed = {
    verdict: 'failure',
    failure: 'serverError',
    responseMs: 9,
    status: 503,
    detail: null,
    retryAfterMs: null,
  };
  const report =
    draw() < 0.5
      ? {
          type: 'ProbeSucceeded',
          data: { ...told, model: draw() < 0.5 ? 'm1' : null, depth: 'conversation', reason: 'interval' },
        }
      : { type: 'ProbeFailed', data: { ...failed, resetAt: null, depth: 'api', reason: 'interval' } };
  core.tellEndpoint(oneOf(draw, ids), report as never, { by: 'probe' });
}

function change(core: Core, draw: Draw): void {
  const endpoint = oneOf(draw, ids);
  const changes = { weight: Math.floor(draw() * 100) };
  const setting = { key: 'health.interval', from: 60, to: Math.floor(draw() * 100) };
  if (draw() < 0.5) core.report(streams.config, [{ type: 'SettingChanged', data: setting }], { by: 'cli' });
  else
    core.report(
      streams.profile((endpoint === first ? 'main' : 'spare') as never),
      [{ type: 'EndpointChanged', data: { endpoint, changes } }],
      { by: 'cli' },
    );
}

/** A life in which everything happens, some of it at the same instant. */
async function lived(
  seed: number,
  facts: number,
  size = blockFacts,
): Promise<{ readonly dir: string; readonly log: LevelLog }> {
  const dir = logFolder();
  const log = kept(await LevelLog.open(dir, { blockFacts: size }));
  const world = new FakeWorld();
  const { core } = await openCore(log, world);
  const draw = drawn(seed);
  const begun: Begun = new Map();
  for (const [profile, tier, endpoint] of [
    ['main', 'primary', first],
    ['spare', 'secondary', second],
  ] as const)
    core.report(
      streams.profile(profile as never),
      [
        { type: 'ProfileAdded', data: { name: profile, description: '' } },
        { type: 'TierAssigned', data: { name: profile, tier } },
        { type: 'EndpointAdded', data: endpointSettings(endpoint as EndpointId) },
      ],
      { by: 'cli' },
    );
  for (let number = 0; core.state.seq < facts; number++) {
    world.pass(Math.floor(draw() * 3) * (draw() < 0.1 ? 60_000 : 1));
    core.tick();
    const dice = draw();
    if (dice < 0.6) request(core, draw, number, begun);
    else if (number % 90 < 50) request(core, draw, number, begun);
    else if (dice < 0.75) core.tellEndpoint(oneOf(draw, ids), attemptFailed(), { by: 'traffic' });
    else if (dice < 0.93) probe(core, draw);
    else change(core, draw);
  }
  await log.flush();
  return { dir, log };
}

async function rolledUp(log: LevelLog): Promise<void> {
  const { size } = log.rollUps;
  for (let from = 1; from + size - 1 <= log.head; from += size) {
    const made = await rollUpOf(log, from, () => Promise.resolve());
    if (made) await log.rollUps.save(rollUpForm, from, JSON.stringify(made));
  }
}

/** The same facts without roll-ups. */
const plainOf = async (log: LevelLog) => new MemoryLog(await all(log.read(1)));

const parsed = (answer: unknown) => JSON.parse(JSON.stringify(answer)) as unknown;

/** Every question that roll-ups help to answer, about one range. */
async function answersOf(log: ReadableLog, [from, to]: readonly [Recorded, Recorded]) {
  return {
    stats: await statsSince(log, { since: from.at }),
    recent: await recentSince(log, { since: from.at }),
    audit: await readAudit(log, { from: from.at, to: to.at }),
    numbered: await readAudit(log, { fromSeq: from.seq, toSeq: to.seq, limit: 3 }),
    bands: await showBands(log, { from: from.at, to: to.at, buckets: 7 }),
    narrow: await showBands(log, { from: from.at, to: to.at, buckets: 100 }),
    incidents: await listIncidents(log, { since: from.at, until: to.at, limit: 1_000 }),
    diff: await diffMoments(log, { from: { seq: from.seq }, to: { seq: to.seq } }),
  };
}

describe('roll-ups', () => {
  it.each([1, 2])('give the answers of the facts for every range (seed %i)', async (seed) => {
    const { log } = await lived(seed, 200);
    await rolledUp(log);
    const plain = await plainOf(log);
    const facts = await all(plain.read(1));
    const draw = drawn(seed);
    expect(await sizesOfLog(log, {})).toEqual(await sizesOfLog(plain, {}));
    for (const from of facts.filter((_, i) => i % 9 === seed)) {
      const range = [from, oneOf(draw, facts)] as const;
      expect(parsed(await answersOf(log, range)), `#${from.seq}`).toEqual(parsed(await answersOf(plain, range)));
    }
  });

  it('give the bars of a chart of the facts, also where one ends within a block', async () => {
    const { log } = await lived(11, 1_000, 3 * sliceFacts + 7);
    await rolledUp(log);
    const plain = await plainOf(log);
    const facts = await all(plain.read(1));
    for (const [i, buckets] of [1, 2, 3, 10, 60].entries()) {
      const range = { from: facts[i * 50]?.at ?? 0, to: facts.at(-1 - i * 30)?.at ?? 0, buckets };
      expect(parsed(await showBands(log, range)), `${buckets}`).toEqual(parsed(await showBands(plain, range)));
    }
  });

  it('leave only the facts at both ends to be read', async () => {
    const { log } = await lived(4, 200);
    await rolledUp(log);
    let [read, named] = [0, 0];
    const seen = {
      ...{ head: log.head, tail: log.tail, damage: log.damage },
      seqAt: (at: number) => log.seqAt(at),
      async *read(from: number, to?: number) {
        for await (const facts of log.read(from, to)) {
          read += facts.length;
          yield facts;
        }
      },
      rollUps: {
        ...{ size: blockFacts, within: log.rollUps.within.bind(log.rollUps) },
        async *read(seqs: readonly number[]) {
          named += seqs.length;
          yield* log.rollUps.read(seqs);
        },
      },
    } as unknown as ReadableLog;
    for (const ask of [statsSince, recentSince]) {
      read = 0;
      await ask(seen, { since: noon + 1 });
      expect(read).toBeLessThan(2 * blockFacts);
    }
    read = 0;
    await sizesOfLog(seen, {});
    expect([read, named]).toEqual([log.head % blockFacts, 0]);
    // The former values come from a fold of the beginning, which is of no interest here.
    await readAudit({ ...seen, loadSnapshot: async () => undefined } as ReadableLog, {});
    expect(named).toBeGreaterThan(0);
    expect(named).toBeLessThan(60);
  });

  it('are not used where the log is known to be damaged, or where they are damaged themselves', async () => {
    const { dir, log } = await lived(5, 100);
    await rolledUp(log);
    await log.close();
    await removeFacts(dir, 20);
    await raw(dir, async (database) => {
      const key = rollUpKey(rollUpForm, 33);
      const record = (await database.get(key)) as Buffer;
      record.writeUInt8(record.readUInt8(60) ^ 1, 60);
      await database.put(key, record);
    });
    const again = kept(await LevelLog.open(dir, options));
    const plain = new MemoryLog(await all(again.read(1)));
    const [fact] = await all(again.read(2, 2));
    const sizes = await sizesOfLog(again, {});
    expect(sizes).toEqual(await sizesOfLog(plain, {}));
    expect(sizes.facts).toBe(again.head - 1);
    expect(await statsSince(again, { since: fact?.at ?? 0 })).toEqual(
      await statsSince(plain, { since: fact?.at ?? 0 }),
    );
    expect(await rollUpOf(again, 17, () => Promise.resolve())).toBeUndefined();
  });

  it('are not used for other facts with the same numbers', async () => {
    const [own, other] = [await lived(6, 60), await lived(7, 60)];
    await rolledUp(other.log);
    for (const { log } of [own, other]) await log.close();
    const value = await raw(other.dir, (database) => database.get(rollUpKey(rollUpForm, 1)) as Promise<Buffer>);
    await raw(own.dir, (database) => database.put(rollUpKey(rollUpForm, 1), value));
    const again = kept(await LevelLog.open(own.dir, options));
    expect(await sizesOfLog(again, {})).toEqual(await sizesOfLog(await plainOf(again), {}));
  });

  it('of other rules are not seen, and are removed', async () => {
    const { log } = await lived(8, 60);
    await log.rollUps.save('former', 1, '{}');
    await log.rollUps.save('later', 17, '{}');
    await rolledUp(log);
    expect(await sizesOfLog(log, {})).toEqual(await sizesOfLog(await plainOf(log), {}));
    expect((await log.rollUps.made(rollUpForm)).slice(0, 2)).toEqual([1, 17]);
    expect(await all(log.rollUps.within('former', [1, 60]) as AsyncIterable<never>)).toEqual([]);
  });

  it('of blocks that retention cuts are removed with the facts', async () => {
    const { log } = await lived(9, 100);
    await rolledUp(log);
    await log.trim(40);
    expect(await log.rollUps.made(rollUpForm)).toEqual([49, 65, 81]);
    const rest = new MemoryLog(await all(log.read(40)));
    await rest.trim(40);
    expect(await sizesOfLog(log, {})).toEqual(await sizesOfLog(rest, {}));
  });

  it('are made anew after a repair', async () => {
    const { dir, log } = await lived(10, 60);
    await rolledUp(log);
    await log.close();
    await removeFacts(dir, 20);
    await repairLog(dir, 'log.damaged');
    const again = kept(await LevelLog.open(dir, options));
    expect(await again.rollUps.made(rollUpForm)).toEqual([]);
    await rolledUp(again);
    expect(await again.rollUps.made(rollUpForm)).toEqual([1, 33]);
    expect(await sizesOfLog(again, {})).toEqual(await sizesOfLog(new MemoryLog(await all(again.read(1))), {}));
  });
});
