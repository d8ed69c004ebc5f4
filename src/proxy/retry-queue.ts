/** What the proxy asks of the queue: a place for a request that no endpoint can answer now, and word of when it may go. */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId, RequestId } from '../../events/ids.ts';
import type { QueueReason } from '../../events/reason.ts';
import type { TokenInstance } from '../../events/token.ts';
import type { InFlightView } from '../../machines/route.ts';

/** A request as the queue sees it. */
export interface Asked {
  readonly id: RequestId;
  readonly startedAt: Millis;
  readonly method: string;
  /** For the endpoint, from `/v1/` on, without its query. */
  readonly path: string;
  readonly query: string;
  readonly within: string | null;
  readonly isPassthrough: boolean;
  readonly session: string | null;
  /** The token that it came with. */
  readonly token?: TokenInstance | undefined;
  readonly model: string | null;
  readonly stream: boolean;
  readonly rawHeaders: readonly string[];
  /** The `Connection` header, which names more that must not go on. */
  readonly connection: string | undefined;
  readonly body: Buffer;
}

export interface InFlightCounter extends InFlightView {
  /** Whether one more attempt at an endpoint that is not well is allowed. */
  spend(now: Millis): boolean;
  begin(id: EndpointId, because: string, now: Millis): () => void;
}

export interface ProxyQueue {
  /** The proxy's own counts: what the queue sends takes permits and room like everything else. */
  attach(inFlight: InFlightCounter): void;
  /** Nothing is in the queue: no request can be a re-send of what is. */
  readonly isEmpty: boolean;
  /** So long a client waits at most. */
  readonly parkMs: Millis;
  /** A waiter for the item that this request is a re-send of; null when there is none. */
  join(asked: Asked): Promise<Waiter | null>;
  /** Makes an item of it, on the disk before this resolves. `full`: the queue has no room. Null: it is not for the queue. */
  take(asked: Asked, because: QueueReason, retryAfterMs: Millis | null): Promise<Waiter | 'full' | null>;
  /** The machine has slept: what the queue has asked for by itself may hang for ever. */
  resume(): void;
  /** All waiters leave, and no client joins: the gateway stops. */
  drain(): void;
}

/** Where a client waits for its item. */
export interface Waiter {
  readonly item: QueueId;
  /** Resolves when something is to be done, at the latest when the hold has run out. */
  turn(): Promise<Turn>;
  /** Its hold is over, or its answer is there. */
  leave(): void;
  /** Its client has gone, and wants no answer any more: where no other client waits for one, the item is cancelled. Null: it may ask again. */
  goAway(because: QueueReason | null): void;
}

export type Turn =
  /** It may go now, and reports how it went; the queue keeps it until it expires. */
  | { readonly type: 'go'; readonly attemptLog: AttemptLog; readonly expiresAt: Millis }
  /** Another client has got the answer, or is getting it. */
  | { readonly type: 'stored'; readonly answer: StoredAnswer }
  | { readonly type: 'waitedOut' };

export interface StoredAnswer {
  readonly status: number;
  /** As flat pairs. */
  readonly headers: readonly string[];
  readonly endpoint: EndpointId | null;
  /** Null: it is still coming. */
  readonly bytes: number | null;
  /** Throws when it breaks off, or cannot be read. */
  chunks(): AsyncIterable<Buffer>;
}

/** A copy of an answer that is on its way to a client. */
export interface AnswerCopy {
  head(status: number, headers: readonly string[]): void;
  /** The bytes are lent. */
  data(bytes: Buffer): void;
}

/** One try of an item, of one attempt or of several: each is written down before it is sent, and one of these ends it. */
export interface AttemptLog extends AnswerCopy {
  /** On the disk when it resolves. False: the item belongs to another attempt by now, and nothing may be sent. */
  starts(endpoint: EndpointId): Promise<boolean>;
  answered(): Promise<void>;
  /** `failure` null: refused for what it is. */
  failed(how: { failure: Failure | null; retryAfterMs: Millis | null; detail: QueueReason | null }): void;
  /** Sent, and ended before its answer was known. */
  abandoned(because: 'clientLeft' | 'gatewayStopped' | 'workerLost' | 'fault'): void;
  /** Nothing was sent. */
  dropped(): void;
}
