/** What becomes of a request whose endpoints have been asked in vain. */
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import type { EndpointId } from '../../events/ids.ts';
import { allLasting, mostTelling, shortWait, worthWaitingFor } from '../../machines/failover.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { later, minute, second } from '../support/given.ts';
import { routable } from '../support/roster.ts';

const now = later(0);
const names = (endpoints: readonly RoutableEndpoint[]) => endpoints.map(({ name }) => name).join(' ');

function worth(endpoints: readonly RoutableEndpoint[], said: Readonly<Record<string, Failure>> = {}, lacks = '') {
  const heard = new Map(Object.entries(said).map(([id, failure]) => [id as EndpointId, failure]));
  const lacksModel = ({ id }: { readonly id: EndpointId }) => id === lacks;
  return names(worthWaitingFor(endpoints, { said: heard, lacksModel, patienceMs: 2 * minute }, now));
}

describe('worth waiting for', () => {
  it('is whoever was not asked, and may be back', () => {
    expect(worth([routable('a'), routable('b', { state: 'failed', until: later(5 * minute) })])).toBe('a b');
    expect(worth([routable('a'), routable('b')], { a: 'credential' })).toBe('b');
  });

  it('is nobody who is refused, disabled, or known to lack the model', () => {
    const held = { state: 'failed', held: true, because: 'credential' } as const;
    expect(worth([routable('a', held), routable('b', { state: 'disabled' }), routable('c')], {}, 'c')).toBe('');
  });

  it('is nobody who has told to be back too late', () => {
    const told = (because: Failure, ms: number) => routable(because, { state: 'failed', because, until: later(ms) });
    expect(worth([told('quota', minute), told('rateLimited', 3 * minute)])).toBe('quota');
    expect(worth([told('timeout', 5 * minute)])).toBe('timeout');
  });
});

describe('without a queue', () => {
  const back = (ms: number) => routable('a', { state: 'degraded', until: later(ms) });

  it('the first one back is waited for, for some seconds', () => {
    expect(shortWait([back(4 * second), back(2 * second)], now)).toBe(2 * second);
    expect(shortWait([back(6 * second)], now)).toBeNull();
    expect(shortWait([], now)).toBeNull();
    expect(shortWait([routable('a')], now)).toBeNull();
  });
});

describe('the most telling error', () => {
  it('is none while something else was said, which may be otherwise next time', () => {
    expect(mostTelling(['credential', 'timeout'])).toBe(-1);
    expect(mostTelling([])).toBe(-1);
    expect([allLasting(['credential', 'noModel']), allLasting([null])]).toEqual([true, false]);
  });

  it('is that of the model, of the plan, of the bill, of the key, of the address; the last of its kind', () => {
    expect(mostTelling(['credential', 'noModel', 'misconfigured'])).toBe(1);
    expect(mostTelling(['billing', 'quota'])).toBe(1);
    expect(mostTelling(['credential', 'billing', 'credential'])).toBe(1);
    expect(mostTelling(['credential', 'credential'])).toBe(1);
  });
});
