import { expect, it } from 'vitest';
import { State } from '../../src/runtime/state.ts';
import { attempt, failedAt, one, served } from '../projections/request-facts.ts';

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

// What is kept of 3,000 is at its bounds: more could only add digits to its counters. A million takes as long as it takes.
it('no name that a stranger chooses makes the state grow: neither a session, nor a model, nor a path', () => {
  const [some, ten] = [after(3_000), after(30_000)];
  expect(ten.length / some.length).toBeLessThan(1.1);
  expect(ten).not.toContain('session-3');
});
