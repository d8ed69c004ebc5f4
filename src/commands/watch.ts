/** `--watch`: repeats the output every second, until the user ends it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, isOn } from './context.ts';

const watchMs = 1_000;

/** Once, or repeatedly: in place on a terminal, one after the other into a pipe. */
export async function watched<T>(context: Context, show: () => Promise<T>): Promise<T> {
  while (isOn(context, 'watch')) {
    context.out.clear();
    await show();
    await sleep(watchMs);
  }
  return show();
}
