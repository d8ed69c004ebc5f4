/** The contract of the fleet: several gateways that tell each other what they found out. */
import * as v from 'valibot';
import type { Failure } from '../../events/endpoint.ts';
import { name, nothing, optional } from './fields.ts';
import { asks, changes, changesWhatIs } from './operation.ts';

export interface FleetMemberRow {
  /** Derived from the key that it signs with. */
  readonly member: string;
  readonly name: string;
  readonly joinedAt: string;
  /** How far its log is told. */
  readonly seq: number;
  readonly seenAt: string;
  /** It was heard within the last minute. */
  readonly isPresent: boolean;
  /** Messages that were taken from it. */
  readonly heard: number;
}

/** The budget of a token whose name and limit other gateways of the fleet have, too. */
export interface FleetBudgetRow {
  readonly token: string;
  /** `2026-11-30`, or `2026-11`. */
  readonly period: string;
  readonly limitUsd: number;
  /** This gateway's slice. */
  readonly allowedUsd: number;
  /** At this gateway. */
  readonly spentUsd: number;
}

/** Why nothing comes through: of the address, of the door, of what is behind it, and of this gateway's own settings. */
export type FleetFault =
  | 'refused'
  | 'unknownHost'
  | 'unreachable'
  | 'silent'
  | 'ended'
  | 'strange'
  | 'login'
  | 'forbidden'
  | 'untrusted'
  | 'otherName'
  | 'expired'
  | 'plain'
  | 'tls'
  | 'noJetStream'
  | 'full'
  | 'caFile'
  | 'seed'
  | 'nameTaken'
  | 'other';

/** The requests at once that an endpoint takes, of which other gateways have a part. */
export interface FleetSlotsRow {
  readonly endpoint: string;
  readonly profile: string;
  readonly name: string;
  readonly limit: number;
  /** This gateway's part. */
  readonly allowed: number;
}

/** What only a running gateway knows. */
export interface FleetLive {
  readonly state: 'off' | 'connecting' | 'connected' | 'nameTaken';
  readonly member: string | null;
  /** Since when nothing comes through; null while all is well. */
  readonly since: string | null;
  /** Facts of the log that have not been looked at yet. */
  readonly behind: number | null;
  readonly published: number;
  readonly received: number;
  /** Messages that were not taken, by the reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The reasons of the last minute. */
  readonly refusedNow: readonly string[];
  readonly fault: FleetFault | null;
  /** The code of the system or of the server's client, as it came. */
  readonly error: string | null;
  /** The version of the engine's server. */
  readonly server: string | null;
  readonly members: readonly FleetMemberRow[];
  readonly budgets: readonly FleetBudgetRow[];
  readonly slots: readonly FleetSlotsRow[];
  /** What others cannot reach from where they are. */
  readonly paths: readonly {
    readonly member: string;
    readonly name: string;
    readonly endpoints: readonly string[];
    readonly because: Failure;
    readonly heardAt: string;
    readonly until: string;
  }[];
}

/** What another gateway has said of an endpoint, and still counts. */
export interface HeardRow {
  readonly endpoint: string;
  readonly profile: string;
  readonly name: string;
  /** A credential's failure keeps traffic away; a vendor's is a hint; what is wrong with the path from there is shown, and nothing more. */
  readonly about: 'credential' | 'vendor' | 'path';
  readonly because: Failure;
  /** The gateway that said it. */
  readonly by: string;
  readonly member: string;
  readonly heardAt: string;
  readonly until: string;
}

export const fleetContract = {
  'fleet.status': asks('read', nothing).answers<{
    /** Null: this gateway is in no fleet. */
    readonly url: string | null;
    readonly name: string;
    /** Without one, nothing is told and nothing heard. */
    readonly hasSecret: boolean;
    /** Null while no gateway runs. */
    readonly live: FleetLive | null;
  }>(),
  'fleet.beliefs': asks('read', v.strictObject({ endpoint: optional(name) })).answers<{
    readonly beliefs: readonly HeardRow[];
  }>(),
  /** Of one endpoint, or of all. */
  'fleet.forget': changesWhatIs('write', v.strictObject({ endpoint: optional(name) })).answers<{
    readonly forgotten: readonly HeardRow[];
  }>(),
  'fleet.leave': changes('never', nothing).answers<{ readonly left: boolean }>(),
};
