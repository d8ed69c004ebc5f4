/** What other gateways say of an endpoint: how long it counts, what ends it, and that the order in which they are heard does not matter. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointReport } from '../../events/endpoint.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { worthTelling } from '../../machines/endpoint-decisions.ts';
import { aboutWhat, heardUntil, noHearsay } from '../../machines/hearsay.ts';
import { answered, at, given, heard, hour, later, minute, probed, quiet, second, start } from '../support/given.ts';
import { EndpointLife } from '../support/life.ts';

const expired = (ms: number): EndpointReport => ({ type: 'HearsayExpired', data: { before: later(ms) } });
const lifted = (member: string, seq: number, by = 'c') =>
  ({ type: 'HearsayLifted', data: { by, name: by, of: [{ member, seq }], heardAt: start } }) as const;
const forgotten = { type: 'HearsayForgotten', data: { member: null, deafUntil: later(hour) } } as const;
const halfOpen = { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } } as const;
/** A request's id, made so long after the start. */
const idAt = (ms: number) => {
  const hex = later(ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};
const success = (ms: number): EndpointReport => ({
  type: 'AttemptSucceeded',
  data: { request: idAt(ms), ttfbMs: 1, ttftMs: 1 },
});

function after(...reports: readonly EndpointReport[]) {
  const life = new EndpointLife();
  for (const one of reports) life.tell(one);
  return endpointStatus(life.snapshot);
}

describe('what another gateway says of a credential', () => {
  it('is recorded as it was heard, and keeps traffic away until its end', () => {
    const word = heard('b', 7, 'rateLimited', { status: 429 });
    given().when(word).records(word);
    expect(after(word)).toMatchObject({
      state: 'healthy',
      hearsay: { until: later(minute), because: 'rateLimited', by: 'b' },
    });
  });

  it('is no news twice, nor when it is older than what the same gateway has said', () => {
    given(heard('b', 7, 'quota'))
      .when(heard('b', 7, 'quota'))
      .recordsNothing();
    given(heard('b', 7, 'quota'))
      .when(heard('b', 6, 'quota'))
      .recordsNothing();
    given(heard('b', 7, 'quota'))
      .when(heard('c', 6, 'quota'))
      .recordsTypes('FailureHeard');
  });

  it('counts for an hour at most, however long it claims, and however often it is said', () => {
    expect(heardUntil(noHearsay, 'quota', 30 * hour, start)).toBe(later(hour));
    const { hearsay } = after(heard('b', 1, 'quota'));
    expect(heardUntil(hearsay, 'quota', 30 * hour, later(10 * minute))).toBe(later(hour));
    given()
      .when(heard('b', 1, 'quota', { until: later(hour + 1) }))
      .recordsNothing();
    given(heard('b', 1, 'quota'))
      .when(heard('d', 1, 'quota', { until: later(hour + 1) }), { at: minute })
      .recordsNothing();
  });

  it('ends with its time, in one request that finds out; a short pause ends without one', () => {
    given(heard('b', 1, 'quota'))
      .when(expired(minute), { at: minute })
      .records(expired(minute) as never, halfOpen);
    given(heard('b', 1, 'rateLimited'))
      .when(expired(minute), { at: minute })
      .recordsTypes('HearsayExpired');
    given(heard('b', 1, 'quota'))
      .when(expired(second), { at: second })
      .recordsNothing();
  });

  it('after an hour of hearsay no word counts until this gateway has made a trial of its own', () => {
    const past = [heard('b', 1, 'quota', { until: later(hour) }), at(hour, expired(hour) as never), at(hour, halfOpen)];
    const again = heard('b', 2, 'quota', { heardAt: later(hour), until: later(hour + minute) });
    given(...past)
      .when(again, { at: hour })
      .recordsNothing();
    given(...past, at(hour + second, success(hour + second) as never))
      .when(again, { at: hour + second })
      .recordsTypes('FailureHeard');
  });

  it('is lifted by the answer of any gateway, which names what it lifts', () => {
    given(heard('b', 7, 'quota'))
      .when(lifted('b', 7))
      .recordsTypes('HearsayLifted');
    expect(after(heard('b', 7, 'quota'), lifted('b', 7)).hearsay.until).toBeNull();
    expect(after(heard('b', 8, 'quota'), lifted('b', 7)).hearsay.until).toBe(later(minute));
    given(heard('b', 7, 'quota'), lifted('b', 7))
      .when(lifted('b', 7))
      .recordsNothing();
    // It was heard before what it lifts.
    expect(after(lifted('b', 7), heard('b', 7, 'quota')).hearsay.until).toBeNull();
  });

  it('is disproved by an answer of our own to a request that began after it, and by a probe', () => {
    const word = heard('b', 7, 'quota');
    given(word).when(success(second)).recordsTypes('AttemptSucceeded');
    expect(after(word, success(second)).hearsay.until).toBeNull();
    given(word).when(success(-second)).recordsNothing();
    expect(after(word, probed).hearsay.until).toBeNull();
    const life = new EndpointLife();
    expect(worthTelling(life.snapshot, { ttftMs: 1 }, () => quiet)).toBe(false);
    life.tell(word);
    expect(worthTelling(life.snapshot, { ttftMs: 1 }, () => quiet)).toBe(true);
  });

  it('is forgotten by hand, and who said it is not listened to for a while', () => {
    given(heard('b', 7, 'quota'))
      .when(forgotten)
      .records(forgotten);
    given().when(forgotten).recordsNothing();
    expect(after(heard('b', 7, 'quota'), forgotten).hearsay.until).toBeNull();
    given(heard('b', 7, 'quota'), forgotten)
      .when(heard('b', 8, 'quota'))
      .recordsNothing();
    given(heard('b', 7, 'quota'), forgotten)
      .when(heard('b', 8, 'quota', { heardAt: later(hour), until: later(hour + second) }), { at: hour })
      .recordsNothing();
  });

  it('says nothing of another key', () => {
    expect(after(heard('b', 7, 'quota'), { type: 'KeyChanged', data: {} }).hearsay.until).toBe(later(minute));
    const life = new EndpointLife();
    life.tell({ type: 'ModelNotFound', data: { model: 'm', until: later(minute), request: null } });
    life.tell(heard('b', 7, 'quota'));
    life.tell({ type: 'KeyChanged', data: {} });
    expect(endpointStatus(life.snapshot).hearsay).toEqual(noHearsay);
  });
});

describe('what another gateway says of a vendor', () => {
  it('is a hint: the endpoint stays available, and is behind its equals for a minute', () => {
    expect(after(heard('b', 7, 'overloaded')).hearsay).toMatchObject({ until: null, hintUntil: later(minute) });
    expect(heardUntil(noHearsay, 'serverError', hour, start)).toBe(later(minute));
    given()
      .when(heard('b', 7, 'overloaded', { until: later(minute + 1) }))
      .recordsNothing();
  });

  it('is said anew when half of its time has passed, and not before', () => {
    const again = (ms: number) => heard('b', 8, 'overloaded', { heardAt: later(ms), until: later(ms + minute) });
    given(heard('b', 7, 'overloaded'))
      .when(again(10 * second), { at: 10 * second })
      .recordsNothing();
    given(heard('b', 7, 'overloaded'))
      .when(again(40 * second), { at: 40 * second })
      .recordsTypes('FailureHeard');
  });
});

it('what is about the way to an endpoint, or about one request, is nobody else’s affair', () => {
  for (const failure of ['unreachable', 'certificate', 'timeout', 'blocked', 'noModel', 'tooLargeHere'] as const) {
    expect(aboutWhat(failure)).toBeNull();
    given()
      .when(heard('b', 1, failure))
      .recordsNothing();
  }
});

it('gateways that hear the same in any order, doubled and late, come to the same', () => {
  const word = fc.record({
    member: fc.constantFrom('b', 'c', 'd'),
    because: fc.constantFrom('quota', 'credential', 'rateLimited'),
    lifts: fc.option(fc.constantFrom('b', 'c', 'd'), { nil: null }),
  });
  const told = fc.array(word, { minLength: 1, maxLength: 20 }).chain((words) => {
    const messages = words.map(({ member, because, lifts }, i) =>
      lifts === null ? heard(member, i + 1, because as never, { until: later(hour) }) : lifted(lifts, i + 1, member),
    );
    return fc.record({
      one: fc.constant(messages),
      other: fc
        .shuffledSubarray([...messages, ...messages], { minLength: messages.length * 2 })
        .map((all) => all.map((message, i) => ({ message, lateMs: (i % 3) * second }))),
    });
  });
  const wordsOf = (life: EndpointLife) =>
    endpointStatus(life.snapshot)
      .hearsay.words.filter(({ until }) => until !== null)
      .map(({ member, seq, because, until }) => [member, seq, because, until]);
  fc.assert(
    fc.property(told, ({ one, other }) => {
      const inOrder = new EndpointLife();
      for (const message of one) inOrder.tell(message);
      const shuffled = new EndpointLife();
      for (const { message, lateMs } of other) {
        shuffled.pass(lateMs);
        shuffled.tell(message);
      }
      expect(wordsOf(shuffled)).toEqual(wordsOf(inOrder));
      expect(endpointStatus(shuffled.snapshot).hearsay.until).toBe(endpointStatus(inOrder.snapshot).hearsay.until);
    }),
    { numRuns: 300, seed: 1 },
  );
});

it('a success that nobody contradicts stays no news', () => {
  given().when(answered()).recordsNothing();
});
