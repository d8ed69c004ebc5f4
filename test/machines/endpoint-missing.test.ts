/** What an endpoint has refused of requests: believed for seven days, and until its address changes or a person says so. */
import { describe, expect, it } from 'vitest';
import type { EndpointFact, EndpointReport } from '../../events/endpoint.ts';
import { endpointStatus, restoreEndpoint } from '../../machines/endpoint.ts';
import { missingUntil } from '../../machines/endpoint-policy.ts';
import { persist } from '../../machines/fold.ts';
import { at, endpointAfter, given, later, minute, start } from '../support/given.ts';

const week = 7 * 24 * 60 * minute;
type Missing = EndpointReport & { type: 'CapabilityMissing' };
const missing = (what = 'speed', more: Partial<Missing['data']> = {}): Missing => ({
  type: 'CapabilityMissing',
  data: { model: 'm', what, limit: null, evidence: 'extraInput', until: later(week), request: 'r', ...more },
});
const forgotten = (what: string | null) => ({ type: 'CapabilityForgotten', data: { what } }) as const;
const disabled = { type: 'EndpointDisabled', data: {} } as const;
const newKey = { type: 'KeyChanged', data: {} } as const;
type Dated = { readonly at: number; readonly fact: EndpointFact };
const after = (...history: readonly (EndpointFact | Dated)[]) =>
  endpointStatus(endpointAfter(...history)).missing.map(({ what }) => what);

describe('what an endpoint has refused', () => {
  it('is remembered for seven days, and changes no state', () => {
    expect(missingUntil(start)).toBe(later(week));
    given().when(missing()).records(missing());
    expect(endpointStatus(endpointAfter(missing()))).toMatchObject({
      state: 'healthy',
      strikes: 0,
      timer: null,
      missing: [{ model: 'm', what: 'speed', limit: null, until: later(week) }],
    });
  });

  it('is no news within its time, and news after it, for another model, and with another limit', () => {
    given(missing()).when(missing(), { at: minute }).recordsNothing();
    given(missing())
      .when(missing('speed', { model: 'n' }))
      .records(missing('speed', { model: 'n' }));
    const again = missing('speed', { until: later(2 * week) });
    given(missing()).when(again, { at: week }).records(again);
    const most = missing('max_tokens', { limit: 8_192 });
    given(missing('max_tokens', { limit: 16_384 }))
      .when(most)
      .records(most);
    expect(after(missing(), at(week, again))).toEqual(['speed']);
  });

  it('is as many facts as there is room for, and a maximum that creeps down is few of them', () => {
    const many = Array.from({ length: 64 }, (_, i) => missing(`field${i}`));
    given(...many)
      .when(missing('one_more'))
      .recordsNothing();
    given(...many)
      .when(missing('one_more'), { at: week })
      .records(missing('one_more'));
    given(missing('max_tokens', { limit: 8_192 }))
      .when(missing('max_tokens', { limit: 8_191 }))
      .recordsNothing();
  });

  it('is forgotten by hand, by its name or all of it, and only where there is something to forget', () => {
    expect(after(missing(), missing('effort'), forgotten('speed'))).toEqual(['effort']);
    expect(after(missing(), missing('effort'), forgotten(null))).toEqual([]);
    given(missing()).when(forgotten('speed')).records(forgotten('speed'));
    given(missing()).when(forgotten('effort')).recordsNothing();
    given().when(forgotten(null)).recordsNothing();
  });

  it('is forgotten with a new key or address, also while it is disabled', () => {
    given(missing()).when(newKey).records(newKey);
    expect(after(missing(), newKey)).toEqual([]);
    given(missing(), disabled).when(newKey).records(newKey);
    given(disabled).when(newKey).recordsNothing();
    given(missing(), disabled).when(forgotten(null)).records(forgotten(null));
  });

  it('stays while it is disabled, and is not its health', () => {
    expect(after(missing(), disabled)).toEqual(['speed']);
    expect(after(missing(), { type: 'EndpointReset', data: {} })).toEqual(['speed']);
  });

  it('is in a snapshot of the state, and an older snapshot has none', () => {
    const state = endpointAfter(missing());
    expect(endpointStatus(restoreEndpoint(JSON.parse(JSON.stringify(persist(state))))).missing).toHaveLength(1);
    const { value, context } = persist(endpointAfter()) as { value: unknown; context: object };
    const { missing: _, ...older } = context as { missing: unknown };
    expect(endpointStatus(restoreEndpoint({ value, context: older })).missing).toEqual([]);
  });
});
