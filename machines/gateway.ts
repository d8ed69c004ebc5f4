/** The gateway's own machine: stopped, online, offline. */
import { type SnapshotFrom, setup } from 'xstate';
import type { Millis } from '../events/fact.ts';
import type { GatewayFact } from '../events/gateway.ts';

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
    };
    events: ChartEvent;
  },
});
const begin = vocabulary.assign(({ event }) =>
  event.type === 'GatewayStarted' ? { epoch: event.data.epoch, wokeAt: null } : {},
);
const wakeUp = vocabulary.assign(({ event }) => (event.type === 'Slept' ? { wokeAt: event.at } : {}));
const sinceNow = vocabulary.assign(({ event }) => ({ since: event.at ?? null }));

export const gatewayChart = vocabulary.createMachine({
  id: 'gateway',
  context: { epoch: null, since: null, wokeAt: null },
  initial: 'stopped',
  on: { GatewayStopped: '.stopped', GatewayFoundDead: '.stopped', Slept: { actions: wakeUp } },
  states: {
    stopped: { entry: sinceNow, on: { GatewayStarted: { target: 'online', actions: begin } } },
    online: { entry: sinceNow, on: { Offline: 'offline' } },
    offline: { entry: sinceNow, on: { Online: 'online' } },
  },
});

export type GatewaySnapshot = SnapshotFrom<typeof gatewayChart>;

export function gatewayStatus({ value, context }: GatewaySnapshot): {
  readonly state: 'stopped' | 'online' | 'offline';
  readonly epoch: string | null;
  readonly since: Millis | null;
  readonly wokeAt: Millis | null;
} {
  return { ...context, state: value };
}
