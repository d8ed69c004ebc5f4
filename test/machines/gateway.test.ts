import { describe, expect, it } from 'vitest';
import type { GatewayFact } from '../../events/gateway.ts';
import { fold, initialOf } from '../../machines/fold.ts';
import { gatewayChart, gatewayStatus } from '../../machines/gateway.ts';

const started: GatewayFact = {
  type: 'GatewayStarted',
  data: { version: '1.0.0', url: 'http://127.0.0.1:1', pid: 1, epoch: 'first' },
};
const restarted: GatewayFact = { ...started, data: { ...started.data, epoch: 'second' } };
const stopped: GatewayFact = { type: 'GatewayStopped', data: { reason: 'asked to' } };
const foundDead: GatewayFact = { type: 'GatewayFoundDead', data: { epoch: 'first', certainUntil: 1 } };
const offline: GatewayFact = { type: 'Offline', data: {} };
const online: GatewayFact = { type: 'Online', data: {} };

/** The facts at one second each, the first at 1. */
const told = (...facts: readonly GatewayFact[]) =>
  gatewayStatus(
    facts.reduce((state, fact, i) => fold(gatewayChart, state, { ...fact, at: i + 1 }), initialOf(gatewayChart)),
  );

describe('the gateway’s machine', () => {
  it.each<[string, GatewayFact[], Omit<ReturnType<typeof told>, 'wokeAt' | 'fleet' | 'switched'>]>([
    ['is stopped before it ever started', [], { state: 'stopped', epoch: null, since: null }],
    ['is online once started', [started], { state: 'online', epoch: 'first', since: 1 }],
    ['is offline when the network is gone', [started, offline], { state: 'offline', epoch: 'first', since: 2 }],
    [
      'is offline since the first that told so',
      [started, offline, offline],
      { state: 'offline', epoch: 'first', since: 2 },
    ],
    ['is online when the network is back', [started, offline, online], { state: 'online', epoch: 'first', since: 3 }],
    ['can be stopped while it is online', [started, stopped], { state: 'stopped', epoch: 'first', since: 2 }],
    ['can be stopped while it is offline', [started, offline, stopped], { state: 'stopped', epoch: 'first', since: 3 }],
    [
      'is stopped when the next start finds it dead',
      [started, foundDead],
      { state: 'stopped', epoch: 'first', since: 2 },
    ],
    ['lives anew after that', [started, foundDead, restarted], { state: 'online', epoch: 'second', since: 3 }],
    ['knows no network while it is stopped', [offline], { state: 'stopped', epoch: null, since: null }],
  ])('%s', (_, facts, status) => {
    expect(told(...facts)).toEqual({ ...status, wokeAt: null, fleet: null, switched: null });
  });

  it('knows when the computer woke up, until its next life', () => {
    const slept: GatewayFact = { type: 'Slept', data: { forMs: 1_000 } };
    expect(told(started, slept)).toEqual({ ...told(started), wokeAt: 2 });
    expect(told(started, slept, foundDead, restarted).wokeAt).toBeNull();
  });

  it('knows who it is in its fleet, until it leaves', () => {
    const data = { member: 'aa', name: 'a', epoch: 1, from: 0 };
    const joined: GatewayFact = { type: 'FleetJoined', data };
    expect(told(started, joined)).toEqual({ ...told(started), fleet: data });
    expect(told(started, joined, { type: 'FleetLeft', data: { member: 'aa' } })).toEqual(told(started));
  });

  it('knows the last switch by hand of its fleet, its own or another one’s', () => {
    const shared: GatewayFact = { type: 'SwitchShared', data: { era: 1, token: 7 } };
    const other = { member: 'bb', name: 'b', to: 'main', isKnown: true };
    const heard: GatewayFact = { type: 'SwitchHeard', data: { era: 1, token: 8, ...other } };
    expect(told(started, shared)).toEqual({ ...told(started), switched: { era: 1, token: 7, at: 2 } });
    expect(told(started, shared, heard).switched).toEqual({ era: 1, token: 8, at: 3 });
  });

  it.each<GatewayFact>([
    { type: 'Overruled', data: { name: 'b', wanted: 'main', to: null } },
    { type: 'FleetLost', data: {} },
    { type: 'FleetBack', data: { afterMs: 1 } },
    { type: 'FactsLost', data: { from: 1, to: 2, because: 'missing', since: null } },
    { type: 'LogSalvaged', data: { ranges: [[1, 2]], kept: 'elsewhere' } },
  ])('stays in its state for $type', (fact) => {
    expect(told(started, fact)).toEqual(told(started));
  });
});
