/** What the machine of one request reads, what it is told, and what it commands. */
import type { Millis } from '../events/fact.ts';
import type { EndpointId } from '../events/ids.ts';
import type { AttemptLimits, FailoverPolicy, Refused, Why, Word } from './failover-policy.ts';
import type { RequestNeeds } from './passed-over.ts';
import type { Candidate, InFlightView, plan } from './route.ts';
import type { RoutableEndpoint, RoutingView } from './routing-view.ts';

export interface FailoverRequest {
  readonly within: string | null;
  readonly model: string | null;
  readonly session: string | null;
  /** It belongs to one account, and no other endpoint is asked. */
  readonly isPassthrough: boolean;
  /** It asks how many tokens something has: its client estimates when no endpoint counts, and waits for none. */
  readonly isCount: boolean;
  /** The size of its body. */
  readonly bytes: number;
  /** It goes on with what the endpoint of its session's last answer has: who that is, or null where that is not known. Undefined: it holds all. */
  readonly continues?: EndpointId | null;
  /** When its client began to wait; null where none does. */
  readonly awaitedSince: Millis | null;
  /** What is known of its body; where no endpoint has refused any of it, it is not looked at. */
  readonly needs?: RequestNeeds;
}

/** What the machine reads. It may be shared by all requests. */
export interface FailoverDeps {
  readonly view: () => RoutingView;
  readonly policy: () => FailoverPolicy;
  readonly inFlight: InFlightView & {
    /** Takes one further attempt at an endpoint that is not well from the retry budget; false when none is left. */
    spend(now: Millis): boolean;
  };
  readonly sessions: {
    /** Where the session's prompt cache is. */
    bound(session: string | null, ttlMs: Millis, now: Millis): EndpointId | null;
    /** The endpoint that broke its last answer. */
    avoided(session: string | null, now: Millis): EndpointId | null;
  };
  /** So long a client waits in the queue; 0 where nothing waits. */
  readonly patienceMs: () => Millis;
  readonly route: typeof plan;
  readonly dice: () => number;
}

export type Input<Said extends Refused = Refused> =
  /** It is new, and asks the endpoints. */
  | { readonly type: 'start' }
  /** It is a re-send of what is in the queue already. */
  | { readonly type: 'joined' }
  | { readonly type: 'served' }
  /** Content was given on, and the rest did not come. */
  | { readonly type: 'broken' }
  /** No content came. The endpoint's machine has been told. */
  | { readonly type: 'failed'; readonly said: Said }
  /** The queue did not let the attempt be made: the item is not this request's any more. */
  | { readonly type: 'denied' }
  /** The pause is over, or an endpoint has room. */
  | { readonly type: 'waited' }
  /** Its turn in the queue has come: an endpoint is available. */
  | { readonly type: 'go'; readonly expiresAt: Millis }
  /** It is in the queue, and its client has waited long enough. */
  | { readonly type: 'waitedOut' }
  /** The queue does not take it. */
  | { readonly type: 'notQueued' }
  | { readonly type: 'left' };

export type Command<Said extends Refused = Refused> =
  | { readonly do: 'try'; readonly candidate: Candidate; readonly limits: AttemptLimits }
  /** So long, whatever happens. */
  | { readonly do: 'pause'; readonly ms: Millis }
  /** Until one of these has room, and so long at most. */
  | { readonly do: 'room'; readonly full: readonly EndpointId[]; readonly ms: Millis }
  /** The round came to nothing, and waiting in the queue may help. */
  | { readonly do: 'park'; readonly why: Why }
  /** What the endpoint has just said goes to the client as it stands. */
  | { readonly do: 'pass'; readonly said: Said }
  | { readonly do: 'refuse'; readonly why: Why; readonly reason: Reason<Said> }
  | { readonly do: 'end'; readonly as: 'served' | 'broken' | 'cancelled' };

export type Reason<Said extends Refused = Refused> =
  /** The client sees the most telling of what was said. */
  | { readonly kind: 'told'; readonly word: Word<Said> }
  /** All that was said is that there is no such thing, and not even that in words. */
  | { readonly kind: 'missing' }
  /** All there is, is one endpoint whose key was refused. */
  | { readonly kind: 'keyRefused'; readonly endpoint: RoutableEndpoint }
  /** No endpoint has the model, by the words of their owners. */
  | { readonly kind: 'modelNowhere' }
  /** The endpoint that has the beginning of it cannot be asked, and no other one has it. */
  | { readonly kind: 'threadElsewhere' }
  | { readonly kind: 'nobodyAnswers' };
