/** The vendors whose addresses we know. Data, in a file beside this one: never fetched, each row dated and with its source. */
import { readFileSync } from 'node:fs';
import type { Auth, ModelRule } from '../../../events/profile.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { nearest } from '../../platform/nearest.ts';

/** What a vendor calls the models of Claude Code. */
export interface ModelTable {
  readonly models: readonly ModelRule[];
  /** The page of the vendor that says so. */
  readonly source: string;
  readonly checkedAt: string;
}

export interface Preset {
  readonly id: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  readonly docs: string;
  readonly verifiedAt: string;
  /** Without it, the vendor takes the names of Claude Code, or tells no name that is surely right for all its users. */
  readonly table?: ModelTable;
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

/** The vendor behind an address, whichever of its paths is used; undefined for a relay or a machine of one's own. */
export function presetAt(baseUrl: string): Preset | undefined {
  if (!URL.canParse(baseUrl)) return undefined;
  const { host } = new URL(baseUrl);
  return (
    presets.find((preset) => preset.baseUrl === baseUrl) ??
    presets.find((preset) => new URL(preset.baseUrl).host === host)
  );
}
