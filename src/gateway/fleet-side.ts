/** The gateway's part in a fleet. What speaks to a server is loaded when one is set. */
import { fleetSettings } from '../commands/fleet/operation.ts';
import { Fleet, stepEveryMs } from '../fleet/fleet.ts';
import type { Installation } from '../installation/installation.ts';

export interface FleetSide {
  readonly fleet: Fleet;
  start(): void;
  stop(): Promise<void>;
}

export function fleetSideOf(installation: Installation): FleetSide {
  const { core, vault, world } = installation;
  const fleet = new Fleet({
    core,
    dice: world.dice,
    settings: () => fleetSettings(installation),
    secretOf: (id) => vault.get(core.state.profiles.endpoint(id)?.secret ?? id),
    derive: (purpose) => vault.derive(purpose),
    open: async (settings) => (await import('../fleet/nats-engine.ts')).openNats(settings),
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    fleet,
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
