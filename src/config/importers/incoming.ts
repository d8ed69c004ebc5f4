/** What a file brings, whoever wrote it: checked in itself, and not yet held against what is there. */
import type { SettingValue } from '../../../events/config.ts';
import type { Auth, Tier } from '../../../events/profile.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';

export interface IncomingEndpoint {
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
  /** Undefined: as it is here, none for a new one. */
  readonly tier?: Tier | null;
  /** Its place in its tier. */
  readonly position?: number | null;
  readonly endpoints: readonly IncomingEndpoint[];
}

/** What has no counterpart here, or could not be taken. */
export interface LeftOut {
  readonly path: string;
  readonly because: LeftOutBecause;
}

export type LeftOutBecause =
  | 'noCounterpart'
  | 'noAddress'
  /** There is none in the file, and none here that may go to this host. */
  | 'noKey'
  | 'outOfRange'
  /** Its address, a number, or its name is none that qcc takes. */
  | 'refused'
  | 'renamed'
  | 'needsCertificate'
  /** The same address and key stand in the profile already. */
  | 'twin';

export interface Incoming {
  readonly source: 'qcc' | 'fastcc' | 'cc-switch';
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Settings that it does not name go back to their defaults. */
  readonly isWhole: boolean;
  readonly default: string | null;
  readonly profiles: readonly IncomingProfile[];
  readonly leftOut: readonly LeftOut[];
}

/** The file cannot be meant. `why` is a clause; the file itself is not repeated: keys may be in it. */
export function unreadableImport(why: string, hint = 'qcc config import --help'): QccError {
  return new QccError('QCC_IMPORT_INVALID', `this file cannot be imported: ${why}`, hint, exitCodes.failed, { why });
}

/** More than anybody has set up by hand. Each one is looked at beside all others: a hundred thousand would be looked at for minutes. */
export const importBounds = { profiles: 1_000, endpoints: 2_000 } as const;

// Our own is six levels deep; two thousand endpoints are thirty thousand values.
export const jsonBounds = { depthMax: 32, valuesMax: 100_000 };

/** @throws {QccError} `QCC_IMPORT_INVALID`, before anything is made of so many */
export function refuseTooMany(noun: keyof typeof importBounds, count: number): void {
  const most = importBounds[noun];
  if (count > most) throw unreadableImport(`there are ${count} ${noun} in it, and no more than ${most} are taken`);
}

/** Names of profiles out of other people's: what a name may not hold becomes a dash. */
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

// A profile's name has 64 characters at most; some are left for a number.
const nameLengthMax = 56;
// Of a name of a megabyte its beginning is enough.
const readMax = 1_024;
