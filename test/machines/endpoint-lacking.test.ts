/** Models that an endpoint has said it lacks: remembered for ten minutes, bounded, and forgotten on evidence. */
import { describe, expect, it } from 'vitest';
import type { EndpointFact, EndpointReport } from '../../events/endpoint.ts';
import { lacksUntil } from '../../machines/available.ts';
import { endpointStatus, restoreEndpoint } from '../../machines/endpoint.ts';
import { lacksModelUntil } from '../../machines/endpoint-policy.ts';
import { persist } from '../../machines/fold.ts';
import { answered, at, endpointAfter, failed, given, later, minute, probed, second, start } from '../support/given.ts';

type NotFound = EndpointReport & { type: 'ModelNotFound' };
const notFound = (model = 'm', until = later(10 * minute)): NotFound => ({
  type: 'ModelNotFound',
  data: { model, until, request: 'r' },
});
const found = (model = 'm'): EndpointReport & { type: 'ModelFound' } => ({
  type: 'ModelFound',
  data: { model, request: 'r' },
});
const reset = { type: 'EndpointReset', data: {} } as const;
const newKey = { type: 'KeyChanged', data: {} } as const;
const trial: EndpointFact = { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } };
const out: EndpointFact = {
  type: 'EndpointFailed',
  data: { because: 'timeout', until: later(10 * minute), belief: 'inferred', times: 1, held: false },
};
const degraded: EndpointFact = { type: 'EndpointDegraded', data: { because: 'timeout', until: null } };
type Dated = { readonly at: number; readonly fact: EndpointFact };
const lacks = (...history: readonly (EndpointFact | Dated)[]) =>
  endpointStatus(endpointAfter(...history)).lacks.map(({ model }) => model);

describe('a missing model', () => {
  it('is remembered for ten minutes, and changes no state', () => {
    expect(lacksModelUntil(start)).toBe(later(10 * minute));
    given().when(notFound()).records(notFound());
    expect(endpointStatus(endpointAfter(notFound()))).toMatchObject({
      state: 'healthy',
      strikes: 0,
      timer: null,
      lacks: [{ model: 'm', until: later(10 * minute) }],
    });
    const { lacks: list } = endpointStatus(endpointAfter(notFound()));
    expect(lacksUntil(list, 'm', later(10 * minute - 1))).toBe(later(10 * minute));
    expect(lacksUntil(list, 'm', later(10 * minute))).toBeNull();
    expect([lacksUntil(list, 'n', start), lacksUntil(list, null, start)]).toEqual([null, null]);
  });

  it('is no news within its time, and news after it', () => {
    given(notFound())
      .when(notFound('m', later(19 * minute)), { at: 9 * minute })
      .recordsNothing();
    const again = notFound('m', later(20 * minute));
    given(notFound())
      .when(again, { at: 10 * minute })
      .records(again);
    expect(endpointStatus(endpointAfter(notFound(), at(10 * minute, again))).lacks).toEqual([
      { model: 'm', until: later(20 * minute) },
    ]);
  });

  it.each([[[]], [[failed('timeout'), degraded]], [[out]], [[trial]]] as EndpointFact[][][])(
    'is remembered in every state: after %j',
    (history) => {
      given(...history)
        .when(notFound())
        .records(notFound());
      const before = endpointStatus(endpointAfter(...history));
      expect(endpointStatus(endpointAfter(...history, notFound()))).toEqual({
        ...before,
        lacks: [{ model: 'm', until: later(10 * minute) }],
      });
      expect(lacks(...history, notFound(), found())).toEqual([]);
      expect(lacks(...history, notFound(), probed)).toEqual([]);
      expect(lacks(...history, notFound(), reset)).toEqual([]);
      expect(lacks(...history, notFound(), newKey)).toEqual([]);
    },
  );

  it('may have any name, also one of the object’s prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '']) {
      given().when(notFound(name)).records(notFound(name));
      given().when(found(name)).recordsNothing();
      expect(lacks(notFound(name))).toEqual([name]);
      expect(lacks(notFound(name), found(name))).toEqual([]);
    }
  });

  it('is forgotten from the oldest, when clients name more models than exist', () => {
    const many = Array.from({ length: 40 }, (_, i) => notFound(`m${i}`));
    expect(lacks(...many)).toEqual(many.slice(-32).map(({ data }) => data.model));
  });
});

describe('a model’s entry as missing is removed', () => {
  it('by an answer for it, and by no other one', () => {
    given(notFound()).when(found()).records(found());
    given(notFound()).when(found('n')).recordsNothing();
    given().when(found()).recordsNothing();
    given(notFound())
      .when(found(), { at: 10 * minute })
      .recordsNothing();
    expect(lacks(notFound(), notFound('n'), found())).toEqual(['n']);
    expect(lacks(notFound(), answered())).toEqual(['m']);
  });

  it('by a successful probe that has asked for it, and by no other one', () => {
    given(notFound()).when(probed).records(probed);
    expect(lacks(notFound(), notFound('n'), probed)).toEqual(['n']);
  });

  it('by a manual reset, which is then news to a healthy endpoint', () => {
    given(notFound(), notFound('n')).when(reset).records(reset);
    given(trial, notFound()).when(reset).records(reset);
    given(out, notFound()).when(reset).records(reset, trial);
    given(notFound())
      .when(reset, { at: 10 * minute })
      .recordsNothing();
    expect(lacks(notFound(), notFound('n'), reset)).toEqual([]);
  });

  it('by a new key or address', () => {
    given(notFound()).when(newKey).records(newKey);
    given(out, notFound()).when(newKey).records(newKey, trial);
    expect(lacks(notFound(), newKey)).toEqual([]);
  });

  it('by being disabled: a disabled endpoint records none', () => {
    const disabled: EndpointFact = { type: 'EndpointDisabled', data: {} };
    expect(lacks(notFound(), disabled)).toEqual([]);
    given(disabled).when(notFound()).recordsNothing();
    given(disabled).when(found()).recordsNothing();
  });

  it('by nothing else: neither an outage nor a recovery', () => {
    const recovered: EndpointFact = { type: 'EndpointRecovered', data: {} };
    expect(lacks(notFound(), out, trial, at(second, recovered))).toEqual(['m']);
  });
});

describe('a snapshot of an endpoint', () => {
  it('keeps its missing models', () => {
    const saved = JSON.parse(JSON.stringify(persist(endpointAfter(out, notFound()))));
    expect(endpointStatus(restoreEndpoint(saved))).toEqual(endpointStatus(endpointAfter(out, notFound())));
  });

  it('from before they were recorded begins without any', () => {
    const saved = JSON.parse(JSON.stringify(persist(endpointAfter(out))));
    delete saved.context.lacks;
    expect(endpointStatus(restoreEndpoint(saved))).toEqual(endpointStatus(endpointAfter(out)));
    expect(lacks(out)).toEqual([]);
  });
});
