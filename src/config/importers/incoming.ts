/** The content of an import, from any program: validated in itself, and not yet compared with the present configuration. */

import type { SettingValue } from '../../../events/config.ts';
import type { Adaptation, Auth, Tier } from '../../../events/profile.ts';
import { QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';

export interface IncomingEndpoint extends Partial<Adaptation> {
  readonly id?: string;
  readonly name?: string;
  readonly baseUrl: string;
  readonly auth?: Auth;
  readonly key?: string;
  readonly weight?: number;
  readonly priority?: number;
  readonly enabled?: boolean;
  readonly maxFailures?: number;
  readonly maxConcurrent?: number;
  readonly timeoutMs?: number | null;
  readonly allowPlaintext?: boolean;
  readonly source?: string | null;
}

export interface IncomingProfile {
  readonly name: string;
  readonly description?: string;
  /** Undefined: unchanged for an existing endpoint, none for a new one. */
  readonly tier?: Tier | null;
  /** Its position in its tier. */
  readonly position?: number | null;
  readonly endpoints: readonly IncomingEndpoint[];
}

/** What has no counterpart here, or is invalid. */
export interface LeftOut {
  readonly path: string;
  readonly because: LeftOutBecause;
  /** What adds it by hand. */
  readonly command?: string;
}

export type LeftOutBecause =
  | 'noCounterpart'
  | 'noAddress'
  /** The file holds no key, and no stored key may go to this host. */
  | 'noKey'
  | 'outOfRange'
  /** qcc does not accept its address, its name or one of its numbers. */
  | 'refused'
  | 'renamed'
  | 'needsCertificate'
  /** The profile already has an endpoint with the same address and key. */
  | 'twin';

export interface Incoming {
  readonly source: 'qcc' | 'fastcc' | 'cc-switch';
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Settings that the file does not name return to their defaults. */
  readonly isWhole: boolean;
  readonly default: string | null;
  readonly profiles: readonly IncomingProfile[];
  readonly leftOut: readonly LeftOut[];
}

/** The file cannot be an import. Its content is not repeated, because it may hold keys. */
export function unreadableImport(fault: Fault<'import' | 'bound'>, hint = 'qcc config import --help'): QccError {
  return new QccError('QCC_IMPORT_INVALID', { ...fault, hint });
}

/** More than are set up by hand. Each is compared with all others: a hundred thousand would take minutes. */
export const importBounds = { profiles: 1_000, endpoints: 2_000 } as const;

// Our own format is six levels deep; two thousand endpoints are thirty thousand values.
export const jsonBounds = { depthMax: 32, valuesMax: 100_000 };

/** @throws {QccError} `QCC_IMPORT_INVALID`, before anything is built from so many */
export function refuseTooMany(noun: keyof typeof importBounds, count: number): void {
  const most = importBounds[noun];
  if (count > most) throw unreadableImport({ fault: 'tooMany', noun, count, most });
}

/** Names of profiles from other programs: characters that a name may not hold become a dash. */
export function profileNameFrom(text: string, taken: ReadonlySet<string>): string {
  const clean =
    text
      .slice(0, readMax)
      .trim()
      .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
      .replaceAll(/^[-.]+|[-]+$/g, '')
      .slice(0, nameLengthMax) || 'profile';
  for (let n = 1; ; n++) {
    const name = n === 1 ? clean : `${clean}-${n}`;
    if (!taken.has(name)) return name;
  }
}

// A profile's name has 64 characters at most; some are reserved for a number.
const nameLengthMax = 56;
// Only the beginning of a name of a megabyte is used.
const readMax = 1_024;
