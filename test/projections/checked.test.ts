/** The inputs of the probe plan and the weight policy. */

import { expect, it } from 'vitest';
import { type EndpointId, type ProfileName, streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { probedEndpoints, weighedEndpoints } from '../../src/projections/checked.ts';
import type { Core } from '../../src/runtime/core.ts';
import { attemptFailed, coreWithLadder, endpointSettings, first, noon, second } from '../support/world.ts';

const alone = { now: 0, isLedElsewhere: () => false };
const unknown = { probedAt: null, passed: null, isRunning: false, dice: 0.5 };

function sourceOf({ state }: Core) {
  const { active, pinned, recovery } = priorityStatus(state.priority);
  const watched = recovery?.profile ?? null;
  const { profiles, recent } = state;
  return { profiles, recent, active, pinned, watched, status: (id: EndpointId) => endpointStatus(state.endpoint(id)) };
}

const probed = (core: Core) =>
  Object.fromEntries(probedEndpoints(sourceOf(core), () => unknown, alone).map((one) => [one.id, one]));
const fallOver = (core: Core) => core.tellEndpoint(first, attemptFailed('credential'), { by: 'traffic' });

it('a new endpoint has no doubts and no results of probes', async () => {
  const { core } = await coreWithLadder();
  expect(probed(core)[first]).toMatchObject({ state: 'healthy', since: noon, provenAt: null, probedAt: null });
});

it('the profiles above the active one are awaited, unless one is pinned', async () => {
  const { core } = await coreWithLadder();
  const isAbove = () => [first, second].map((id) => probed(core)[id]?.isAbove);
  expect(isAbove()).toEqual([false, false]);
  fallOver(core);
  expect(isAbove()).toEqual([true, false]);
  core.tellPriority({ type: 'SwitchByHand', to: 'spare', reason: 'stay' }, { by: 'cli' });
  expect(isAbove()).toEqual([false, false]);
});

it('a profile without a tier is above no other', async () => {
  const { core } = await coreWithLadder();
  fallOver(core);
  core.report(streams.profile('main' as ProfileName), [{ type: 'TierAssigned', data: { name: 'main', tier: null } }], {
    by: 'cli',
  });
  expect(probed(core)[first]?.isAbove).toBe(false);
});

it('the results of probes and answers in the log outlive the prober', async () => {
  const { core, world } = await coreWithLadder();
  const data = { responseMs: 5, ttftMs: 3, score: 99, model: 'm', tokens: 31 };
  core.tellEndpoint(first, { type: 'ProbeSucceeded', data }, { by: 'probe' });
  world.pass(1_000);
  const failed = {
    verdict: 'failure',
    failure: 'serverError',
    detail: reason('status', { status: 500, type: null }),
    responseMs: 5,
  } as const;
  core.tellEndpoint(first, { type: 'ProbeFailed', data: failed }, { by: 'probe' });
  expect(probed(core)[first]).toMatchObject({ provenAt: noon, probedAt: noon + 1_000 });
});

it('an endpoint is compared with its peers alone: the same profile, the same priority, not disabled', async () => {
  const { core } = await coreWithLadder();
  const ids = ['33333333', '44444444', '55555555'] as EndpointId[];
  const [equal, lower, disabled] = ids as [EndpointId, EndpointId, EndpointId];
  const added = ids.map((id) => ({
    type: 'EndpointAdded',
    data: { ...endpointSettings(id), priority: id === lower ? 2 : 1 },
  }));
  core.report(streams.profile('main' as ProfileName), added, { by: 'cli' });
  for (const [i, id] of [first, second, ...ids].entries()) {
    const data = { responseMs: 100 * (i + 1), ttftMs: null, score: 90, model: null, tokens: 1 };
    core.tellEndpoint(id, { type: 'ProbeSucceeded', data }, { by: 'probe' });
  }
  core.tellEndpoint(disabled, { type: 'EndpointDisabled', data: {} }, { by: 'cli' });
  const weighed = Object.fromEntries(weighedEndpoints(sourceOf(core)).map((one) => [one.id, one]));
  expect(weighed[first]).toMatchObject({ responseMs: 100, usualMs: 300, checks: 1, successRate: 1 });
  expect(weighed[equal]).toMatchObject({ responseMs: 300, usualMs: 100 });
  expect([weighed[second]?.usualMs, weighed[lower]?.usualMs, weighed[disabled]]).toEqual([null, null, undefined]);
});
