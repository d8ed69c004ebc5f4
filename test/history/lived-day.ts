/** A simulated day with everything in it but a lost end of the log, and looks at its state while it was lived. */
import { expect } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { AppendOptions } from '../../src/log/log.ts';
import type { Core } from '../../src/runtime/core.ts';
import type { State } from '../../src/runtime/state.ts';
import { Chance } from '../simulation/chance.ts';
import { SimulatedLog } from '../simulation/simulated-log.ts';
import { simulate } from '../simulation/simulation.ts';

interface Looks<Seen> {
  readonly seed: number;
  readonly requests: number;
  /** After which share of the batches it is looked at. */
  readonly share: number;
  readonly look: (state: State) => Seen;
}

interface Day<Seen> {
  readonly facts: readonly Recorded[];
  readonly seen: readonly Seen[];
}

/** Looks at the state now and then, right after a batch was folded. */
class WatchedLog<Seen> extends SimulatedLog {
  readonly seen: Seen[] = [];
  core: Core | undefined;
  readonly #looks: Looks<Seen>;
  readonly #chance = new Chance(7, 'looks');

  constructor(looks: Looks<Seen>) {
    super();
    this.#looks = looks;
  }

  override append(facts: readonly Recorded[], options: AppendOptions): Promise<void> {
    const { share, look } = this.#looks;
    const appended = super.append(facts, options);
    if (this.core?.state.seq === this.head && this.#chance.happens(share)) this.seen.push(look(this.core.state));
    return appended;
  }
}

async function live<Seen>(looks: Looks<Seen>): Promise<Day<Seen>> {
  const { seed, requests } = looks;
  const log = new WatchedLog(looks);
  const aside = (core: Core) => {
    log.core = core;
  };
  const without = new Set(['cuts']);
  const { facts, broken } = await simulate({ seed, requests, without, planted: { aside, log: () => log } });
  expect(broken).toBeNull();
  return { facts, seen: log.seen };
}

/** The same day for all tests of a file: none of them changes it. */
export function dayWith<Seen>(looks: Looks<Seen>): () => Promise<Day<Seen>> {
  let day: Promise<Day<Seen>> | undefined;
  return () => {
    day ??= live(looks);
    return day;
  };
}
