/** What the page's listener asks of the gateway, or of an incident file. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { PageEndpoint, PageLive, PageState } from '../contract/dashboard.ts';
import type { FactRow } from '../contract/history.ts';

/** What some facts have changed. */
export interface PageChange {
  readonly now: string;
  readonly at: string;
  /** Everything, when profiles, the ladder or settings have changed. */
  readonly state: PageState | null;
  /** Otherwise the endpoints that the facts are about, and the counts of the queue. */
  readonly endpoints: readonly PageEndpoint[];
  readonly queue: PageState['queue'] | null;
  readonly live: PageLive | null;
  readonly facts: readonly FactRow[];
  /** So many older ones are left out. */
  readonly skipped: number;
}

export interface PagePorts {
  /** Performs an operation, as the control socket does. Rejects with a `QccError`. */
  call(name: string, params: unknown): Promise<unknown>;
  head(): { readonly seq: number; readonly now: string };
  state(): PageState;
  live(): PageLive | null;
  changed(facts: readonly Recorded[], skipped: number): PageChange;
  /** @returns what ends it */
  onFacts(listener: (facts: readonly Recorded[]) => void): () => void;
  now(): Millis;
  readonly language: 'en' | 'zh-CN';
}
