/** Where a question about the past goes: to this installation, or to the file that `--from-log` names. */
import type { Connection } from '../control/client.ts';
import type { Call } from '../control/operations.ts';
import { type Context, withInstallation } from './context.ts';

export type Asking = Pick<Connection, 'call' | 'viaGateway'>;

export function withHistory<T>(context: Context, work: (asking: Asking) => Promise<T>): Promise<T> {
  return withInstallation(context, work);
}

/** What endpoints are called now. Those that are gone keep their ids. */
export async function namesOf(call: Call): Promise<Readonly<Record<string, string>>> {
  return (await call('history.head', {})).names;
}
