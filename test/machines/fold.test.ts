import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { endpointChart, endpointStatus } from '../../machines/endpoint.ts';
import { fold, force, initialOf, persist, restore } from '../../machines/fold.ts';
import { elapsed, endpointAfter, failed, later, second } from '../support/given.ts';

const report = { type: 'Told', at: 1, data: {} };
const out = {
  type: 'EndpointFailed',
  data: { because: 'timeout', until: later(second), belief: 'inferred', times: 1, held: false },
} as const;

describe('a fold', () => {
  it('leaves the former snapshot unchanged', () => {
    const before = initialOf(endpointChart);
    const told = JSON.stringify(persist(before));
    fold(endpointChart, before, { ...failed('timeout'), at: later(0) });
    expect(JSON.stringify(persist(before))).toBe(told);
  });

  it('begins with a snapshot that is made once', () => {
    expect(initialOf(endpointChart)).toBe(initialOf(endpointChart));
  });

  it('ignores a fact that the chart does not know', () => {
    const before = endpointAfter(out);
    expect(fold(endpointChart, before, { type: 'SomethingElse', at: 1, data: {} } as never)).toEqual(before);
  });

  it('refuses a chart with actions', () => {
    const acting = setup({ actions: { shout: () => {} } }).createMachine({
      initial: 'still',
      states: { still: { on: { Told: { actions: 'shout' } } } },
    });
    expect(() => fold(acting, initialOf(acting), report as never)).toThrow('a folded machine must not act: shout');
  });

  it('refuses a chart with delays: its timers are facts', () => {
    const waiting = setup({}).createMachine({
      initial: 'still',
      states: { still: { on: { Told: 'busy' } }, busy: { after: { 100: 'still' } } },
    });
    expect(() => fold(waiting, initialOf(waiting), report as never)).toThrow('a folded machine must not act');
  });
});

describe('a snapshot of a machine', () => {
  const before = endpointAfter(failed('timeout'), out);

  it('survives JSON', () => {
    const restored = restore(endpointChart, JSON.parse(JSON.stringify(persist(before))));
    expect(endpointStatus(restored)).toEqual(endpointStatus(before));
  });

  it('continues where it stopped', () => {
    const restored = restore(endpointChart, JSON.parse(JSON.stringify(persist(before))));
    const next = { ...elapsed(before), at: later(second) };
    expect(endpointStatus(fold(endpointChart, restored, next))).toEqual(
      endpointStatus(fold(endpointChart, before, next)),
    );
  });

  it('can be set to the recorded state, and keeps its context', () => {
    const forced = force(endpointChart, before, 'recovering');
    expect(endpointStatus(forced)).toEqual({ ...endpointStatus(before), state: 'recovering' });
    const trusted = fold(endpointChart, forced, { type: 'EndpointRecovered', at: later(second), data: {} });
    expect(endpointStatus(trusted).state).toBe('healthy');
  });
});
