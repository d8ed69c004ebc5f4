/** The inputs of the core. */
import type { EndpointReport } from '../../events/endpoint.ts';
import type { By, Fact } from '../../events/fact.ts';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import type { PriorityAsk } from '../../machines/priority-policy.ts';
import type { QueueAsk } from '../../machines/queue-item-decisions.ts';
import type { Intent } from '../log/log.ts';
import type { Step } from '../projections/configuration.ts';

/** A command's request to the core, as data: it is on the disk before any of it is done. */
export type Command =
  | { readonly do: 'report'; readonly stream: string; readonly facts: readonly Fact[] }
  | { readonly do: 'change'; readonly steps: readonly Step[] }
  | { readonly do: 'tellEndpoint'; readonly id: EndpointId; readonly report: EndpointReport }
  | { readonly do: 'tellPriority'; readonly ask: PriorityAsk }
  | { readonly do: 'tellQueue'; readonly id: QueueId; readonly ask: QueueAsk };

export interface Origin {
  readonly by: By;
  /** Wait for the disk: for a result that was promised to a caller. */
  readonly sync?: boolean;
  readonly intent?: Intent;
}
