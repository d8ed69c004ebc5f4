/** What this home knows of its store, in `sync.json`: where it is, and which of its snapshots this home has come from. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { jsonIn } from '../../platform/json.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { paths } from '../files/home.ts';

const form = v.strictObject({
  folder: v.string(),
  /** The store that was there. */
  store: v.string(),
  /** Whether keys go there, under a passphrase. */
  keys: v.boolean(),
  /** The snapshot that was pushed or pulled last; null: none was. */
  base: v.nullable(v.string()),
  /** Endpoints of that snapshot that this home could not take, for want of a key: they stay in the store. */
  without: v.array(v.string()),
});

export type LocalSync = v.InferOutput<typeof form>;

/** Undefined: no store was set up. @throws {QccError} `QCC_SYNC_DAMAGED` */
export function readLocal(home: string): LocalSync | undefined {
  const path = paths(home).sync;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const found = v.safeParse(form, jsonIn(text));
  if (!found.success) throw new QccError('QCC_SYNC_DAMAGED', { path, fault: 'local', typed: shellWord(path) });
  return found.output;
}

/** @throws {QccError} `QCC_SYNC_NONE` */
export function knownLocal(home: string): LocalSync {
  const known = readLocal(home);
  if (known === undefined) throw new QccError('QCC_SYNC_NONE', {}, exitCodes.notFound);
  return known;
}

export function keepLocal(home: string, local: LocalSync): void {
  writeFileAtomic(paths(home).sync, `${JSON.stringify(local)}\n`);
}
