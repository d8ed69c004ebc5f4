import { describe, expect, it } from 'vitest';
import type { Fact } from '../../events/fact.ts';
import { notifyWordsOf } from '../../src/messages/notify.ts';
import { messageOf } from '../../src/notify/message.ts';
import { hear, subjectOf } from '../../src/notify/notice.ts';
import { noon } from '../support/world.ts';
import { failover, recorded, refusedKey } from './given.ts';

const endpoint = '11111111';
const named = (id: string) => (id === endpoint ? { profile: 'main', name: 'relay' } : undefined);
const none: ReadonlySet<string> = new Set();

const onLadder = (fact: Fact) => recorded('priority', fact);
const onEndpoint = (type: string, data: object = {}, id = endpoint) => recorded(`endpoint/${id}`, { type, data });
const failed = (because: string, id = endpoint) =>
  onEndpoint('EndpointFailed', { because, until: noon, belief: 'observed', times: 1, held: true }, id);

describe('a notice', () => {
  it.each([
    [
      'FailedOver',
      { from: 'main', to: 'spare', because: 'out' },
      { kind: 'failover', from: 'main', to: 'spare', because: 'out' },
    ],
    [
      'Recovered',
      { from: 'spare', to: 'main', because: 'well' },
      { kind: 'recovery', from: 'spare', to: 'main', because: 'well' },
    ],
    ['BackInService', { to: 'main' }, { kind: 'recovery', from: null, to: 'main' }],
    ['AllOut', { because: 'none is usable' }, { kind: 'all_down', because: 'none is usable' }],
  ])('is given about the ladder: %s', (type, data, notice) => {
    expect(hear([onLadder({ type, data })], none, named).notices).toEqual([{ ...notice, at: noon }]);
  });

  it.each(['credential', 'billing'] as const)(
    'is given about an endpoint that was ejected for its %s, with its name and profile',
    (because) => {
      const { notices } = hear([failed(because)], none, named);
      expect(notices).toEqual([{ ...refusedKey(), because }]);
    },
  );

  it('is not given about manual switches, suppressed switches, other failures, and removed endpoints', () => {
    const facts = [
      onLadder({ type: 'SwitchedByHand', data: { from: 'main', to: 'spare', reason: '' } }),
      onLadder({ type: 'SwitchHeldBack', data: { wanted: 'spare', because: 'cooldown', until: noon } }),
      failed('serverError'),
      failed('credential', '22222222'),
      recorded('request/1', { type: 'RequestFailed', data: {} }),
    ];
    expect(hear(facts, none, named).notices).toEqual([]);
  });

  it('has its place in the order of the facts', () => {
    const facts = [failed('credential'), onLadder({ type: 'AllOut', data: { because: '' } })];
    expect(hear(facts, none, named).notices.map(({ kind }) => kind)).toEqual(['credential', 'all_down']);
  });
});

describe('the notice of a refused key', () => {
  it('is given once while it is refused, in one batch or in the next', () => {
    const once = hear([failed('credential'), failed('credential')], none, named);
    expect(once.notices).toHaveLength(1);
    const again = hear(
      [onEndpoint('EndpointRecovering', { ramp: 0, nextAt: null }), failed('credential')],
      once.refused,
      named,
    );
    expect(again.notices).toEqual([]);
  });

  it.each(['KeyChanged', 'EndpointRecovered', 'EndpointReset', 'EndpointEnabled'])(
    'is given again after %s',
    (type) => {
      const { refused } = hear([failed('credential')], none, named);
      expect(hear([onEndpoint(type), failed('credential')], refused, named).notices).toHaveLength(1);
    },
  );
});

describe('the notice of a fleet', () => {
  const onGateway = (fact: Fact) => recorded('gateway', fact);

  it('is that its server is away for a minute, and that it is back', () => {
    const facts = [
      onGateway({ type: 'FleetLost', data: {} }),
      onGateway({ type: 'Offline', data: {} }),
      onGateway({ type: 'FleetBack', data: { afterMs: 75_000 } }),
    ];
    const { notices } = hear(facts, none, named);
    expect(notices).toEqual([
      { kind: 'fleet', at: noon, afterMs: null },
      { kind: 'fleet', at: noon, afterMs: 75_000 },
    ]);
    const told = (language: 'en' | 'zh-CN') =>
      notices.map((notice) => messageOf([{ notice, count: 1 }], notifyWordsOf(language), noon).text);
    expect(told('en')[0]).toContain('requests are served as before; see qcc fleet status');
    expect(told('en')[1]).toMatch(/the fleet’s server is back after 75 s/);
    expect(told('zh-CN')[1]).toContain('集群服务器恢复');
  });
});

describe('the subject of a notice', () => {
  it('is equal for repetitions, and for nothing else', () => {
    expect(subjectOf(failover('main', 'spare'))).toBe(subjectOf(failover('main', 'other', noon + 1)));
    const subjects = [failover(), failover('spare', 'main'), refusedKey(), refusedKey('22222222')].map(subjectOf);
    expect(new Set(subjects).size).toBe(subjects.length);
  });
});
