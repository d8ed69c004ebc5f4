/** The gateway's own machine: stopped, online, offline. */
import { type SnapshotFrom, setup } from 'xstate';
import type { Millis } from '../events/fact.ts';
import type { GatewayFact } from '../events/gateway.ts';
import type { SwitchToken } from './fleet-switch.ts';
import { restore } from './fold.ts';

/** Who it is in its fleet. */
type Membership = Extract<GatewayFact, { type: 'FleetJoined' }>['data'];

type Switched = SwitchToken & { readonly at: Millis };

type ChartEvent = {
  [Type in GatewayFact['type']]: { type: Type; at: Millis; data: Extract<GatewayFact, { type: Type }>['data'] };
}[GatewayFact['type']];

const vocabulary = setup({
  types: {} as {
    context: {
      epoch: string | null;
      since: Millis | null;
      /** When the machine last woke up; null when it did not sleep in this life. */
      wokeAt: Millis | null;
      /** The fleet that it is a member of. */
      fleet: Membership | null;
      /** The fleet's last switch by hand, and when it was noted here. */
      switched: Switched | null;
    };
    events: ChartEvent;
  },
});
const join = vocabulary.assign(({ event }) => (event.type === 'FleetJoined' ? { fleet: event.data } : {}));
const leave = vocabulary.assign({ fleet: null });
const noteSwitch = vocabulary.assign(({ event }) => {
  if (event.type !== 'SwitchShared' && event.type !== 'SwitchHeard') return {};
  const { era, token } = event.data;
  return { switched: { era, token, at: event.at } };
});
const begin = vocabulary.assign(({ event }) =>
  event.type === 'GatewayStarted' ? { epoch: event.data.epoch, wokeAt: null } : {},
);
const wakeUp = vocabulary.assign(({ event }) => (event.type === 'Slept' ? { wokeAt: event.at } : {}));
const sinceNow = vocabulary.assign(({ event }) => ({ since: event.at ?? null }));

const fresh = { epoch: null, since: null, wokeAt: null, fleet: null, switched: null };

export const gatewayChart = vocabulary.createMachine({
  id: 'gateway',
  context: fresh,
  initial: 'stopped',
  on: {
    GatewayStopped: '.stopped',
    GatewayFoundDead: '.stopped',
    Slept: { actions: wakeUp },
    FleetJoined: { actions: join },
    FleetLeft: { actions: leave },
    SwitchShared: { actions: noteSwitch },
    SwitchHeard: { actions: noteSwitch },
  },
  states: {
    stopped: { entry: sinceNow, on: { GatewayStarted: { target: 'online', actions: begin } } },
    online: { entry: sinceNow, on: { Offline: 'offline' } },
    offline: { entry: sinceNow, on: { Online: 'online' } },
  },
});

export type GatewaySnapshot = SnapshotFrom<typeof gatewayChart>;

/** A state that was saved by a former version knows of no fleet: it is as one that was folded from its facts. */
export function restoreGateway(data: unknown): GatewaySnapshot {
  const { value, context } = data as { readonly value: string; readonly context: object };
  return restore(gatewayChart, { value, context: { ...fresh, ...context } });
}

export function gatewayStatus({ value, context }: GatewaySnapshot): {
  readonly state: 'stopped' | 'online' | 'offline';
  readonly epoch: string | null;
  readonly since: Millis | null;
  readonly wokeAt: Millis | null;
  readonly fleet: Membership | null;
  readonly switched: Switched | null;
} {
  return { ...context, state: value };
}
