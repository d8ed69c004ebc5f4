/**
 * The port to what carries messages between the gateways of a fleet. It is a mirror: all that is in it can be published again from the logs.
 * Nothing but the fleet's own loop waits for it.
 */
import type { Millis } from '../../events/fact.ts';

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
  /** Settles when the connection is gone for good. */
  readonly closed: Promise<void>;
  /** @param id what has the same one is stored once. Rejects when it is not stored within two seconds. */
  publish(name: string, channel: Channel, id: string, bytes: Uint8Array): Promise<void>;
  /** The newest of a gateway that is stored; null when there is none. */
  newest(name: string, channel: Channel): Promise<Delivered | null>;
  /** What is stored of the last time, then everything as it comes. @returns what ends it */
  subscribe(sinceMs: Millis, receive: (one: Delivered) => void): Promise<() => void>;
  close(): Promise<void>;
}
