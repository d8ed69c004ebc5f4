/** The gateway's part in a fleet. What speaks to a server is loaded when one is set. */
import type { EndpointId } from '../../events/ids.ts';
import { endpointDefaults } from '../commands/endpoint/operation.ts';
import { fleetSettings } from '../commands/fleet/operation.ts';
import { ownUsage, usedOf } from '../commands/history/gateway-stats.ts';
import { notifySettings } from '../commands/notify/operation.ts';
import { Fleet, type FleetPorts, stepEveryMs } from '../fleet/fleet.ts';
import type { SlotLimit } from '../fleet/slots.ts';
import type { Installation } from '../installation/installation.ts';
import { type Notice, sharedSubject } from '../notify/notice.ts';
import type { ReplayPool } from '../pool/pool.ts';

export interface FleetSide {
  readonly fleet: Fleet;
  /** Of those that write to the same webhook. */
  isTeller(notice: Notice): Promise<boolean>;
  start(): void;
  stop(): Promise<void>;
}

export function fleetSideOf(
  installation: Installation,
  budgets: FleetPorts['budgets'],
  replay: () => ReplayPool,
  running: (id: EndpointId) => number,
): FleetSide {
  const { core, vault, world } = installation;
  const fleet = new Fleet({
    core,
    dice: world.dice,
    budgets,
    settings: () => fleetSettings(installation),
    secretOf: (id) => vault.get(core.state.profiles.endpoint(id)?.secret ?? id),
    derive: (purpose) => vault.derive(purpose),
    slots: { limits: () => chosenLimits(core), running },
    usage: async (since, until) => usedOf(await ownUsage(installation, { since, until }, replay())),
    open: async (settings) => (await import('../fleet/nats-engine.ts')).openNats(settings),
  });
  const { secret } = notifySettings(installation);
  let timer: NodeJS.Timeout | undefined;
  return {
    fleet,
    isTeller: async (notice) => {
      const { what, endpoint } = sharedSubject(notice);
      // A test is of this gateway's own way to the webhook.
      if (notice.kind === 'test') return true;
      return fleet.isTeller(`${secret('notify.webhook')}\0${what}`, endpoint as EndpointId | null);
    },
    start: () => {
      timer = setInterval(() => void fleet.step(), stepEveryMs);
      timer.unref();
      void fleet.step();
    },
    stop: async () => {
      clearInterval(timer);
      await fleet.stop();
    },
  };
}

/** What every endpoint has was not chosen for its key. */
function chosenLimits({ state }: Installation['core']): readonly SlotLimit[] {
  return state.profiles.endpoints().filter(({ maxConcurrent }) => maxConcurrent !== endpointDefaults.maxConcurrent);
}
