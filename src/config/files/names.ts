/** `names.json`: the names of profiles and endpoints, for completion, which must not wait for the log or the gateway. */
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../platform/atomic-file.ts';

export interface KnownName {
  readonly profile: string;
  readonly endpoints: readonly { readonly id: string; readonly name: string }[];
}

/** Empty when there is no such file, or an incomplete one. */
export function readNames(path: string): readonly KnownName[] {
  try {
    const names: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(names) ? (names as readonly KnownName[]) : [];
  } catch {
    return [];
  }
}

/** Written only when the content differs. On a full disk only completion suffers; no command fails. */
export function keepNames(path: string, names: readonly KnownName[]): void {
  try {
    if (JSON.stringify(readNames(path)) === JSON.stringify(names)) return;
    writeFileAtomic(path, `${JSON.stringify(names)}\n`);
  } catch {
    // The next change tries again.
  }
}
