/** What a backup is told as, and what stands first in it: which format, how many facts, and every file with its sum. */
import * as v from 'valibot';

export interface Backup {
  readonly file: string;
  readonly facts: number;
  readonly bytes: number;
  /** The master key is in it; otherwise its keys open only with the keychain of the machine that made it. */
  readonly keys: boolean;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const form = v.strictObject({
  format: v.number(),
  version: v.string(),
  facts: count,
  at: v.string(),
  files: v.array(v.strictObject({ path: v.string(), size: count, sha256: v.string() })),
});

export type Manifest = v.InferOutput<typeof form>;

export const manifestName = 'backup.json';

/** Undefined for what is none. A format that is too new is seen before: its list may look otherwise. */
export function parseManifest(json: unknown): Manifest | undefined {
  const parsed = v.safeParse(form, json);
  return parsed.success ? parsed.output : undefined;
}

export function formatOf(json: unknown): number {
  const format = (json as { format?: unknown } | null)?.format;
  return typeof format === 'number' ? format : 0;
}

/** Of the home's own, beside its log; what is not here lives only while something runs, or is a log for people. */
export const keptParts = [
  'bodies',
  'quarantine',
  'vault.json',
  'master.key',
  'claude.json',
  'names.json',
  'home.json',
] as const;
