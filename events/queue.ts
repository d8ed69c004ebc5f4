/** All that can happen to a request that no endpoint could answer: it is kept, tried again, and answered or given up. */
import type { Failure } from './endpoint.ts';
import type { Fact, Millis } from './fact.ts';
import type { QueueReason, ReasonOrWord } from './reason.ts';
import type { Usage } from './request.ts';
import { bad, plain, type TraitsOf } from './trait.ts';

export type QueuePriority = 'high' | 'normal' | 'low';
export type QueueStrategy = 'exponential' | 'fixed' | 'immediate';

/** Who asks for another try: its client by sending it again, or a person by a command. */
export type AskedBy = 'client' | 'user';

export interface QueuedRequest {
  readonly request: string;
  /** The name of the encrypted blob that holds the request: what was in it stands in no fact. */
  readonly body: string;
  readonly bytes: number;
  readonly method: string;
  /** For the endpoint, from `/v1/` on, with its query. */
  readonly path: string;
  readonly within: string | null;
  readonly session: string | null;
  /** The named token that it came with; left out without one. */
  readonly token?: string;
  /** When that token was added. */
  readonly tokenAt?: Millis;
  readonly model: string | null;
  readonly stream: boolean;
  /** Keyed: it tells that two bodies are the same, and nothing of what is in them. */
  readonly requestHash: string;
  readonly priority: QueuePriority;
  readonly strategy: QueueStrategy;
  readonly maxAttempts: number;
  readonly nextRetryAt: Millis;
  readonly expiresAt: Millis;
  readonly because: ReasonOrWord<QueueReason>;
}

/** Names one attempt in one life of the gateway: a result that names another one comes too late, and changes nothing. */
export interface AttemptName {
  readonly attempt: number;
  readonly epoch: string;
}

export interface QueuedAnswer {
  /** The name of the encrypted blob that holds the answer; null when the disk took none. */
  readonly answer: string | null;
  readonly bytes: number;
  readonly status: number;
  /** Null: a client's request had this answer, and its fact tells. */
  readonly own: OwnTry | null;
}

/** A call that no request's fact tells of, because no client was there: to whom it went, and what it took. */
export interface OwnTry {
  readonly endpoint: string;
  readonly model: string | null;
  readonly ttfbMs: Millis;
  readonly ttftMs: Millis | null;
  readonly usage: Usage | null;
  /** Whose request it was, and the day that counts it. */
  readonly token?: string;
  readonly day?: string;
  readonly tokenAt?: Millis;
}

export type QueueReport =
  | Fact<'RequestQueued', QueuedRequest>
  /** On the disk before anything is sent. Within a try, the next endpoint is one more attempt. */
  | Fact<'RetryStarted', AttemptName & { endpoint: string }>
  /** At the answer's head. */
  | Fact<'RetryAnswered', AttemptName & { status: number }>
  | Fact<'RetrySucceeded', AttemptName & QueuedAnswer & { expiresAt: Millis }>
  /** Sent, with an unknown outcome: it may have been billed. */
  | Fact<
      'RetryAbandoned',
      AttemptName & { because: 'gatewayDied' | 'gatewayStopped' | 'clientLeft' | 'workerLost' | 'fault' }
    >
  | Fact<'RetryAsked', { by: AskedBy; expiresAt: Millis }>
  | Fact<'AnswerCollected', { by: string }>
  | Fact<'QueuedRequestCancelled', { because: QueueReason }>
  /** Its bodies are gone, and so is it, except from the log. */
  | Fact<'QueuedRequestForgotten', { because: 'expired' | 'cleared' | 'room' | 'answerLost' }>
  | Fact<'TimerElapsed', { name: 'expiry'; gen: number }>;

export type QueueDecision =
  | Fact<
      'RetryFailed',
      AttemptName & {
        failure: Failure | null;
        detail: ReasonOrWord<QueueReason> | null;
        /** False: it was refused for what it is, and is refused anywhere. */
        retryable: boolean;
        delayMs: Millis;
        nextRetryAt: Millis;
      }
    >
  | Fact<
      'QueuedRequestDied',
      { because: 'retriesUsedUp' | 'refused' | 'expired' | 'bodyLost'; detail: ReasonOrWord<QueueReason> | null }
    >;

export type QueueFact = QueueReport | QueueDecision;

export const queueTraits: TraitsOf<QueueFact> = {
  TimerElapsed: plain,
  RequestQueued: plain,
  RetryStarted: plain,
  RetryAnswered: plain,
  RetrySucceeded: plain,
  RetryFailed: bad,
  RetryAbandoned: plain,
  RetryAsked: plain,
  AnswerCollected: plain,
  QueuedRequestDied: bad,
  QueuedRequestCancelled: plain,
  QueuedRequestForgotten: plain,
};
