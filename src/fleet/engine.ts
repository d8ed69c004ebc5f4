/**
 * The port to what carries messages between the gateways of a fleet. It is a mirror: all that is in it can be published again from the logs.
 * Nothing but the fleet's own loop waits for it.
 */
import type { Millis } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';

/** How long what is leased is kept that is not written again. */
export const leaseMs = 10 * secondMs;

/** A lease is empty again soon; what is kept stays for a day. */
export type Register = `lease.${string}` | `kept.${string}`;

export interface Registered {
  /** Higher than that of anything before in this register. */
  readonly revision: number;
  readonly bytes: Uint8Array;
  readonly ageMs: Millis;
}

/** `fact`: what a gateway has found out. `beat`: that it is there. */
export type Channel = 'fact' | 'beat';

export interface Delivered {
  /** Of the gateway on whose subject it was published. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** How long it was in the engine, by the engine's clock. */
  readonly ageMs: Millis;
}

export interface Engine {
  /** For `doctor`: null where it has none. */
  readonly version: string | null;
  /** When its store was made: what is kept there, and its revisions, begin anew with another one. */
  readonly era: Millis;
  /** Settles when the connection is gone for good. */
  readonly closed: Promise<void>;
  /** @param id what has the same one is stored once. Rejects when it is not stored within two seconds. */
  publish(name: string, channel: Channel, id: string, bytes: Uint8Array): Promise<void>;
  /** The newest of a gateway that is stored; null when there is none. */
  newest(name: string, channel: Channel): Promise<Delivered | null>;
  /**
   * What is stored of the last time, then everything as it comes.
   * @param changed something was kept in this register
   * @returns what ends it
   */
  subscribe(
    sinceMs: Millis,
    receive: (one: Delivered) => void,
    changed: (register: string) => void,
  ): Promise<() => void>;
  /**
   * Compare and set.
   * @param after the revision that it has to have; 0 for an empty one
   * @returns the new revision; null when it had another one
   */
  swap(register: Register, after: number, bytes: Uint8Array): Promise<number | null>;
  /** Null for an empty register. */
  read(register: Register): Promise<Registered | null>;
  close(): Promise<void>;
}
