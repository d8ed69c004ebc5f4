/** Leftovers must not count twice: strikes that led to an ejection, and failures of concurrent requests. */
import { describe, expect, it } from 'vitest';
import { endpointStatus } from '../../machines/endpoint.ts';
import { worthTelling } from '../../machines/endpoint-decisions.ts';
import { answered, failed, later, minute, quiet, second } from '../support/given.ts';
import { EndpointLife } from '../support/life.ts';

describe('what an endpoint keeps from before:', () => {
  it('a half-open endpoint that meets overload is paused, though three strikes had ejected it', () => {
    const life = new EndpointLife();
    for (let i = 0; i < 3; i++) life.tell(failed('timeout'));
    life.pass(10 * second);
    expect(endpointStatus(life.snapshot).state).toBe('recovering');
    expect(life.tell(failed('overloaded')).map(({ type }) => type)).toEqual(['AttemptFailed', 'EndpointPaused']);
  });

  it('a new key leaves no strike behind', () => {
    const life = new EndpointLife();
    life.tell(failed('credential'));
    life.tell({ type: 'KeyChanged', data: {} });
    expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'healthy', strikes: 0 });
  });

  it('an answer after a rate limit ends the doubling', () => {
    const life = new EndpointLife();
    life.tell(failed('rateLimited'));
    life.pass(5 * second);
    expect(worthTelling(life.snapshot, { ttftMs: 300 }, () => quiet)).toBe(true);
    life.tell(answered());
    life.pass(24 * 60 * minute);
    expect(life.tell(failed('rateLimited'))[1]).toMatchObject({ data: { until: life.now + 5 * second, times: 1 } });
  });

  it('quota failures of concurrent requests count as one ejection', () => {
    const life = new EndpointLife();
    const quota = failed('quota', { resetAt: later(30 * minute) });
    life.tell(quota);
    for (let i = 0; i < 5; i++) expect(life.tell(quota)).toEqual([quota]);
    life.tell(failed('quota'));
    expect(endpointStatus(life.snapshot)).toMatchObject({ times: 1, until: later(60 * minute) });
  });

  it('a quota does not release a refused key', () => {
    const life = new EndpointLife();
    life.tell(failed('credential'));
    life.tell(failed('quota', { resetAt: later(minute) }));
    expect(endpointStatus(life.snapshot)).toMatchObject({ held: true, because: 'credential' });
  });

  it('limits reported by concurrent requests neither double nor shorten the pause', () => {
    const life = new EndpointLife();
    for (let i = 0; i < 8; i++) life.tell(failed('rateLimited'));
    expect(endpointStatus(life.snapshot).until).toBe(later(5 * second));
    const other = new EndpointLife();
    other.tell(failed('rateLimited', { retryAfterMs: 30 * second }));
    other.tell(failed('overloaded'));
    expect(endpointStatus(other.snapshot).until).toBe(later(30 * second));
  });
});
