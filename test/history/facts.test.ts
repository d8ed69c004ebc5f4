/** Facts by filter: pages are the whole in pieces, and a filter keeps what it says and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { FactRow } from '../../src/contract/history.ts';
import type { Look } from '../../src/contract/moment.ts';
import { Sieve } from '../../src/history/facts.ts';
import { ask } from '../../src/history/questions.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { simulate } from '../simulation/simulation.ts';

const lived = simulate({ seed: 4, requests: 1_500, without: new Set(['cuts']) });

async function given() {
  const { facts } = await lived;
  return { facts, log: new MemoryLog(facts) };
}

async function inPages(log: MemoryLog, look: Look, most: number): Promise<readonly FactRow[]> {
  const { since: _, until: __, fromSeq: ___, toSeq: ____, limit: _____, ...filters } = look;
  const { from, to } = await ask(log, 'history.start', look);
  const all: FactRow[] = [];
  for (let next: number | null = from; next !== null && next < to; ) {
    const page: { facts: readonly FactRow[]; next: number | null } = await ask(log, 'history.page', {
      ...filters,
      from: next,
      to,
      most,
    });
    expect(page.facts.length).toBeLessThanOrEqual(most);
    all.push(...page.facts);
    next = page.next;
  }
  return all;
}

const seqs = (facts: readonly { readonly seq: number }[]) => facts.map(({ seq }) => seq);
const attemptsOf = ({ data }: Recorded) => (data as { attempts?: readonly { endpoint: string }[] }).attempts ?? [];

describe('a query of facts', () => {
  it.each<[string, Look, (fact: Recorded) => boolean]>([
    ['a type', { type: 'FailedOver', fromSeq: 1 }, ({ type }) => type === 'FailedOver'],
    ['a kind of streams', { stream: 'priority', fromSeq: 1 }, ({ stream }) => stream === 'priority'],
    ['one stream', { stream: 'endpoint/11111111', fromSeq: 1 }, ({ stream }) => stream === 'endpoint/11111111'],
    [
      'an endpoint: its own facts, those of its profile about it, and requests that asked it',
      { endpoint: '11111111', fromSeq: 1 },
      (fact) =>
        fact.stream === 'endpoint/11111111' ||
        (fact.data as { endpoint?: string }).endpoint === '11111111' ||
        attemptsOf(fact).some(({ endpoint }) => endpoint === '11111111'),
    ],
    ['a session', { session: 'a', fromSeq: 1 }, ({ data }) => (data as { session?: string }).session === 'a'],
    ['numbers', { fromSeq: 40, toSeq: 90 }, ({ seq }) => seq >= 40 && seq < 90],
    [
      'numbers and a kind',
      { fromSeq: 400, stream: 'request' },
      ({ seq, stream }) => seq >= 400 && stream.startsWith('request/'),
    ],
  ])('by %s returns exactly the matching ones, at once and in pages of any size', async (_, look, keeps) => {
    const { facts, log } = await given();
    const wanted = seqs(facts.filter(keeps));
    expect(wanted.length).toBeGreaterThan(3);
    expect(seqs((await ask(log, 'history.read', look)).facts)).toEqual(wanted);
    for (const most of [1, 7, 1_000]) expect(seqs(await inPages(log, look, most))).toEqual(wanted);
  });

  it('with a limit returns the newest matches', async () => {
    const { facts, log } = await given();
    const all = facts.filter(({ type }) => type === 'AttemptFailed');
    for (const limit of [0, 1, 5, 10_000]) {
      const look = { type: 'AttemptFailed', limit };
      expect(seqs(await inPages(log, look, 3))).toEqual(limit === 0 ? [] : seqs(all.slice(-limit)));
    }
    expect(await inPages(log, {}, 1_000)).toHaveLength(1_000);
  });

  it('by a profile includes its endpoints, its requests and its switches, and no setting', async () => {
    const { facts, log } = await given();
    const kept = (await ask(log, 'history.read', { profile: 'main', fromSeq: 1 })).facts;
    expect(new Set(kept.map(({ stream }) => stream.split('/')[0]))).toEqual(
      new Set(['profile', 'request', 'priority']),
    );
    const setting = {
      ...(facts[0] as Recorded),
      stream: 'config',
      data: { key: 'health.model', from: 'main', to: 'x' },
    };
    expect(new Sieve({ profile: 'main' }).keeps(setting)).toBe(false);
  });

  it('by a request includes the consequences of its failures, even if they do not name it', async () => {
    const { facts, log } = await given();
    const failed = facts.find(({ type, data }) => type === 'AttemptFailed' && (data as { request?: string }).request);
    const caused = facts.find(({ cause }) => cause === failed?.seq);
    const { request = '' } = (failed?.data ?? {}) as { request?: string };
    for (const most of [1, 1_000]) {
      const kept = await inPages(log, { request, fromSeq: 1 }, most);
      expect(seqs(kept)).toEqual(expect.arrayContaining([failed?.seq, caused?.seq]));
      expect(kept.map(({ stream }) => stream)).toContain(`request/${request}`);
      const others = kept.filter(
        ({ stream, data }) => stream !== `request/${request}` && (data as { request?: string }).request !== request,
      );
      expect(others.every(({ cause }) => kept.some(({ seq }) => seq === cause))).toBe(true);
    }
  });

  it('by time begins with the instant, and ends before it', async () => {
    const { facts, log } = await given();
    const [since, until] = [facts[100]?.at ?? 0, facts[200]?.at ?? 0];
    const wanted = facts.filter(({ at }) => at >= since && at < until);
    expect(seqs(await inPages(log, { since, until }, 50))).toEqual(seqs(wanted));
  });
});
