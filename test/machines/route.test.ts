import { describe, expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import { type InFlightView, plan, type RouteAsk, type Rules } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { routable, viewOf } from '../support/routing-view.ts';

const now = Date.UTC(2026, 0, 1, 12);
const id = (name: string) => name as EndpointId;

interface Setting {
  readonly ask?: Partial<RouteAsk>;
  readonly rules?: Partial<Rules>;
  readonly inFlight?: Partial<InFlightView>;
  /** Thrown one after the other; the last one stays. */
  readonly dice?: readonly number[];
}

function planned(view: RoutingView, { ask = {}, rules = {}, inFlight = {}, dice = [0.5] }: Setting = {}) {
  const thrown = [...dice];
  return plan(
    view,
    {
      within: null,
      model: null,
      binding: null,
      tried: new Set(),
      avoid: null,
      overloaded: new Set(),
      lacksModel: () => false,
      ...ask,
    },
    {
      count: () => 0,
      isHalfOpenPermitFree: () => true,
      panicAt: () => Number.NEGATIVE_INFINITY,
      turn: () => 0,
      ...inFlight,
    },
    { strategy: 'failover', healthAware: true, ...rules },
    now,
    () => (thrown.length > 1 ? thrown.shift() : thrown[0]) ?? 0,
  );
}

/** `a failover, b degraded`: who, in which order, and why. */
function order(view: RoutingView, setting?: Setting): string {
  return planned(view, setting)
    .candidates.map(({ endpoint, because }) => `${endpoint.id} ${because}`)
    .join(', ');
}

describe('the ladder in routing', () => {
  it('is followed from the active profile down, priority by priority', () => {
    const view = viewOf({
      main: [routable('late', { priority: 2 }), routable('early')],
      spare: [routable('other')],
    });
    expect(order(view)).toBe('early failover, late failover, other failover');
  });

  it('is one profile for a path that names it', () => {
    const view = viewOf({ main: [routable('a')], spare: [routable('b')] }, { ladder: ['main'] });
    expect(order(view, { ask: { within: 'spare' } })).toBe('b failover');
    expect(order(view, { ask: { within: 'nobody' } })).toBe('');
  });

  it('skips endpoints that are failed, disabled, paused, tried, or known to lack the model', () => {
    const view = viewOf({
      main: [
        routable('failed', { state: 'failed', until: now + 1 }),
        routable('disabled', { state: 'disabled' }),
        routable('paused', { state: 'degraded', until: now + 1 }),
        routable('tried'),
        routable('lacking'),
        routable('good'),
      ],
    });
    const ask = {
      tried: new Set([id('tried')]),
      lacksModel: ({ id: one }: { readonly id: EndpointId }) => one === 'lacking',
    };
    expect(order(view, { ask })).toBe('good failover');
  });

  it('includes an endpoint whose pause is over', () => {
    const view = viewOf({ main: [routable('a', { state: 'degraded', until: now })] });
    expect(order(view)).toBe('a degraded');
  });
});

describe('among equals,', () => {
  const pair = viewOf({ main: [routable('a', { weight: 300 }), routable('b', { weight: 100 })] });

  it('weights draw the first, and the order of failover after it', () => {
    const rules = { strategy: 'weighted' } as const;
    expect(order(pair, { rules, dice: [0.74, 0] })).toBe('a weighted, b weighted');
    expect(order(pair, { rules, dice: [0.76, 0] })).toBe('b weighted, a weighted');
  });

  it('the effective weight counts, not the configured one', () => {
    const view = viewOf({ main: [routable('a', { effectiveWeight: 10 }), routable('b', { effectiveWeight: 200 })] });
    expect(order(view, { rules: { strategy: 'weighted' }, dice: [0.1, 0] })).toBe('b weighted, a weighted');
  });

  it('round-robin takes turns', () => {
    const orders = [0, 1, 2, 3].map((turn) =>
      order(pair, { rules: { strategy: 'round-robin' }, inFlight: { turn: () => turn } }).slice(0, 1),
    );
    expect(orders).toEqual(['a', 'b', 'a', 'b']);
  });

  it('the least busy endpoint for its weight comes first', () => {
    const rules = { strategy: 'least-connections' } as const;
    const busy = (a: number, b: number) => ({ count: (one: EndpointId) => (one === 'a' ? a : b) });
    expect(order(pair, { rules, inFlight: busy(2, 1) })).toMatch(/^a/);
    expect(order(pair, { rules, inFlight: busy(4, 1) })).toMatch(/^b/);
  });

  it('a healthy endpoint comes before a degraded one for a new session', () => {
    const view = viewOf({ main: [routable('limping', { state: 'degraded', weight: 1_000 }), routable('whole')] });
    expect(order(view, { rules: { strategy: 'weighted' } })).toBe('whole weighted, limping degraded');
  });

  it('a degraded endpoint still comes before the next priority', () => {
    const view = viewOf({ main: [routable('limping', { state: 'degraded' }), routable('next', { priority: 2 })] });
    expect(order(view)).toBe('limping degraded, next failover');
  });
});

describe('a session in routing', () => {
  const pair = viewOf({ main: [routable('a'), routable('b')] });

  it('stays at its endpoint', () => {
    expect(order(pair, { ask: { binding: id('b') } })).toBe('b sticky, a failover');
  });

  it('stays at a degraded endpoint', () => {
    const view = viewOf({ main: [routable('a'), routable('b', { state: 'degraded' })] });
    expect(order(view, { ask: { binding: id('b') } })).toMatch(/^b sticky/);
  });

  it('stays lower on the ladder after a recovery above it', () => {
    const view = viewOf({ main: [routable('a')], spare: [routable('b')] });
    expect(order(view, { ask: { binding: id('b') } })).toMatch(/^b sticky/);
  });

  it.each([
    ['failed', { state: 'failed', until: now + 1_000 }],
    ['paused', { state: 'degraded', until: now + 1_000 }],
  ] as const)('leaves an endpoint that is %s', (_, state) => {
    const view = viewOf({ main: [routable('a'), routable('b', state)] });
    expect(order(view, { ask: { binding: id('b') } })).toMatch(/^a /);
  });

  it('takes the half-open permit of its recovering endpoint, whose cache is warm, and moves on when the permit is taken', () => {
    const view = viewOf({ main: [routable('a'), routable('b', { state: 'recovering', ramp: 0 })] });
    expect(order(view, { ask: { binding: id('b') } })).toBe('b trial, a failover');
    expect(order(view, { ask: { binding: id('b') }, inFlight: { isHalfOpenPermitFree: () => false } })).toMatch(/^a /);
  });

  it('asks an endpoint that pauses after an overload only after a failed attempt, when no other is left', () => {
    const rests = { state: 'degraded', because: 'overloaded', until: now + 1_000 } as const;
    const limited = { ...rests, because: 'rateLimited' } as const;
    const view = viewOf({ main: [routable('a', rests), routable('b', limited), routable('c')] });
    expect(order(view)).toBe('c failover');
    expect(order(view, { ask: { tried: new Set([id('c')]) } })).toBe('a lastResort');
    expect(order(view, { ask: { tried: new Set([id('c'), id('a')]) } })).toBe('');
  });

  it('asks an endpoint that is said to lack the model before it gives up, and not again at once', () => {
    const view = viewOf({ main: [routable('a', { state: 'failed', until: now + 60_000 }), routable('b')] });
    const lacksModel = ({ id: one }: { readonly id: string }) => one === 'b';
    expect(order(view, { ask: { lacksModel } })).toBe('b lastResort');
    expect(order(view, { ask: { lacksModel }, inFlight: { panicAt: (one) => (one === 'b' ? now : 0) } })).toBe(
      'a lastResort',
    );
  });

  it('moves to a profile that was chosen by hand', () => {
    const view = viewOf({ main: [routable('a')], spare: [routable('b')] }, { pinned: 'main' });
    expect(order(view, { ask: { binding: id('b') } })).toMatch(/^a failover/);
  });

  it('is not bound to an endpoint outside of the profile that its path names', () => {
    const view = viewOf({ main: [routable('a')], spare: [routable('b')] });
    expect(order(view, { ask: { binding: id('b'), within: 'main' } })).toBe('a failover');
  });

  it('asks an endpoint that broke its last answer only when no other is left', () => {
    expect(order(pair, { ask: { avoid: id('a'), binding: id('a') } })).toBe('b failover, a avoided');
  });

  it('asks other keys of an overloaded provider last', () => {
    const view = viewOf({
      main: [routable('key1', { baseUrl: 'https://one.test/x' }), routable('key2', { baseUrl: 'https://one.test/y' })],
      spare: [routable('else')],
    });
    const ask = { tried: new Set([id('key1')]), overloaded: new Set(['https://one.test']) };
    expect(order(view, { ask })).toBe('else failover, key2 sibling');
  });
});

describe('a recovering endpoint in routing', () => {
  it('gets single half-open requests, one at a time, while there is another endpoint to fail over to', () => {
    const view = viewOf({ main: [routable('back', { state: 'recovering' }), routable('good')] });
    expect(order(view)).toBe('back trial, good failover');
    expect(order(view, { inFlight: { isHalfOpenPermitFree: () => false } })).toBe('good failover, back reserve');
  });

  it('gets its share of the traffic in slow start, and is the reserve otherwise', () => {
    const view = viewOf({ main: [routable('back', { state: 'recovering', ramp: 0.3 }), routable('good')] });
    expect(order(view, { dice: [0.29] })).toBe('back ramp, good failover');
    expect(order(view, { dice: [0.31] })).toBe('good failover, back reserve');
  });

  it('gets the request when there is no other, with or without a permit', () => {
    const view = viewOf({ main: [routable('back', { state: 'recovering' })] });
    expect(order(view, { inFlight: { isHalfOpenPermitFree: () => false } })).toBe('back reserve');
  });

  it('above the active profile gets half-open requests from new sessions', () => {
    const view = viewOf(
      { main: [routable('back', { state: 'recovering' })], spare: [routable('good')] },
      { ladder: ['spare', 'main'], above: ['main'] },
    );
    expect(order(view)).toBe('back trial, good failover');
    expect(order(view, { ask: { binding: id('good') } })).toMatch(/^good sticky/);
  });
});

describe('when no endpoint is available,', () => {
  const out = (name: string, until: number) => routable(name, { state: 'failed', until });

  it('the one with the earliest return gets one attempt', () => {
    const view = viewOf({ main: [out('later', now + 60_000), out('sooner', now + 10_000)] });
    expect(order(view)).toBe('sooner lastResort');
  });

  it('the next attempt comes five seconds later', () => {
    const view = viewOf({ main: [out('a', now + 60_000)] });
    expect(order(view, { inFlight: { panicAt: () => now - 4_999 } })).toBe('');
    expect(order(view, { inFlight: { panicAt: () => now - 5_000 } })).toBe('a lastResort');
  });

  it('a paused endpoint may get the attempt of panic mode', () => {
    const view = viewOf({ main: [routable('a', { state: 'degraded', until: now + 60_000 })] });
    expect(order(view)).toBe('a lastResort');
  });

  it('a disabled or quarantined endpoint gets no attempt', () => {
    const view = viewOf({
      main: [
        routable('off', { state: 'disabled' }),
        routable('refused', { state: 'failed', held: true, until: now + 1_000, because: 'credential' }),
      ],
    });
    expect(order(view)).toBe('');
  });

  it('a full endpoint is worth waiting for', () => {
    const view = viewOf({ main: [routable('full', { maxConcurrent: 2 }), out('failed', now + 1_000)] });
    expect(planned(view, { inFlight: { count: () => 2 } })).toEqual({ candidates: [], busy: true, full: ['full'] });
  });

  it('a full endpoint is skipped while another has room', () => {
    const view = viewOf({ main: [routable('full', { maxConcurrent: 2 }), routable('free')] });
    const setting = { inFlight: { count: (one: EndpointId) => (one === 'full' ? 2 : 0) } };
    expect(order(view, setting)).toBe('free failover');
    expect(planned(view, setting).busy).toBe(false);
  });
});

describe('with health_aware off', () => {
  it('states do not count, except disabled and a refused credential', () => {
    const view = viewOf({
      main: [
        routable('failed', { state: 'failed', until: now + 60_000 }),
        routable('degraded', { state: 'degraded' }),
        routable('back', { state: 'recovering' }),
        routable('off', { state: 'disabled' }),
        routable('refused', { state: 'failed', held: true, because: 'credential' }),
      ],
    });
    expect(order(view, { rules: { healthAware: false }, inFlight: { isHalfOpenPermitFree: () => false } })).toBe(
      'failed failover, degraded failover, back failover',
    );
  });
});

describe('an endpoint whose owner says that it does not have the model', () => {
  const without = (name: string, more: Partial<RoutableEndpoint> = {}) =>
    routable(name, { models: [{ from: 'opus', to: null }], ...more });
  const opus = { ask: { model: 'claude-opus-4-6' } };

  it('is not there for such a request, and is for all others', () => {
    const view = viewOf({ main: [without('a'), routable('b')], spare: [without('c')] });
    expect(order(view, opus)).toBe('b failover');
    expect(order(view, { ask: { model: 'claude-haiku-4-5' } })).toBe('a failover, b failover, c failover');
    expect(order(view, { ask: { model: null } })).toBe('a failover, b failover, c failover');
  });

  it('does not hold its session, is no half-open try, and no last resort', () => {
    const view = viewOf(
      { best: [without('above', { state: 'recovering' })], main: [without('a'), routable('b')] },
      { ladder: ['main'], above: ['best'] },
    );
    expect(order(view, { ask: { ...opus.ask, binding: 'a' as EndpointId } })).toBe('b failover');
    const out = { state: 'failed', until: now + 60_000, because: 'serverError' } as const;
    expect(order(viewOf({ main: [without('a', out)] }), opus)).toBe('');
    expect(order(viewOf({ main: [without('a', out)] }), { ask: { model: 'other' } })).toBe('a lastResort');
    const lacksModel = () => true;
    expect(order(viewOf({ main: [without('a')] }), { ask: { ...opus.ask, lacksModel } })).toBe('');
  });

  it('makes nobody wait for it', () => {
    const full = { ...opus, inFlight: { count: () => 64 } };
    expect(planned(viewOf({ main: [without('a')] }), full)).toMatchObject({ busy: false, full: [] });
  });
});
