/** The ladder as the switch rules see it. */
import { expect, it } from 'vitest';
import type { EndpointReport } from '../../events/endpoint.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { ladderLook } from '../../src/projections/routing.ts';
import { attemptFailed, coreWithLadder, first, noon, second } from '../support/world.ts';

type Reports = readonly (readonly [typeof first, EndpointReport])[];

const after = (...reports: Reports) => seen(true, reports);

async function seen(healthAware: boolean, reports: Reports) {
  const { core } = await coreWithLadder();
  for (const [id, report] of reports) core.tellEndpoint(id, report, { by: 'traffic' });
  const { seq, profiles, priority } = core.state;
  const { active, pinned } = priorityStatus(priority);
  const status = (id: typeof first) => endpointStatus(core.state.endpoint(id));
  const look = ladderLook(
    { seq, profiles, active, pinned, watched: null, isOffline: false, status },
    noon,
    healthAware,
  );
  return { rungs: look.profiles, state: priorityStatus(priority).state, active };
}

const disabled: EndpointReport = { type: 'EndpointDisabled', data: {} };
const enabled: EndpointReport = { type: 'EndpointEnabled', data: {} };

it('a healthy endpoint is usable', async () => {
  const { rungs } = await after();
  expect(rungs[0]).toMatchObject({ name: 'main', usable: 1, enabled: 1, endpoints: 1, certain: false });
});

it('an endpoint that is half-open counts as usable', async () => {
  const { rungs } = await after([first, disabled], [first, enabled]);
  expect(rungs[0]).toMatchObject({ usable: 1, enabled: 1, endpoints: 1, certain: false });
});

it('a disabled endpoint only counts as existing: the next profile is active at once', async () => {
  const { rungs, state, active } = await after([first, disabled]);
  expect(rungs[0]).toMatchObject({ usable: 0, enabled: 0, endpoints: 1, certain: true });
  expect({ state, active }).toEqual({ state: 'degraded', active: 'spare' });
});

it('with health_aware off, only a disabled or refused endpoint is unusable', async () => {
  const down = Array.from({ length: 3 }, () => [first, attemptFailed('unreachable')] as const);
  const { rungs } = await seen(false, down);
  expect(rungs[0]).toMatchObject({ usable: 1, enabled: 1, certain: false });
  const refused = await seen(false, [[first, attemptFailed('credential')]]);
  expect(refused.rungs[0]).toMatchObject({ usable: 0, certain: true });
});

it('the ladder has failed when all endpoints are disabled or ejected', async () => {
  expect((await after([first, disabled], [second, disabled])).state).toBe('failed');
  expect((await after([first, attemptFailed('credential')], [second, disabled])).state).toBe('failed');
});
