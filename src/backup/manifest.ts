/** The manifest of a backup, which comes first in the file: its format, the number of facts, and every file with its checksum. */
import * as v from 'valibot';

export interface Backup {
  readonly file: string;
  readonly facts: number;
  readonly bytes: number;
  /** The backup holds the master key; otherwise its keys decrypt only with the keychain of the machine that made it. */
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

/** Undefined for text that is no manifest. A format that is too new is recognised first: its list may look different. */
export function parseManifest(json: unknown): Manifest | undefined {
  const parsed = v.safeParse(form, json);
  return parsed.success ? parsed.output : undefined;
}

export function formatOf(json: unknown): number {
  const format = (json as { format?: unknown } | null)?.format;
  return typeof format === 'number' ? format : 0;
}

/** The parts of a home beside its log; other files exist only while a process runs, or are logs for people. */
export const keptParts = [
  'bodies',
  'quarantine',
  'vault.json',
  'master.key',
  'claude.json',
  'names.json',
  'home.json',
] as const;
