/** How this machine is connected: other addresses are another network, whatever it is called. */
import { networkInterfaces } from 'node:os';

export function addresses(): string {
  const all = Object.entries(networkInterfaces()).flatMap(([name, rows = []]) =>
    rows.filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
  );
  return all.sort().join('\n');
}
