/** Properties of the ladder for any reports about its profiles. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyTransitionDefinition } from 'xstate';
import { fold, initialOf, persist, restore } from '../../machines/fold.ts';
import {
  type PrioritySnapshot,
  priorityChart,
  priorityStatus,
  targetStateOfPriority,
} from '../../machines/priority.ts';
import { decidePriority, type LadderLook, type PriorityAsk } from '../../machines/priority-policy.ts';
import { good, hour, ladder, minute, priorityPolicy, second } from '../support/given.ts';
import { LadderLife } from '../support/life.ts';
import { missing, takenBy } from '../support/paths.ts';

const names = ['main', 'spare', 'last'];
const state = fc.constantFrom('1/1', '2/2', '1/2', '0/2', '0!/1', '0/0', '0/0+1', 'gone');
const look = fc.tuple(state, state, state).map((rungs): LadderLook => {
  const there = names.map((name, i) => [name, rungs[i] ?? 'gone'] as const).filter(([, rung]) => rung !== 'gone');
  return ladder(Object.fromEntries(there));
});
const ask: fc.Arbitrary<PriorityAsk> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('Looked' as const),
      report: fc.option(fc.record({ profile: fc.constantFrom(...names), good: fc.boolean() }), { nil: null }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...names).map((to) => ({ type: 'SwitchByHand' as const, to, reason: 'try' })),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'ReleasePin' as const }) },
);
const policy = fc.record({
  auto: fc.constantFrom(true, true, false),
  autoRecovery: fc.constantFrom(true, true, false),
  maxPerHour: fc.constantFrom(1, 3, 10),
});
const step = fc.record({
  look: fc.option(look, { nil: null }),
  asks: fc.array(ask, { maxLength: 5 }),
  policy: fc.option(policy, { nil: null }),
  waitMs: fc.oneof(fc.integer({ min: 0, max: 10 * second }), fc.integer({ min: 0, max: hour })),
});
const steps = fc.array(step, { maxLength: 30 });
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** Every profile that can be switched to is on the ladder: the gateway refuses others before it asks. */
const isPossible = (one: PriorityAsk, { profiles }: LadderLook) =>
  one.type !== 'SwitchByHand' || profiles.some(({ name }) => name === one.to);

function lived(told: Steps, watch: (life: LadderLife) => void = () => {}): LadderLife {
  const life = new LadderLife();
  for (const { look: next, asks, policy: other, waitMs } of told) {
    if (next) life.look = next;
    if (other) life.policy = { ...priorityPolicy, ...other };
    for (const one of [{ type: 'Looked', report: null } as const, ...asks]) {
      if (!isPossible(one, life.look)) continue;
      life.ask(one);
      watch(life);
    }
    life.pass(waitMs);
    watch(life);
  }
  return life;
}

const always = (property: (told: Steps) => void) => fc.assert(fc.property(steps, property), { numRuns: 300, seed: 1 });
const replayed = (history: LadderLife['history'], from: PrioritySnapshot = initialOf(priorityChart)) =>
  history.reduce((snapshot, { at, fact }) => fold(priorityChart, snapshot, { ...fact, at }), from);

describe('for any sequence of reports to the ladder,', () => {
  it('replay gives the state that it had, with a snapshot at any point', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (told, anywhere) => {
        const { history, snapshot } = lived(told);
        const cut = anywhere % (history.length + 1);
        const saved = JSON.parse(JSON.stringify(persist(replayed(history.slice(0, cut)))));
        expect(priorityStatus(replayed(history.slice(cut), restore(priorityChart, saved)))).toEqual(
          priorityStatus(snapshot),
        );
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('each decision leads to its target state', () => {
    always((told) => {
      let snapshot = initialOf(priorityChart);
      for (const { at, fact } of lived(told).history) {
        snapshot = fold(priorityChart, snapshot, { ...fact, at });
        expect(targetStateOfPriority(fact) ?? snapshot.value).toBe(snapshot.value);
      }
    });
  });

  it('a profile of the ladder is active, unless it is empty', () => {
    always((told) => {
      lived(told, ({ snapshot, look: { profiles } }) => {
        const { active, pinned } = priorityStatus(snapshot);
        expect(profiles.length === 0 ? [null] : profiles.map(({ name }) => name)).toContain(active);
        expect([null, active]).toContain(pinned);
      });
    });
  });

  it('it is failed only while no profile can answer', () => {
    always((told) => {
      lived(told, ({ snapshot, look: { profiles } }) => {
        const usable = profiles.some((one) => one.usable > 0);
        if (usable) expect(snapshot.value).not.toBe('failed');
        if (!usable && profiles.some(({ endpoints }) => endpoints > 0)) expect(snapshot.value).toBe('failed');
      });
    });
  });

  it('each switch starts where the one before ended', () => {
    always((told) => {
      let active: string | null = null;
      for (const { fact } of lived(told).history) {
        if (fact.type === 'ActiveChosen') active = fact.data.profile;
        if (fact.type !== 'FailedOver' && fact.type !== 'Recovered' && fact.type !== 'SwitchedByHand') continue;
        expect(fact.data.from).toBe(active);
        active = fact.data.to;
      }
    });
  });

  it('no failover comes within the cooldown of the last automatic switch', () => {
    always((told) => {
      let last = Number.NEGATIVE_INFINITY;
      for (const { at, fact } of lived(told).history) {
        if (fact.type === 'FailedOver') expect(at - last).toBeGreaterThanOrEqual(priorityPolicy.cooldownMs);
        if (fact.type === 'FailedOver' || fact.type === 'Recovered') last = at;
      }
    });
  });

  it('the only automatic switch while pinned is a failover, which ends the pin', () => {
    always((told) => {
      let pinned = false;
      for (const { fact } of lived(told).history) {
        if (fact.type === 'FailedOver' || fact.type === 'Recovered') expect(pinned).toBe(false);
        if (fact.type === 'SwitchedByHand') pinned = true;
        if (fact.type === 'PinReleased') pinned = false;
      }
    });
  });

  it('a look without news records nothing', () => {
    always((told) => {
      lived(told, (life) => {
        const again = decidePriority(
          life.snapshot,
          { type: 'Looked', report: null },
          life.look,
          { now: life.now, dice: 0 },
          life.policy,
        );
        // A recovery may become due between two looks; nothing else may.
        expect(again.filter(({ type }) => type !== 'Recovered' && type !== 'LadderHealthy')).toEqual([]);
      });
    });
  });

  it('the most preferred profile is active again when all endpoints are healthy and it has answered', () => {
    always((told) => {
      const life = lived(told);
      life.look = ladder({ main: '1/1', spare: '1/1', last: '1/1' });
      life.policy = priorityPolicy;
      life.ask({ type: 'Looked', report: null });
      life.ask({ type: 'ReleasePin' });
      for (let i = 0; i < priorityPolicy.recoveryChecks; i++) life.ask(good('main'));
      life.pass(10 * minute);
      expect(priorityStatus(life.snapshot)).toMatchObject({
        state: 'healthy',
        active: 'main',
        held: null,
        recovery: null,
        timers: [],
      });
    });
  });
});

it('every transition of the ladder’s chart is taken by facts that are really decided', () => {
  const taken = new Set<AnyTransitionDefinition>();
  const seen = fc.property(steps, (told) => {
    let snapshot = initialOf(priorityChart);
    for (const { at, fact } of lived(told).history) {
      for (const transition of takenBy(priorityChart, snapshot, { ...fact, at })) taken.add(transition);
      snapshot = fold(priorityChart, snapshot, { ...fact, at });
    }
  });
  fc.assert(seen, { numRuns: 500, seed: 1 });
  expect(missing(priorityChart, taken)).toEqual([]);
});
