/** The network addresses of this machine: other addresses mean another network, whatever its name is. */
import { networkInterfaces } from 'node:os';

/** Null when the system does not tell: without file descriptors, or where a sandbox forbids the call. */
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
