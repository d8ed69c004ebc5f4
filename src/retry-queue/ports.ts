/** What the queue needs of the rest, so that a test can bring its own. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { QueueId } from '../../events/ids.ts';
import type { QueuedRequest } from '../../events/queue.ts';
import type { QueueAsk } from '../../machines/queue-item-decisions.ts';
import type { QueuePolicy, TokenStanding } from '../../machines/queue-policy.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import type { Queue } from '../projections/queue.ts';
import type { Told } from '../runtime/core.ts';
import type { Blobs } from './blobs.ts';

export interface QueuePorts {
  /** This life of the gateway: results of another one do not count. */
  readonly epoch: string;
  readonly blobs: Blobs;
  queue(): Queue;
  tell(id: QueueId, ask: QueueAsk, sync: boolean): Told;
  onFacts(listener: (facts: readonly Recorded[]) => void): void;
  view(): RoutingView;
  policy(): QueuePolicy;
  parkMs(): Millis;
  now(): Millis;
  dice(): number;
  isOnline(): boolean;
  /** Of the token that this request came with; it holds where it came without one. */
  tokenStanding(asked: Pick<QueuedRequest, 'token' | 'tokenAt'>): TokenStanding;
}
