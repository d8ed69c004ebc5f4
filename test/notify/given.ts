/** Facts and notices as the tests of notifications need them. */
import type { Fact, Recorded } from '../../events/fact.ts';
import { reason } from '../../events/reason.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { noon } from '../support/world.ts';

export function recorded(stream: string, fact: Fact, at = noon): Recorded {
  return { seq: 1, at, stream, version: 1, id: 'fact', ...fact, v: 1, cause: null, by: 'gateway' };
}

export const failover = (from = 'main', to = 'spare', at = noon): Notice => ({
  kind: 'failover',
  at,
  from,
  to,
  because: reason('allOutForCertain', { profile: from }),
});

export const allDown = (at = noon): Notice => ({
  kind: 'all_down',
  at,
  because: reason('nothingUsable'),
});

export const refusedKey = (endpoint = '11111111', at = noon): Notice => ({
  kind: 'credential',
  at,
  profile: 'main',
  endpoint,
  name: 'relay',
  because: 'credential',
});
