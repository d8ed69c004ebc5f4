/** The rule that keeps an endpoint out, as it is told, is the one that routing goes by. */
import { describe, expect, it } from 'vitest';
import type { EndpointFact } from '../../events/endpoint.ts';
import type { EndpointId } from '../../events/ids.ts';
import { isAvailable } from '../../machines/available.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { type InFlightView, plan } from '../../machines/route.ts';
import { exclusionOf } from '../../machines/why-not.ts';
import { endpointAfter, heard, later, minute, start } from '../support/given.ts';
import { routable, viewOf } from '../support/routing-view.ts';

const failed = (held: boolean): EndpointFact => ({
  type: 'EndpointFailed',
  data: { because: held ? 'credential' : 'timeout', until: later(minute), belief: 'inferred', times: 1, held },
});
const stories: readonly (readonly [string | null, readonly EndpointFact[], number | null])[] = [
  [null, [], null],
  ['disabled', [{ type: 'EndpointDisabled', data: {} }], null],
  ['out', [failed(false)], later(minute)],
  ['held', [failed(true)], later(minute)],
  [
    'paused',
    [{ type: 'EndpointPaused', data: { because: 'overloaded', until: later(minute), belief: 'inferred', times: 1 } }],
    later(minute),
  ],
  ['degraded', [{ type: 'EndpointDegraded', data: { because: 'slow', until: null } }], later(minute)],
  ['trial', [failed(false), { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } }], null],
  ['heard', [heard('b', 1, 'quota')], later(minute)],
  ['hinted', [heard('b', 1, 'overloaded')], later(minute)],
  ['ramp', [failed(false), { type: 'EndpointRecovering', data: { ramp: 0.3, nextAt: later(minute) } }], null],
];

const inFlight: InFlightView = { count: () => 0, isHalfOpenPermitFree: () => true, panicAt: () => 0, turn: () => 0 };
const ask = {
  within: null,
  model: null,
  binding: null,
  tried: new Set<EndpointId>(),
  avoid: null,
  overloaded: new Set<string>(),
  lacksModel: () => false,
};

describe('the reason why an endpoint takes no traffic, or less,', () => {
  it.each(stories)('is %s, with its end', (rule, story, until) => {
    const found = exclusionOf(endpointStatus(endpointAfter(...story)), true);
    expect(found).toEqual(rule === null ? null : { rule, until });
  });

  it.each(stories)('agrees with routing with health_aware off: %s', (_, story) => {
    const status = endpointStatus(endpointAfter(...story));
    const { state, until, held, ramp, because, hearsay } = status;
    const view = viewOf({ main: [routable('one', { state, until, held, ramp, because, hearsay })] });
    const { candidates } = plan(view, ask, inFlight, { strategy: 'failover', healthAware: false }, start, () => 0);
    expect(exclusionOf(status, false) === null).toBe(candidates.length > 0);
    expect(isAvailable(status, false, start)).toBe(candidates.length > 0);
  });

  it.each(stories)('agrees with routing: %s', (rule, story) => {
    const { state, until, held, ramp, because, hearsay } = endpointStatus(endpointAfter(...story));
    const one = routable('one', { state, until, held, ramp, because, hearsay });
    const view = viewOf({ main: [one, routable('whole')] });
    const { candidates } = plan(view, ask, inFlight, { strategy: 'failover', healthAware: true }, start, () => 0);
    const mine = candidates.find(({ endpoint }) => endpoint.id === 'one');
    const isOut = rule === 'disabled' || rule === 'out' || rule === 'held' || rule === 'paused' || rule === 'heard';
    expect(mine === undefined).toBe(isOut);
    if (rule !== null && !isOut) expect(mine?.because).toBe(rule === 'hinted' ? 'degraded' : rule);
  });
});
