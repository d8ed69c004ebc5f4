/** What-if: the recorded outcomes through the same machines, under other rules. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { Attempt } from '../../events/request.ts';
import { effective } from '../../src/config/settings/settings.ts';
import type { Side } from '../../src/history/rehearsal.ts';
import { rehearse, whatIf } from '../../src/history/what-if.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Policies } from '../../src/runtime/core.ts';
import { simulate } from '../simulation/simulation.ts';
import { coreWithLadder, first, policies, second } from '../support/world.ts';

const { settings } = effective(new Map(), {});

function side(policies: Policies, over: object = {}): Side {
  const all = { ...settings, ...over };
  return { settings: () => all, policies: () => policies };
}

const days = new Map<number, ReturnType<typeof live>>();

function day(seed: number): ReturnType<typeof live> {
  const lived = days.get(seed) ?? live(seed);
  days.set(seed, lived);
  return lived;
}

/** A simulated day, and the rules by which it was lived. */
async function live(seed: number) {
  let rules: Policies | undefined;
  const { facts, counts } = await simulate({
    seed,
    requests: 1_200,
    without: new Set(['cuts']),
    planted: {
      policies: (right) => {
        rules = right;
        return right;
      },
    },
  });
  if (!rules) throw new Error('a life has rules');
  return { facts, counts, rules, log: new MemoryLog(facts) };
}

const count = (facts: readonly Recorded[], ...types: readonly string[]) =>
  facts.filter(({ type }) => types.includes(type)).length;

describe('what-if without a change', () => {
  // On day 14 an endpoint lacks a model, on day 27 one refuses a field.
  it.each([4, 8, 14, 27])('repeats the recorded switches, outages and failures: day %i', async (seed) => {
    const { facts, rules, log } = await day(seed);
    const told = await rehearse(log, { recorded: side(rules), under: side(rules) }, {});
    const switches = count(facts, 'FailedOver', 'Recovered');
    const failures = count(facts, 'RequestFailed', 'AnswerBroken');
    expect(switches).toBeGreaterThan(0);
    expect(count(facts, 'CapabilityMissing') > 0).toBe(seed === 27);
    expect(told.changes).toEqual([]);
    expect(told.switches).toEqual({ recorded: switches, replayed: switches });
    expect(told.outages.replayed).toBe(told.outages.recorded);
    expect(told.failures).toEqual({ recorded: failures, replayed: failures, unknown: 0 });
    expect(told.attempts.replayed).toBe(told.attempts.recorded);
    expect(told.tierMs.replayed).toEqual(told.tierMs.recorded);
    expect(told.sessions.replayed).toEqual(told.sessions.recorded);
    expect(told.elsewhere).toEqual({ count: 0, first: [] });
  });
});

describe('what-if with other rules', () => {
  it.each([27])('asks an endpoint once more that has refused a field, whatever the rules are: day %i', async (seed) => {
    const { log, rules } = await day(seed);
    const other = side(rules, { 'proxy.max_attempts': 9 });
    const told = await rehearse(log, { recorded: side(rules, { 'proxy.max_attempts': 8 }), under: other }, {});
    // A few are unknown, because chance decided them; of those that refused, each is asked again.
    expect(told.attempts.replayed / told.attempts.recorded).toBeGreaterThan(0.95);
  });

  it('has fewer switches when a switch needs more reports, and shows the time in each tier', async () => {
    const { log, rules } = await day(4);
    const slow: Policies = { ...rules, priority: () => ({ ...rules.priority(), failureThreshold: 1_000 }) };
    const told = await rehearse(log, { recorded: side(rules), under: side(slow) }, {});
    expect(told.switches.replayed).toBeLessThan(told.switches.recorded);
    expect(told.changes.length).toBeGreaterThan(0);
    expect(told.changes[0]).toMatchObject({ only: 'recorded', kind: 'failover', seq: expect.any(Number) });
    expect(told.tierMs.replayed.primary).toBeGreaterThan(told.tierMs.recorded.primary);
    const all = (ms: object) => Object.values(ms).reduce((sum, one) => sum + one, 0);
    expect(all(told.tierMs.replayed)).toBe(all(told.tierMs.recorded));
  });

  it('makes no automatic switch when they are off, and leaves the log unchanged', async () => {
    const { log, rules, facts } = await day(5);
    const off: Policies = { ...rules, priority: () => ({ ...rules.priority(), auto: false, autoRecovery: false }) };
    const told = await rehearse(log, { recorded: side(rules), under: side(off) }, {});
    expect(told.switches.replayed).toBe(0);
    expect(told.switches.recorded).toBe(count(facts, 'FailedOver', 'Recovered'));
    expect(log.head).toBe(facts.length);
  });

  it('has fewer outages with a higher failure threshold, and counts unrecorded outcomes as unknown', async () => {
    const { log, rules } = await day(5);
    const patient: Policies = {
      ...rules,
      endpoint: (id) => ({ ...rules.endpoint(id), maxFailures: 1_000 }),
    };
    const told = await rehearse(log, { recorded: side(rules), under: side(patient) }, {});
    expect(told.outages.replayed).toBeLessThan(told.outages.recorded);
    expect(told.failures.unknown).toBeGreaterThan(0);
    expect(told.elsewhere.count).toBeGreaterThanOrEqual(told.failures.unknown);
    expect(told.elsewhere.first.length).toBe(Math.min(20, told.elsewhere.count));
    expect(told.elsewhere.first.some(({ isKnown }) => !isKnown)).toBe(true);
    expect(told.failures.replayed).toBeLessThanOrEqual(told.failures.recorded);
    expect(told.attempts.replayed).toBeLessThanOrEqual(told.attempts.recorded);
  });

  it('begins at the requested moment, from the state of that time', async () => {
    const { log, rules, facts } = await day(8);
    const from = facts.length >> 1;
    const told = await rehearse(log, { recorded: side(rules), under: side(rules) }, { fromSeq: from });
    const later = facts.filter(({ seq }) => seq >= from);
    expect(told.from).toBe(from);
    expect(told.switches).toEqual({
      recorded: count(later, 'FailedOver', 'Recovered'),
      replayed: count(later, 'FailedOver', 'Recovered'),
    });
  });
});

describe('a missing model in what-if', () => {
  /** A request that the first endpoint has no model for, and the next one, with something told in between. */
  async function twoRequests(next: EndpointId, told: readonly ('ModelNotFound' | 'EndpointReset')[]) {
    const { core, world, log } = await coreWithLadder();
    const asked = (endpoint: EndpointId, outcome: Attempt['outcome']): Attempt => {
      const status = outcome === 'answered' ? 200 : 404;
      return { endpoint, at: world.at, outcome, status, ttfbMs: 1, because: 'failover' };
    };
    const request = (id: string, attempts: readonly Attempt[]) => {
      const by = {
        endpoint: attempts.at(-1)?.endpoint ?? '',
        profile: 'main',
        ttfbMs: 1,
        ttftMs: 1,
        bytes: 1,
        usage: null,
      };
      const of = {
        session: null,
        model: 'm',
        stream: true,
        path: '/v1/messages',
        within: null,
        status: 200,
        durationMs: 0,
      };
      const view = core.view().seq;
      core.requestEnded(`request/${id}`, { type: 'RequestServed', data: { ...of, ...by, attempts, view } });
    };
    const attempts = [asked(first, 'noModel'), asked(second, 'answered')];
    if (told.includes('ModelNotFound')) core.modelNotFound(first, 'm', 'r1');
    request('r1', attempts);
    if (told.includes('EndpointReset')) core.tellEndpoint(first, { type: 'EndpointReset', data: {} }, { by: 'cli' });
    world.pass(1_000);
    request('r2', [asked(next, 'answered')]);
    // Another rule of routing: each choice is made anew, and comes to the same.
    const under = side(policies, { 'proxy.max_attempts': settings['proxy.max_attempts'] + 1 });
    return rehearse(log, { recorded: side(policies), under }, {});
  }
  const asItWas = { recorded: 0, replayed: 0, unknown: 0 };

  it('sends the request to another endpoint, as its fact says', async () => {
    const { failures, attempts } = await twoRequests(second, ['ModelNotFound']);
    expect([failures, attempts]).toEqual([asItWas, { recorded: 3, replayed: 3 }]);
  });

  it('is recognised in logs that do not have the fact yet', async () => {
    const { failures, attempts } = await twoRequests(second, []);
    expect([failures, attempts]).toEqual([asItWas, { recorded: 3, replayed: 3 }]);
  });

  it('is requested there again after a reset', async () => {
    const { failures, attempts } = await twoRequests(first, ['ModelNotFound', 'EndpointReset']);
    expect([failures, attempts]).toEqual([asItWas, { recorded: 3, replayed: 3 }]);
  });
});

describe('a window of what-if', () => {
  it.each([4, 8])('counts nothing before its beginning: no time, no outage, no switch: day %i', async (seed) => {
    const { log, rules, facts } = await day(seed);
    const out = facts.findLast(({ type }) => type === 'EndpointFailed');
    const last = facts.at(-1)?.at ?? 0;
    for (const since of [(out?.at ?? 0) + 1, last - 60_000, last]) {
      const told = await rehearse(log, { recorded: side(rules), under: side(rules) }, { since });
      const inside = facts.filter(({ at }) => at >= since);
      for (const ms of Object.values(told.tierMs)) {
        const all = Object.values(ms).reduce((sum, one) => sum + one, 0);
        expect(all).toBe(last - since);
      }
      expect(told.outages.recorded).toBeLessThanOrEqual(count(inside, 'EndpointFailed'));
      const switches = count(inside, 'FailedOver', 'Recovered');
      expect(told.switches).toEqual({ recorded: switches, replayed: switches });
      expect(told.requests).toBe(inside.filter(({ stream }) => stream.startsWith('request/')).length);
    }
  });
});

describe('settings of what-if', () => {
  it('are validated as usual, and refused if nothing about them can be replayed', async () => {
    const ask = (set: Readonly<Record<string, string>>) =>
      whatIf(new MemoryLog([]), { set }, { env: {}, recordedName: String });
    expect((await ask({ 'failover.failure_threshold': '5' })).under).toEqual({ 'failover.failure_threshold': 5 });
    await expect(ask({ 'failover.failure_threshold': 'often' })).rejects.toMatchObject({ code: 'QCC_SETTING_INVALID' });
    await expect(ask({ 'failover.nonsense': '1' })).rejects.toMatchObject({ code: 'QCC_SETTING_UNKNOWN', exit: 2 });
    await expect(ask({ 'proxy.port': '1' })).rejects.toMatchObject({ code: 'QCC_WHATIF_SETTING', exit: 2 });
  });
});
