/** `history export --hash-names`: a chosen name, in any place that takes one, is not readable to others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointId, QueueId, RequestId } from '../../events/ids.ts';
import { streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { openIncident } from '../../src/history/incident-log.ts';
import { IncidentSeal } from '../../src/history/incident-seal.ts';
import { ask } from '../../src/history/questions.ts';
import type { ReadableLog } from '../../src/log/log.ts';
import { memoryInstallation } from '../support/installation.ts';
import { queued } from '../support/queue.ts';
import { attemptFailed } from '../support/world.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const places = ['main', 'spare', 'gone', 'first', 'second', 'third', 'host', 'other'] as const;
type Named = Readonly<Record<(typeof places)[number], string>>;

/** A life in which each place that takes a name has one, also what was removed before it is told. */
async function lived(called: Named) {
  const it = await memoryInstallation();
  const { call, core, world } = it;
  const urlOf = (host: string) => `https://${host}.example/customer/v1`;
  await call('profile.add', { name: called.gone, tier: 'primary', description: `about ${called.gone}` });
  await call('endpoint.add', { profile: called.gone, name: called.third, baseUrl: urlOf(called.other), key });
  await call('priority.switch', { profile: called.gone, reason: `for ${called.gone}` });
  await call('profile.add', { name: called.main, tier: 'primary', description: `about ${called.main}` });
  await call('endpoint.add', { profile: called.main, name: called.first, baseUrl: urlOf(called.host), key });
  await call('profile.add', { name: called.spare, tier: 'secondary' });
  // From here on its source is a profile.
  await call('endpoint.copy', { profile: called.spare, from: called.main });
  const [copied] = (await call('endpoint.list', { profile: called.spare })).endpoints;
  await call('endpoint.update', { profile: called.spare, id: copied?.id ?? '', name: called.second });
  await call('profile.default', { name: called.main });
  await call('profile.remove', { name: called.gone });
  await call('config.set', { key: 'health.model', value: `model-${called.third}` });
  await call('config.set', { key: 'proxy.allowed_hosts', value: `${called.host}.example` });
  await call('config.snapshot', { description: `before ${called.main} and ${called.spare}` });
  await call('priority.switch', { profile: called.spare, reason: `${called.main} is slow` });
  await call('priority.release', {});
  await call('priority.switch', { profile: called.main });
  await call('priority.release', {});
  await core.snapshot();
  const begun = core.state.seq;
  const [endpoint] = (await call('endpoint.list', { profile: called.main })).endpoints;
  const id = endpoint?.id as EndpointId;
  for (let i = 0; i < 4; i++) {
    world.pass(1_000);
    const { data } = attemptFailed('unreachable');
    const said = `${called.first} of ${called.main}: getaddrinfo ENOTFOUND ${called.host}.example, see ${urlOf(called.host)}`;
    core.tellEndpoint(
      id,
      { type: 'AttemptFailed', data: { ...data, detail: reason('told', { text: said }) } },
      { by: 'traffic' },
    );
  }
  const queueId = '0123456789ab' as QueueId;
  core.tellQueue(queueId, { type: 'RequestQueued', data: queued({ within: called.main }) }, { by: 'traffic' });
  const attempts = [
    { endpoint: id, at: world.at, outcome: 'unreachable', status: null, ttfbMs: null, because: 'weight' },
  ];
  core.requestEnded(streams.request('019adf00-0000-7000-8000-0123456789ab' as RequestId), {
    type: 'RequestFailed',
    data: {
      session: `session of ${called.main}`,
      model: 'claude',
      stream: true,
      path: '/v1/messages',
      within: called.main,
      attempts,
      status: 503,
      durationMs: 1,
      view: begun,
      because: 'nobodyAnswers',
    },
  });
  world.pass(600_000);
  core.tick();
  await call('endpoint.update', { profile: called.main, id, name: called.third });
  await call('health.reset', { id });
  await call('config.rollback', { to: { last: true } });
  await call('profile.remove', { name: called.spare });
  return { ...it, begun, id };
}

async function exported(log: ReadableLog, from: number, hashNames: boolean): Promise<readonly string[]> {
  const { head, redaction } = await ask(log, 'capsule.begin', { fromSeq: from, salt: 'salt', hashNames });
  const { facts } = await ask(log, 'capsule.facts', { from: head.from, to: head.to, redaction });
  const lines = [head, ...facts].map((line) => JSON.stringify(line));
  const seal = new IncidentSeal();
  for (const line of lines) seal.add(line);
  return [...lines, JSON.stringify(seal.end())];
}

async function opened(lines: readonly string[]): Promise<ReadableLog> {
  const folder = mkdtempSync(join(tmpdir(), 'qi-'));
  try {
    writeFileSync(join(folder, 'incident'), lines.join('\n'));
    return await openIncident(join(folder, 'incident'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const word = fc.array(fc.constantFrom(...letters), { minLength: 9, maxLength: 20 }).map((all) => `q${all.join('')}`);
const han = fc.array(fc.constantFrom(...'工作备用网关端点'), { minLength: 4, maxLength: 8 }).map((all) => all.join(''));
const named: fc.Arbitrary<Named> = fc
  .record({
    main: fc.oneof(word, han),
    spare: fc.oneof(word, han),
    gone: word,
    first: word,
    second: word,
    third: word,
    host: word,
    other: word,
  })
  .filter((all) => new Set(Object.values(all)).size === places.length);

describe('an incident file with hashed names', () => {
  it('contains no name, and the same hash for the same name everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(named, async (called) => {
        const { core, begun } = await lived(called);
        for (const from of [core.log.tail, begun + 1]) {
          const lines = await exported(core.log, from, true);
          const text = lines.join('\n');
          for (const [place, name] of Object.entries(called))
            expect([place, name, text.includes(name)]).toEqual([place, name, false]);
          expect(text).not.toContain('customer');
          const facts = lines.slice(1, -1).map((line) => JSON.parse(line));
          const profiles = new Set(
            facts.flatMap(({ stream }) => (stream.startsWith('profile/') ? [stream.slice('profile/'.length)] : [])),
          );
          for (const { type, data } of facts)
            if (['FailedOver', 'Recovered', 'SwitchedByHand'].includes(type)) {
              const last = JSON.parse(lines[0] ?? '').state.profiles.profiles.map(({ name }: { name: string }) => name);
              expect([...profiles, ...last, null]).toContain(data.from);
              expect([...profiles, ...last]).toContain(data.to);
            }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('answers queries as the file with names does: explain, what-if, machines', async () => {
    const called = Object.fromEntries(places.map((place, n) => [place, `quite-${place}-${n}`])) as Named;
    const { core, begun, id } = await lived(called);
    const [plain, hashed] = await Promise.all(
      [false, true].map(async (hash) => opened(await exported(core.log, begun + 1, hash))),
    );
    if (!(plain && hashed)) throw new Error('no files');
    for (const about of ['019adf00-0000-7000-8000-0123456789ab', id]) {
      const [a, b] = await Promise.all([plain, hashed].map((log) => ask(log, 'history.explain', { about })));
      expect(shapeOf(b)).toEqual(shapeOf(a));
    }
    const [a, b] = await Promise.all([plain, hashed].map((log) => ask(log, 'history.whatIf', { foreign: true })));
    expect([b?.switches, b?.changes.length]).toEqual([a?.switches, a?.changes.length]);
    const machines = async (log: ReadableLog) =>
      (await ask(log, 'history.at', { moment: { seq: log.head } })).machines.map(({ id, state }) => [id, state]);
    expect(await machines(hashed)).toEqual(await machines(plain));
  });

  it.each([
    ['like an id', 'cafebabe', '0123456789ab'],
    ['like a word of ours', 'primary', 'recovering'],
    ['like a timer', 'recovery', 'quiet'],
    ['with a letter', 'n', 'q'],
    ['like a part of the other', 'work', 'workshop'],
    ['like a pattern', 'a.c', 'a.c.'],
    ['like a hash', 'invalid', 'n-'],
  ])('is correct for a profile named %s', async (_, main, spare) => {
    const others = { gone: 'quite-gone', first: 'relay-a', second: 'relay-b', third: 'relay-c' };
    const { core, begun } = await lived({ main, spare, ...others, host: 'host-of-a', other: 'host-of-b' });
    const lines = await exported(core.log, begun + 1, true);
    const [head, ...facts] = lines.slice(0, -1).map((line) => JSON.parse(line));
    const streamsOf = (all: readonly { stream: string }[]) =>
      all.flatMap(({ stream }) => (stream.startsWith('profile/') ? [stream] : []));
    for (const stream of streamsOf(facts)) expect(stream).toMatch(/^profile\/n-[0-9a-f]{8}$/);
    for (const { name } of head.state.profiles.profiles) expect(name).toMatch(/^n-[0-9a-f]{8}$/);
    const over = facts.find(({ type }: { type: string }) => type === 'FailedOver').data;
    for (const name of [over.from, over.to]) expect(name).toMatch(/^n-[0-9a-f]{8}$/);
    for (const { type, data } of facts)
      if (type === 'TimerElapsed') expect(data.name).toMatch(/^(quiet|pause|out|ramp|recovery|heldBack|expiry)$/);
    const log = await opened(lines);
    expect((await ask(log, 'history.at', { moment: { seq: log.head } })).machines.length).toBeGreaterThan(1);
    const plain = await opened(await exported(core.log, begun + 1, false));
    const [a, b] = await Promise.all([plain, log].map((one) => ask(one, 'history.whatIf', { foreign: true })));
    expect(b?.switches).toEqual(a?.switches);
  });
});

/** What an answer looks like, without what anything in it is called. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}
