/** Manual maintenance of the log: verify, measure, compact. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../contract/json.ts';
import type { Answer } from '../../contract/operations.ts';
import { ask } from '../../history/questions.ts';
import { newFrozen } from '../../installation/frozen-home.ts';
import type { Installation } from '../../installation/installation.ts';
import { keeping } from '../../policies/policies.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import { Maintenance } from '../../runtime/maintenance.ts';

// Fewer leave so little memory behind that another process would take longer to start.
const apartFacts = 50_000;

/**
 * Folds all facts again, beside the main loop, and compares the result with the present state.
 * @param longFrom as many facts are read by a process of its own
 */
export async function verifyHistory(
  { core, paths: { log: dir, bodies, run } }: Installation,
  replay: ReplayPool | undefined,
  longFrom = apartFacts,
): Promise<Answer<'history.verify'> | Json> {
  const running = core.state.toJSON();
  const missing = await missingBlobs(core, bodies);
  await core.log.flush();
  const params = { running, missing };
  if (!replay) return ask(core.log, 'history.verify', params);
  const isLong = core.log.head - core.log.tail + 1 >= longFrom && core.log.isTrusted !== false;
  const found = isLong ? await replay.verify({ dir, folder: newFrozen(run), params }) : undefined;
  return found ?? replay.ask(dir, 'history.verify', params);
}

/**
 * A thousand file checks would delay requests: the folder is read once, and only files that are not in this listing are checked
 * individually.
 */
async function missingBlobs({ state }: Installation['core'], bodies: string): Promise<readonly string[]> {
  const there = new Set(await readdir(bodies).catch(() => []));
  // A blob is written before a fact names it, and is removed after the last such fact.
  return [...state.queue.blobs()].filter((name) => !there.has(name) && !existsSync(join(bodies, name)));
}

export async function measureHistory(
  { core, paths: { log: dir } }: Installation,
  replay: ReplayPool | undefined,
): Promise<Answer<'history.stats'> | Json> {
  await core.log.flush();
  const params = { disk: await core.log.size() };
  return replay ? replay.ask(dir, 'history.stats', params) : ask(core.log, 'history.stats', params);
}

/** Runs the hourly maintenance now, and returns the freed space to the disk. */
export async function compactHistory({ core, settings }: Installation): Promise<Answer<'history.compact'>> {
  const before = await core.log.size();
  const maintenance = new Maintenance(core, () => keeping(settings()));
  const trimmed = (await maintenance.trimUnfolded()) + (await maintenance.trim());
  await core.snapshot();
  await core.log.compact();
  return { trimmed, facts: core.log.head - core.log.tail + 1, before, after: await core.log.size() };
}
