/** What an endpoint refuses to everybody, to probes, or to a network: remembered, and no fault of it. */
import { describe, expect, it } from 'vitest';
import type { EndpointFact, EndpointReport, Failure } from '../../events/endpoint.ts';
import { countsNot, isTooLargeFor } from '../../machines/available.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { refusesUntil } from '../../machines/endpoint-policy.ts';
import { at, endpointAfter, failed, given, hour, later, minute, probed, second, start } from '../support/given.ts';
import { EndpointLife } from '../support/life.ts';

const countRefused = (until = later(hour)): EndpointReport & { type: 'CountRefused' } => ({
  type: 'CountRefused',
  data: { until, request: 'r' },
});
const bodyRefused = (bytes: number, until = later(hour)): EndpointReport & { type: 'BodyRefused' } => ({
  type: 'BodyRefused',
  data: { bytes, until, request: 'r' },
});
type Happened = EndpointFact | { readonly at: number; readonly fact: EndpointFact };
const status = (...history: readonly Happened[]) => endpointStatus(endpointAfter(...history));
const networkChanged = { type: 'NetworkChanged', data: {} } as const;
const reset = { type: 'EndpointReset', data: {} } as const;
const newKey = { type: 'KeyChanged', data: {} } as const;

describe('an endpoint that refuses to count', () => {
  it('is not asked for it for an hour, and is as well as before', () => {
    expect(refusesUntil(start)).toBe(later(hour));
    given().when(countRefused()).records(countRefused());
    const after = status(countRefused());
    expect(after).toMatchObject({ state: 'healthy', strikes: 0, consecutiveFailures: 0, timer: null });
    expect([countsNot(after, later(hour - 1)), countsNot(after, later(hour))]).toEqual([true, false]);
  });

  it('says so once, until its time is over', () => {
    given(countRefused())
      .when(countRefused(later(2 * hour)), { at: 59 * minute })
      .recordsNothing();
    const again = countRefused(later(2 * hour));
    given(countRefused()).when(again, { at: hour }).records(again);
  });

  it.each([reset, newKey])('is asked again after a person or a new key: $type', (fact) => {
    given(countRefused()).when(fact).records(fact);
    expect(status(countRefused(), fact).countsNotUntil).toBeNull();
  });
});

describe('an endpoint that finds a body too large', () => {
  const sizes = (...history: readonly Happened[]) =>
    [99, 100, 101].filter((bytes) => isTooLargeFor(status(...history), bytes, later(minute)));

  it('is sent no larger one for an hour, and is as well as before', () => {
    given().when(bodyRefused(100)).records(bodyRefused(100));
    expect(sizes(bodyRefused(100))).toEqual([100, 101]);
    expect(isTooLargeFor(status(bodyRefused(100)), 100, later(hour))).toBe(false);
    expect(status(bodyRefused(100))).toMatchObject({ state: 'healthy', strikes: 0 });
  });

  it('says news of a smaller one only', () => {
    given(bodyRefused(100)).when(bodyRefused(100)).recordsNothing();
    given(bodyRefused(100)).when(bodyRefused(101)).recordsNothing();
    given(bodyRefused(100)).when(bodyRefused(99)).records(bodyRefused(99));
    expect(sizes(bodyRefused(100), bodyRefused(99))).toEqual([99, 100, 101]);
    const late = bodyRefused(101, later(3 * hour));
    given(bodyRefused(100)).when(late, { at: hour }).records(late);
    expect(status(bodyRefused(100), at(hour, late)).tooLarge).toEqual({ bytes: 101, until: later(3 * hour) });
  });

  it.each([reset, newKey])('is sent any after a person or a new key: $type', (fact) => {
    given(bodyRefused(1)).when(fact).records(fact);
    expect(status(bodyRefused(1), fact).tooLarge).toBeNull();
  });
});

it.each(['notForThis', 'tooLargeHere', 'noModel'] as const)('%s is no failure of the endpoint', (failure) => {
  given().when(failed(failure)).recordsNothing();
});

describe('an endpoint that takes nothing from this network', () => {
  const paused: EndpointFact = {
    type: 'EndpointPaused',
    data: { because: 'blocked', until: later(minute), belief: 'inferred', times: 1 },
  };

  it('pauses for a minute, without a strike', () => {
    given().when(failed('blocked')).records(failed('blocked'), paused);
    expect(status(failed('blocked'), paused)).toMatchObject({ state: 'degraded', strikes: 0, until: later(minute) });
  });

  it('is whole again after that time', () => {
    const life = new EndpointLife();
    life.tell(failed('blocked'));
    life.pass(minute);
    expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'healthy', until: null });
  });

  it('is whole again as soon as the network is another one', () => {
    const recovered = { type: 'EndpointRecovered', data: {} } as const;
    given(failed('blocked'), paused)
      .when(networkChanged, { at: 5 * second })
      .records(networkChanged, recovered);
    expect(status(failed('blocked'), paused, networkChanged, recovered)).toMatchObject({
      state: 'healthy',
      until: null,
    });
  });

  it('was half-open, and is so again after the change', () => {
    const halfOpen: EndpointFact = { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } };
    given(halfOpen, failed('blocked'), paused)
      .when(networkChanged, { at: 5 * second })
      .records(networkChanged, halfOpen);
  });

  const limited: EndpointFact = { type: 'EndpointPaused', data: { ...paused.data, because: 'rateLimited' } };
  it.each<[string, readonly EndpointFact[]]>([
    ['a healthy one', []],
    ['one that is limited', [limited]],
  ])('%s hears nothing of a change', (_, history) => {
    given(...history)
      .when(networkChanged, { at: second })
      .recordsNothing();
  });
});

describe('an endpoint whose probes are refused for their looks', () => {
  const noted = (isForLooks?: true): EndpointReport => ({
    type: 'ProbeNoted',
    data: {
      depth: 'conversation',
      verdict: 'failure',
      responseMs: 1,
      ttftMs: null,
      score: 0,
      model: null,
      tokens: 0,
      detail: null,
      ...(isForLooks && { isForLooks }),
    },
  });

  function held(because: Failure = 'credential'): EndpointLife {
    const life = new EndpointLife();
    life.policy = { ...life.policy, probing: true };
    life.tell(failed(because));
    return life;
  }

  it('is let try by one real request, when it has been held for the interval', () => {
    const life = held();
    life.pass(9 * minute);
    life.tell(noted(true));
    expect(endpointStatus(life.snapshot).state).toBe('failed');
    life.pass(minute);
    expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'recovering', ramp: 0 });
  });

  it('is let try at once, when the interval is over already', () => {
    const life = held();
    life.pass(15 * minute);
    expect(endpointStatus(life.snapshot).state).toBe('failed');
    life.tell(noted(true));
    expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'recovering', ramp: 0 });
  });

  it('is held for another interval by a request that is refused, and tries again', () => {
    const life = held();
    life.tell(noted(true));
    life.pass(10 * minute);
    life.tell(failed('credential'));
    expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'failed', held: true });
    life.pass(10 * minute);
    expect(endpointStatus(life.snapshot).state).toBe('recovering');
  });

  it('stays out where its probes tell something, or a probe has passed since', () => {
    const life = held();
    life.tell(noted());
    life.pass(30 * minute);
    expect(endpointStatus(life.snapshot).state).toBe('failed');
    expect(status(noted(true) as EndpointFact, probed as EndpointFact).isProbeless).toBe(false);
    expect(status(noted(true) as EndpointFact, newKey).isProbeless).toBe(false);
  });
});
