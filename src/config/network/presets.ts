/** The vendors whose addresses we know. Data, in a file beside this one: never fetched, each row dated and with its source. */
import { readFileSync } from 'node:fs';
import type { Auth, ModelRule } from '../../../events/profile.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { nearest } from '../../platform/nearest.ts';

export interface Preset {
  readonly id: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  readonly docs: string;
  readonly verifiedAt: string;
  /** What the vendor calls the models of Claude Code. Without it, it takes their own names or has told none. */
  readonly models?: readonly ModelRule[];
}

export const presets: readonly Preset[] = JSON.parse(readFileSync(new URL('./presets.json', import.meta.url), 'utf8'));

/** @throws {QccError} `QCC_PRESET_UNKNOWN` */
export function presetOf(id: string): Preset {
  const found = presets.find((preset) => preset.id === id);
  if (found) return found;
  const near = nearest(
    id,
    presets.map((preset) => preset.id),
  );
  const hint = near === undefined ? 'qcc fc --list' : `did you mean ${near}? see qcc fc --list`;
  throw new QccError('QCC_PRESET_UNKNOWN', { name: id, near: near ?? '', hint }, exitCodes.usage);
}
