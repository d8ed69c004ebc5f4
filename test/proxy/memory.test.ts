/** What the proxy keeps in memory: sessions, loads, the line of those who wait. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import { Admission, type Place } from '../../src/proxy/admission/admission.ts';
import { InFlight } from '../../src/proxy/admission/in-flight.ts';
import { shortName } from '../../src/proxy/request/short-name.ts';
import { Sessions } from '../../src/proxy/sessions.ts';
import { point } from '../support/point.ts';
import { ask, gateway } from './gateway.ts';
import { answers, upstream } from './upstreams.ts';

const a = 'a' as EndpointId;
const b = 'b' as EndpointId;
const now = Date.UTC(2026, 0, 1, 12);
const ttl = 300_000;

describe('the session table', () => {
  it('binds a session from the start of its last request, for a limited time', () => {
    const sessions = new Sessions();
    sessions.bind('s', a, now);
    expect(sessions.bound('s', ttl, now + ttl - 1)).toBe(a);
    expect(sessions.bound('s', ttl, now + ttl)).toBeNull();
    sessions.bind('s', b, now + ttl - 1);
    expect(sessions.bound('s', ttl, now + ttl)).toBe(b);
  });

  it('binds no request without a session', () => {
    const sessions = new Sessions();
    sessions.bind(null, a, now);
    sessions.avoid(null, a, now);
    expect([sessions.bound(null, ttl, now), sessions.avoided(null, now)]).toEqual([null, null]);
  });

  it('avoids the endpoint that broke its answer for a minute, and releases the binding', () => {
    const sessions = new Sessions();
    sessions.bind('s', a, now);
    sessions.avoid('s', a, now);
    expect(sessions.bound('s', ttl, now)).toBeNull();
    expect([sessions.avoided('s', now + 59_999), sessions.avoided('s', now + 60_000)]).toEqual([a, null]);
    expect(sessions.avoided('other', now)).toBeNull();
  });

  it('keeps the last ten thousand, and no more than an eighth of that besides', () => {
    const sessions = new Sessions();
    sessions.bind('old', a, now);
    for (let i = 0; i < 1_250; i++) sessions.bind(`r${i}`, b, now);
    sessions.bind('kept', a, now);
    for (let i = 0; i < 9_999; i++) sessions.bind(`s${i}`, b, now);
    expect([sessions.bound('old', ttl, now), sessions.bound('kept', ttl, now)]).toEqual([null, a]);
  });

  it('keeps a session while it is used, however many others come', () => {
    const sessions = new Sessions();
    sessions.bind('used', a, now);
    for (let i = 0; i < 9_999; i++) sessions.bind(`s${i}`, b, now);
    sessions.bind('used', a, now + 60_000);
    for (let i = 0; i < 9_999; i++) sessions.bind(`t${i}`, b, now + 60_000);
    expect(sessions.bound('used', ttl, now + 60_000)).toBe(a);
  });

  it('moves a session at once when another endpoint has answered', () => {
    const sessions = new Sessions();
    sessions.bind('s', a, now);
    sessions.bind('s', b, now + 1);
    expect([sessions.bound('s', ttl, now + 1), sessions.bound('s', ttl, now + ttl)]).toEqual([b, b]);
  });

  it('is independent of missing models, which are remembered for ten minutes', () => {
    const sessions = new Sessions();
    sessions.noteLacking(a, 'm', now);
    expect(sessions.lacks(a, 'm', now + 599_999)).toBe(true);
    expect(sessions.lacks(a, 'm', now + 600_000)).toBe(false);
    expect([sessions.lacks(a, 'n', now), sessions.lacks(b, 'm', now), sessions.lacks(a, null, now)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('a name that a client chose', () => {
  it('is kept unchanged while it is short, and never as a slice of its source', () => {
    for (const name of ['', 'a', '0193a2b4-5c6d-7e8f-9012-3456789abcde', '模型 😀', 'x'.repeat(128)])
      expect(shortName(name)).toBe(name);
  });

  it('is shortened at any length, and stays distinct from others with the same beginning', () => {
    fc.assert(
      fc.property(fc.string({ unit: point, minLength: 129, maxLength: 200 }), fc.string(), (name, more) => {
        expect(shortName(name).length).toBeLessThanOrEqual(100);
        expect(shortName(name)).toBe(shortName(`${name}`));
        if (more !== '') expect(shortName(name + more)).not.toBe(shortName(name));
      }),
      { numRuns: 30 },
    );
  });

  it('is short in facts: the session, the model and the path', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] });
    const [session, model] = ['s'.repeat(8_000), 'm'.repeat(4_000)];
    const body = JSON.stringify({ model, messages: [], max_tokens: 1 });
    await ask(gw, { session, body });
    expect(a.heard[0]?.body.toString()).toBe(body);
    await ask(gw, { method: 'GET', path: `/v1/${'p'.repeat(3_000)}?${'q'.repeat(1_000)}` });
    expect(JSON.stringify(await gw.fact(1)).length).toBeLessThan(1_000);
    const { data } = await gw.fact(0);
    for (const name of [data.session, data.model]) expect(name).toMatch(/^(s{64}|m{64})~[0-9a-f]{32}$/);
  });

  it('is refused as a target of more than 4 KiB', async () => {
    const gw = await gateway({ main: [await upstream('a', answers())] });
    expect((await ask(gw, { method: 'GET', path: `/v1/models?${'q'.repeat(4_200)}` })).status).toBe(400);
  });
});

describe('the in-flight counters', () => {
  it('go up and down, once for each attempt, and always return the permit', () => {
    const call = fc.record({ id: fc.constantFrom(a, b), because: fc.constantFrom('trial', 'sticky', 'lastResort') });
    fc.assert(
      fc.property(fc.array(fc.record({ call, endsTwice: fc.boolean(), at: fc.nat(20) })), (calls) => {
        const inFlight = new InFlight();
        const running: (() => void)[] = [];
        for (const {
          call: { id, because },
          endsTwice,
          at,
        } of calls) {
          if (because === 'trial' && !inFlight.isHalfOpenPermitFree(id)) continue;
          running.push(inFlight.begin(id, because, now));
          if (at >= running.length) continue;
          const [end] = running.splice(at, 1);
          end?.();
          if (endsTwice) end?.();
        }
        for (const end of running) end();
        expect([inFlight.count(a), inFlight.count(b)]).toEqual([0, 0]);
        expect([inFlight.isHalfOpenPermitFree(a), inFlight.isHalfOpenPermitFree(b)]).toEqual([true, true]);
      }),
    );
  });

  it('hold the one half-open permit of an endpoint while its request runs', () => {
    const inFlight = new InFlight();
    const end = inFlight.begin(a, 'trial', now);
    const other = inFlight.begin(a, 'sticky', now);
    expect([inFlight.isHalfOpenPermitFree(a), inFlight.isHalfOpenPermitFree(b), inFlight.count(a)]).toEqual([
      false,
      true,
      2,
    ]);
    other();
    expect(inFlight.isHalfOpenPermitFree(a)).toBe(false);
    end();
    expect(inFlight.isHalfOpenPermitFree(a)).toBe(true);
  });

  it('know when panic mode was last used, and whose turn it is', () => {
    const inFlight = new InFlight();
    expect(inFlight.panicAt(a)).toBe(Number.NEGATIVE_INFINITY);
    inFlight.begin(a, 'lastResort', now)();
    expect(inFlight.panicAt(a)).toBe(now);
    expect([inFlight.turn('x'), inFlight.turn('x'), inFlight.turn('y')]).toEqual([0, 1, 0]);
  });

  it('hold the retry budget', () => {
    const inFlight = new InFlight();
    const allowed = Array.from({ length: 20 }, () => inFlight.spend(now)).filter(Boolean);
    expect(allowed).toHaveLength(10);
    for (let i = 0; i < 5; i++) inFlight.requestCame(now);
    expect([inFlight.spend(now), inFlight.spend(now)]).toEqual([true, false]);
  });
});

describe('admission', () => {
  const rules = { maxConcurrent: 2, maxWaiting: 1, rateLimit: 0 };

  beforeEach(() => vi.useFakeTimers({ now }));
  afterEach(() => vi.useRealTimers());

  const entered = (admission: Admission): Place => {
    const place = admission.enter();
    if (!place) throw new Error('turned away');
    return place;
  };

  it('lets a number of requests in, lets others wait, and refuses further ones', async () => {
    const admission = new Admission(rules, Date.now);
    const first = entered(admission);
    expect([first.turn(), entered(admission).turn()]).toEqual([true, true]);
    const third = entered(admission).turn();
    expect([admission.enter(), admission.isFull]).toEqual([undefined, true]);
    expect([admission.running, admission.waiting]).toEqual([2, 1]);
    first.leave();
    expect(await third).toBe(true);
    expect([admission.running, admission.waiting, admission.isFull]).toEqual([2, 0, false]);
  });

  it('admits the backlog in its order', async () => {
    const admission = new Admission({ ...rules, maxConcurrent: 1, maxWaiting: 9 }, Date.now);
    const places = [entered(admission)];
    const came: number[] = [];
    for (const n of [1, 2, 3]) {
      const place = entered(admission);
      places.push(place);
      void (place.turn() as Promise<boolean>).then(() => came.push(n));
    }
    for (let i = 0; i < 3; i++) {
      places[i]?.leave();
      await Promise.resolve();
    }
    expect(came).toEqual([1, 2, 3]);
  });

  it('admits waiting requests when a setting makes room', async () => {
    const admission = new Admission({ ...rules, maxConcurrent: 1 }, Date.now);
    entered(admission);
    const turn = entered(admission).turn();
    admission.configure({ ...rules, maxConcurrent: 2 });
    expect(await turn).toBe(true);
    expect(admission.running).toBe(2);
  });

  it('has as many places taken as there are live requests, after any events in any order', async () => {
    const step = fc.record({
      what: fc.constantFrom('enter', 'enter', 'leave', 'leaveTwice', 'park', 'unpark', 'configure', 'pass'),
      which: fc.nat(30),
      size: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 0, 3), async (steps, rateLimit) => {
        let limits = { maxConcurrent: 2, maxWaiting: 3, rateLimit };
        const admission = new Admission(limits, Date.now);
        const living: Place[] = [];
        for (const { what, which, size } of steps) {
          const place = living[which % Math.max(1, living.length)];
          const mayEnter = !admission.isFull;
          if (what === 'enter') {
            const made = admission.enter();
            expect(made !== undefined).toBe(mayEnter);
            if (made) living.push(made);
          } else if (what === 'configure') {
            limits = { ...limits, maxConcurrent: 1 + size, maxWaiting: size };
            admission.configure(limits);
          } else if (what === 'pass') await vi.advanceTimersByTimeAsync(500);
          else if (place && what === 'park') place.park();
          else if (place && what === 'unpark') place.unpark();
          else if (place) {
            const turn = place.turn();
            const waited = place.state === 'waiting';
            place.leave();
            if (what === 'leaveTwice') place.leave();
            living.splice(living.indexOf(place), 1);
            if (waited) expect(await turn).toBe(false);
          }
          const count = (state: string) => living.filter((one) => one.state === state).length;
          expect([admission.running, admission.waiting, admission.parked]).toEqual(
            ['running', 'waiting', 'parked'].map(count),
          );
          // No request waits while a place is free.
          if (rateLimit === 0) expect(admission.waiting === 0 || admission.running >= limits.maxConcurrent).toBe(true);
        }
        for (const place of living) place.leave();
        expect([admission.running, admission.waiting, admission.parked]).toEqual([0, 0, 0]);
      }),
    );
  });

  it('spreads requests above the rate limit, and loses none', async () => {
    const admission = new Admission({ maxConcurrent: 100, maxWaiting: 100, rateLimit: 5 }, Date.now);
    let entered = 0;
    for (let i = 0; i < 15; i++) {
      const turn = admission.enter()?.turn();
      if (turn === true) entered++;
      else if (turn) void turn.then(() => entered++);
    }
    expect(entered).toBe(5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entered).toBe(10);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entered).toBe(15);
  });
});
