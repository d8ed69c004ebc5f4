/** When a budget begins anew, and what its client is told. */
import { afterEach, expect, it } from 'vitest';
import { nextPeriodAt, periodOf } from '../../src/commands/token/budgets.ts';
import { dayOf, timeText } from '../../src/platform/time.ts';
import type { KnownToken } from '../../src/projections/tokens.ts';
import { ClientTokens } from '../../src/proxy/client-tokens.ts';
import { RequestHead } from '../../src/proxy/request/request-head.ts';

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

it.each([
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25', '2026-10-25T23:00:00.000Z', '2026-10-31T23:00:00.000Z'],
  ['Asia/Shanghai', '2026-11-30T17:00:00Z', '2026-12-01', '2026-12-01T16:00:00.000Z', '2026-12-31T16:00:00.000Z'],
  ['America/New_York', '2026-03-08T05:00:00Z', '2026-03-08', '2026-03-09T04:00:00.000Z', '2026-04-01T04:00:00.000Z'],
])('is the day of %s: at %s it is %s, until %s', (TZ, at, day, tomorrow, month) => {
  process.env['TZ'] = TZ;
  const now = Date.parse(at);
  expect([dayOf(now), periodOf('day', now), periodOf('month', now)]).toEqual([day, day, day.slice(0, 7)]);
  expect(new Date(nextPeriodAt('day', now)).toISOString()).toBe(tomorrow);
  expect(new Date(nextPeriodAt('month', now)).toISOString()).toBe(month);
});

it('is waited for when it begins within a minute, and no longer', () => {
  const token: KnownToken = {
    name: 'ann',
    tokenId: '0000000a',
    keyedHash: '',
    profile: null,
    maxConcurrent: null,
    limit: { usd: 2, per: 'day' },
    expiresAt: null,
    addedAt: 0,
    madeAt: 0,
    revokedAt: null,
  };
  const refusalAt = (leftMs: number, isElsewhere = false) => {
    const exhausted = () => ({ isElsewhere, spentUsd: 2.5, resetsAt: 1e12 });
    const source = { entries: () => new Map(), hash: () => Buffer.alloc(0), exhausted };
    const entry = { token, keyedHash: '', ended: null };
    return new ClientTokens(source, () => 1e12 - leftMs).refusal(entry, new RequestHead([]), null);
  };
  expect(refusalAt(59_500)).toMatchObject({ status: 429, stop: false, headers: ['retry-after', '60'] });
  expect(refusalAt(61_000)).toMatchObject({ status: 429, stop: true, headers: [] });
  // The rest of a budget that a fleet shares lies at other gateways, and the next slice may come at once.
  const shared = refusalAt(61_000, true);
  expect(shared).toMatchObject({ stop: false, headers: ['retry-after', '5'] });
  expect(shared?.message).toContain('other gateways of the fleet have the rest');
  expect(refusalAt(61_000)?.message).toContain(`$2.50 of $2 a day - the next day begins at ${timeText(1e12)}`);
});
