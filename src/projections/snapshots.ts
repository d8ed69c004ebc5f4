/**
 * Named moments of the configuration, and where its last change began. A snapshot contains its configuration, so that a rollback works even
 * when the facts before it are beyond retention.
 */
import type { ConfigFact, SnapshotReason } from '../../events/config.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { Configuration } from './configuration.ts';

export interface ConfigSnapshot {
  /** `s` and the `seq` of its fact. */
  readonly id: string;
  readonly seq: number;
  readonly at: Millis;
  readonly reason: SnapshotReason;
  readonly description: string;
  readonly hash: string;
  readonly configuration: Configuration;
}

// Taken automatically before an import, a rollback or a reset; those that the user took are kept for ever.
const automaticKept = 20;

interface Saved {
  readonly snapshots: readonly ConfigSnapshot[];
  readonly lastChange: number | null;
}

export class Snapshots {
  #all: readonly ConfigSnapshot[] = [];
  #lastChange: number | null = null;

  /** Oldest first. */
  all(): readonly ConfigSnapshot[] {
    return this.#all;
  }

  get(id: string): ConfigSnapshot | undefined {
    return this.#all.find((snapshot) => snapshot.id === id);
  }

  /** The snapshot before the last import, rollback or reset. */
  automatic(): ConfigSnapshot | undefined {
    return this.#all.findLast(({ reason }) => reason !== 'hand');
  }

  /** The first fact of the last change; the fact before it has the former configuration. */
  get lastChange(): number | null {
    return this.#lastChange;
  }

  apply(fact: Recorded): void {
    if (changesConfiguration(fact)) this.#lastChange = fact.cause ?? fact.seq;
    if (fact.type !== 'SnapshotTaken') return;
    const { reason, description, hash, configuration } = (
      fact as Recorded<Extract<ConfigFact, { type: 'SnapshotTaken' }>>
    ).data;
    const { seq, at } = fact;
    const taken: ConfigSnapshot = {
      id: `s${seq}`,
      seq,
      at,
      reason,
      description,
      hash,
      configuration: configuration as Configuration,
    };
    this.#all = limited([...this.#all, taken]);
  }

  toJSON(): Saved {
    return { snapshots: this.#all, lastChange: this.#lastChange };
  }

  /** A log from before there were snapshots has none. */
  static from(json: unknown): Snapshots {
    const made = new Snapshots();
    const saved = json as Saved | undefined;
    made.#all = saved?.snapshots ?? [];
    made.#lastChange = saved?.lastChange ?? null;
    return made;
  }
}

function limited(all: readonly ConfigSnapshot[]): readonly ConfigSnapshot[] {
  const automatic = all.filter(({ reason }) => reason !== 'hand');
  const dropped = new Set(automatic.slice(0, Math.max(0, automatic.length - automaticKept)));
  return all.filter((snapshot) => !dropped.has(snapshot));
}

const switches: ReadonlySet<string> = new Set(['EndpointEnabled', 'EndpointDisabled']);

/** A fact that changes the configuration. */
function changesConfiguration({ stream, type }: Recorded): boolean {
  const kind = kindOf(stream);
  return kind === 'profile' || type === 'SettingChanged' || (kind === 'endpoint' && switches.has(type));
}
