/** What the page's listener asks of the gateway, or of an incident file. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { PageChange, PageLive, PageState } from '../contract/dashboard.ts';

export interface PagePorts {
  /** Performs an operation, as the control socket does. Rejects with a `QccError`. */
  call(name: string, params: unknown): Promise<unknown>;
  head(): { readonly seq: number; readonly now: string };
  state(): PageState;
  live(): PageLive | null;
  running(): PageState['running'];
  changed(facts: readonly Recorded[], skipped: number): PageChange;
  /** @returns what ends it */
  onFacts(listener: (facts: readonly Recorded[]) => void): () => void;
  now(): Millis;
  readonly language: 'en' | 'zh-CN';
}
