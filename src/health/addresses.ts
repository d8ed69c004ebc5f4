/** How this machine is connected: other addresses are another network, whatever it is called. */
import { networkInterfaces } from 'node:os';

/** Null when the system does not tell: without open files, or where a sandbox forbids the question. */
export function addresses(): string | null {
  const interfaces = interfacesOrNone();
  if (interfaces === null) return null;
  const all = Object.entries(interfaces).flatMap(([name, rows = []]) =>
    rows.filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
  );
  return all.sort().join('\n');
}

function interfacesOrNone(): ReturnType<typeof networkInterfaces> | null {
  try {
    return networkInterfaces();
  } catch {
    return null;
  }
}
