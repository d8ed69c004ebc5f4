/** Which failures say nothing about an endpoint. */
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import {
  isNetworkGone,
  isProxyDown,
  type NetworkNow,
  type TransportFailure,
  tunnelRefused,
  weighFailure,
} from '../../machines/network.ts';
import { later, minute, second } from '../support/given.ts';

const refused: TransportFailure = {
  failure: 'unreachable',
  code: 'ECONNREFUSED',
  startedAt: later(minute),
  isLocal: false,
};
const unreachable: TransportFailure = { ...refused, code: 'ENETUNREACH' };
const online: NetworkNow = { isOffline: false, wokeAt: null, isProbing: true };
const weighed = (more: Partial<TransportFailure>, now: Partial<NetworkNow> = {}) =>
  weighFailure({ ...refused, ...more }, { ...online, ...now });

describe('a failure of a connection', () => {
  it('counts when a machine refused it, or time ran out', () => {
    expect(weighed({})).toBe('counts');
    expect(weighed({ failure: 'timeout', code: null })).toBe('counts');
  });

  it('is in doubt when no machine could be reached', () => {
    expect(weighFailure(unreachable, online)).toBe('doubtful');
    expect(['EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH'].map((code) => weighed({ code }))).toEqual(
      Array(3).fill('doubtful'),
    );
  });

  it('counts all the same for this machine, and where dialling to find out is not allowed', () => {
    expect(weighFailure({ ...unreachable, isLocal: true }, online)).toBe('counts');
    expect(weighFailure(unreachable, { ...online, isProbing: false })).toBe('counts');
  });

  it('is void while this machine is offline, unless the endpoint is on it', () => {
    expect(weighed({}, { isOffline: true })).toBe('void');
    expect(weighed({ isLocal: true }, { isOffline: true })).toBe('counts');
  });

  it('is void when its attempt began before a sleep, wherever the endpoint is', () => {
    const slept = { wokeAt: later(2 * minute) };
    expect(weighed({ failure: 'timeout', code: null }, slept)).toBe('void');
    expect(weighed({ failure: 'brokenAnswer', code: null, isLocal: true }, slept)).toBe('void');
    expect(weighed({ startedAt: later(2 * minute + second) }, slept)).toBe('counts');
  });

  it('is void when the proxy on the way failed', () => {
    expect(weighed({ code: 'EPROXY' })).toBe('void');
  });

  it('belongs to the proxy when it refuses us, and is in doubt when it cannot reach the endpoint', () => {
    expect([407, 403, 400, 302, 0].map(tunnelRefused).every(isProxyDown)).toBe(true);
    expect([502, 503, 504].map((status) => weighed({ code: tunnelRefused(status) }))).toEqual(
      Array(3).fill('doubtful'),
    );
  });

  it.each<Failure>(['serverError', 'credential', 'certificate', 'badAnswer', 'rateLimited'])(
    'counts when a peer has answered: %s',
    (failure) => {
      expect(weighed({ failure, code: null }, { isOffline: true, wokeAt: later(2 * minute) })).toBe('counts');
    },
  );
});

it('a dial that reached another machine shows that the network is up', () => {
  expect(['ECONNREFUSED', 'QCC_TIMEOUT', null].map(isNetworkGone)).toEqual([false, false, false]);
});
