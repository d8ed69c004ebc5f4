/** A process that dies in the middle: from one change of the disk on, none reaches it, not even those that clean up. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const changes = [
  'copyFileSync',
  'linkSync',
  'mkdirSync',
  'mkdtempSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
] as const;

class Died extends Error {}

/** Does its work until it has made so many changes; says how many it has made, and whether that was all of them. */
export async function dyingAt(most: number, work: () => Promise<unknown>): Promise<{ made: number; died: boolean }> {
  const own = Object.fromEntries(changes.map((name) => [name, fs[name]]));
  let made = 0;
  let died = false;
  let last = '';
  for (const name of changes) {
    const real = fs[name] as (...given: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...given: unknown[]) => {
        // A copy more or less of many makes no other case.
        const counts = name !== 'copyFileSync' || last !== name;
        last = name;
        died ||= counts && made === most;
        if (died) throw new Died(`it died before ${name}`);
        if (counts) made++;
        return real(...given);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    if (!died) throw error;
  } finally {
    Object.assign(fs, own);
    syncBuiltinESMExports();
  }
  return { made, died };
}
