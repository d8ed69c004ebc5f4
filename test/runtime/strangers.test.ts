/** Names that strangers choose: of sessions, models, paths, header fields. Whatever holds them is bounded, however many there are. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { IncidentStory } from '../../src/history/incident-story.ts';
import { Caches } from '../../src/history/session-caches.ts';
import { SeenSessions } from '../../src/history/sessions-known.ts';
import { Stats } from '../../src/projections/stats.ts';
import { TokenSpending } from '../../src/projections/token-spending.ts';
import { GroupedUsage } from '../../src/projections/usage.ts';
import { ThinkingMemory } from '../../src/proxy/adaptation/thinking-memory.ts';
import { ModelList } from '../../src/proxy/server/model-list.ts';
import { Sessions } from '../../src/proxy/sessions.ts';
import { UnknownRefusals } from '../../src/proxy/unknown-refusals.ts';
import { KnownLines } from '../../src/proxy/upstream/known-lines.ts';
import { State } from '../../src/runtime/state.ts';
import { attempt, ended, failedAt, inQueue, noon, one, served } from '../projections/request-facts.ts';

/** A state after requests of which each has names of its own. */
function after(requests: number): string {
  const state = new State();
  for (let i = 1; i <= requests; i++) {
    const names = { model: `made-up-${i}`, session: `session-${i}`, path: `/v1/${i}`, within: `profile-${i}` };
    const sent = { ...attempt(one), sent: `renamed-${i}` };
    const fact =
      i % 3 === 0 ? failedAt(one, 'serverError') : served({ ...names, ...(i % 3 === 1 && { attempts: [sent] }) });
    state.apply({ ...fact, seq: i, stream: `request/${i}` });
  }
  return JSON.stringify(state);
}

// What is kept of 3,000 is at its bounds: more could only add digits to its counters.
it('no name that a stranger chooses makes the state grow: neither a session, nor a model, nor a path', () => {
  const [some, ten] = [after(3_000), after(30_000)];
  expect(ten.length / some.length).toBeLessThan(1.1);
  expect(ten).not.toContain('session-3');
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Of the heap, what is still in use. */
function usedMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const id = one as EndpointId;
const other = { id, origin: 'https://a.example' };

/** Each takes the name of one request: what holds names by itself, without the rest of a request. */
function holders(): Readonly<Record<string, (name: string, i: number) => void>> {
  const sessions = new Sessions();
  const thinking = new ThinkingMemory();
  const models = new ModelList();
  const lines = new KnownLines();
  const refusals = new UnknownRefusals();
  const stats = new Stats();
  const usage = new GroupedUsage(({ session }) => session);
  const spending = new TokenSpending();
  const caches = new Caches();
  const seen = new SeenSessions('name');
  const fact = { ...served(), data: ended() };
  const own = { ...ended(), usage: { input: 1, output: 1, cacheRead: null, cacheWrite: null } };
  const incident = new IncidentStory(failedAt(one, 'serverError') as never);
  const failed = failedAt(one, 'serverError');
  return {
    sessions: (name, i) => {
      sessions.answered(name, other, name, { startedAt: i, isBound: false });
      if (i % 4 === 0) sessions.avoid(name, id, i);
      if (i % 4 === 1) sessions.noteLacking(id, name, i);
    },
    thinking: (name, i) => {
      if (i % 4 === 0) thinking.begins(name).passesOver(id, 'r' as never);
      if (i % 4 === 1) thinking.passesOn(name, id, name);
    },
    models: (name) => models.asked(name),
    headers: (name) => lines.each(`x-${name}: ${name}\r\n`, 0, () => {}),
    refusals: (_, i) => {
      if (i % 64 === 0)
        refusals.note(id, {
          head: { status: 400, encoding: '' },
          body: Buffer.from(`{"error":{"message":"${word(i)}"}}`),
        });
    },
    stats: (name) => stats.apply({ ...fact, data: { ...fact.data, model: name, path: name } as Served }),
    usage: (name, i) => {
      usage.apply({ ...fact, data: { ...fact.data, model: name, session: name } as Served });
      if (i % 4 === 0)
        usage.apply({ ...inQueue({ type: 'RequestQueued', data: { session: name } } as never), stream: name });
    },
    spending: (name) => spending.add({ ...own, token: 'ann', day: '2026-11-30', model: name }),
    caches: (name, i) => caches.served({ ...fact, at: noon + i, data: { ...fact.data, session: name } as Served }),
    seen: (name) => seen.add(name, fact),
    incident: (name) => incident.add({ ...failed, data: { ...failed.data, session: name } } as never, true),
  };
}

const word = (i: number) => i.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');

// Every bound is reached by then. A million takes four times as long, and shows no more: `QCC_TEST_NAMES=1000000`.
const full = 110_000;
const names = Number(process.env['QCC_TEST_NAMES'] ?? 250_000);

it('names of sessions, models, paths and header fields take no more memory than the first hundred thousand of them', () => {
  const all = holders();
  const grown = Object.entries(all).map(([what, take]) => {
    for (let i = 0; i < full; i++) take(`name-${i}`, i);
    const before = usedMiB();
    for (let i = full; i < names; i++) take(`name-${i}`, i);
    return [what, usedMiB() - before] as const;
  });
  expect(grown.filter(([, mib]) => mib > 2)).toEqual([]);
});
