/** What people read of a healthy endpoint, by its last result. */
import { expect, it } from 'vitest';
import { shownState } from '../../src/commands/machine-lines.ts';
import { endpointRow } from '../../src/runtime/rows.ts';
import { coreWithLadder, first } from '../support/world.ts';

it('an endpoint is untried before its first result, and resting after a failure, in words alone', async () => {
  const { core } = await coreWithLadder();
  const known = core.state.profiles.endpoint(first);
  if (!known) throw new Error('the ladder has it');
  const row = () => endpointRow(core.state, known);
  expect(row()).toMatchObject({ state: 'healthy', seen: 'untried' });
  const probed = { stream: `endpoint/${first}`, seq: 1, v: 1, at: core.now(), by: 'health', cause: null } as const;
  const tokens = { tokens: 8, responseMs: 20, ttftMs: 10, score: 90, depth: 'conversation', model: 'claude-x' };
  core.state.recent.apply({ ...probed, type: 'ProbeSucceeded', data: tokens } as never);
  expect(row().seen).toBe('answering');
  core.state.recent.apply({
    ...probed,
    type: 'ProbeFailed',
    data: { ...tokens, verdict: 'timeout', failure: 'timeout' },
  } as never);
  expect(row()).toMatchObject({ state: 'healthy', seen: 'failing' });
});

it.each([
  ['healthy', 'untried', 'untried'],
  ['healthy', 'failing', 'resting'],
  ['healthy', 'answering', 'healthy'],
  ['healthy', undefined, 'healthy'],
  ['failed', 'untried', 'failed'],
  ['disabled', 'failing', 'disabled'],
] as const)('%s and %s is read as %s', (state, seen, read) => {
  expect(shownState(state, seen)).toBe(read);
});
