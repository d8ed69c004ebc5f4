/** The content of an incident, as a log: the state that it begins with, and the facts after it. */
import type { Recorded } from '../../events/fact.ts';
import type { IncidentHead } from '../contract/incident.ts';
import type { Answer } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { stateAt } from './moment.ts';

export const incidentForm = 1;

export class IncidentLog extends MemoryLog {
  readonly #head: IncidentHead;

  constructor(head: IncidentHead, facts: readonly Recorded[]) {
    super(facts);
    this.#head = head;
  }

  override get tail(): number {
    return this.#head.from;
  }

  override get head(): number {
    return Math.max(super.head, this.#head.from - 1);
  }

  /** Later ones are those that its reader has saved. */
  override async loadSnapshot(name: string, max = Number.POSITIVE_INFINITY): ReturnType<MemoryLog['loadSnapshot']> {
    const { from, state } = this.#head;
    const saved = await super.loadSnapshot(name, max);
    return saved ?? (name === 'state' && from - 1 <= max ? { seq: from - 1, data: state } : undefined);
  }
}

/** `history.head` does not read the log, and is answered here as an installation answers it. */
export async function headOf(log: ReadableLog): Promise<Answer<'history.head'>> {
  const state = await stateAt(log, log.head);
  const names = state.profiles.endpoints().map(({ id, profile, name }) => [id, `${profile}/${name}`] as const);
  return { head: log.head, now: state.at, names: Object.fromEntries(names) };
}
