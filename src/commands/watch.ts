/** `--watch`: the same again every second, until somebody has seen enough. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, isOn } from './context.ts';

const watchMs = 1_000;

/** Once, or again and again: on a terminal in the same place, into a pipe one after the other. */
export async function watched<T>(context: Context, show: () => Promise<T>): Promise<T> {
  while (isOn(context, 'watch')) {
    context.out.clear();
    await show();
    await sleep(watchMs);
  }
  return show();
}
