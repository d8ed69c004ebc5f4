/** `names.json`, `snapshots.json` and `tokens.json`: the names that completion offers, which must not wait for the log or the gateway. */
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../platform/atomic-file.ts';

export interface KnownName {
  readonly profile: string;
  readonly endpoints: readonly { readonly id: string; readonly name: string }[];
}

/** A snapshot of the configuration, by what people call it. */
export interface KnownSnapshot {
  readonly id: string;
  readonly description: string;
}

export function readNames(path: string): readonly KnownName[] {
  return listIn(path) as readonly KnownName[];
}

export function readSnapshots(path: string): readonly KnownSnapshot[] {
  return listIn(path) as readonly KnownSnapshot[];
}

/** Names of tokens that hold. */
export function readTokens(path: string): readonly string[] {
  return listIn(path) as readonly string[];
}

/** Empty when there is no such file, or an incomplete one. */
function listIn(path: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** Written only when the content differs. On a full disk only completion suffers; no command fails. */
export function keepNames(
  path: string,
  names: readonly KnownName[] | readonly KnownSnapshot[] | readonly string[],
): void {
  try {
    if (JSON.stringify(listIn(path)) === JSON.stringify(names)) return;
    writeFileAtomic(path, `${JSON.stringify(names)}\n`);
  } catch {
    // The next change tries again.
  }
}
