/** What was said of each credential and not lifted, by whomever, this gateway included: a success names it when it lifts it. */
import type { Said } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import { hearsayMaxMs } from '../../machines/hearsay.ts';
import { membersMax } from './message.ts';

interface Entry {
  readonly seq: number;
  readonly heardAt: Millis;
}

export class Board {
  readonly #said = new Map<string, Map<string, Entry>>();

  said(about: string, { member, seq }: Said, heardAt: Millis): void {
    const entries = this.#said.get(about) ?? new Map<string, Entry>();
    if ((entries.get(member)?.seq ?? 0) >= seq || (entries.size >= membersMax && !entries.has(member))) return;
    entries.set(member, { seq, heardAt });
    this.#said.set(about, entries);
  }

  lifted(about: string, of: readonly Said[]): void {
    const entries = this.#said.get(about);
    for (const { member, seq } of of) if ((entries?.get(member)?.seq ?? 0) <= seq) entries?.delete(member);
    if (entries?.size === 0) this.#said.delete(about);
  }

  /** What a success speaks against that began at this instant. What is older than any word may be is over by itself. */
  against(about: string, beganAt: Millis): readonly Said[] {
    const entries = [...(this.#said.get(about) ?? [])];
    return entries
      .filter(([, { heardAt }]) => heardAt < beganAt && beganAt - heardAt <= hearsayMaxMs)
      .map(([member, { seq }]) => ({ member, seq }));
  }
}
