/**
 * Why something was decided, or what a call came to: a code, and what belongs into its sentence. Facts hold no sentences;
 * `src/messages/` has one for each code in each language.
 */

type Nothing = Readonly<Record<never, never>>;

/** Why the ladder moved, or did not. */
interface LadderReasons {
  readonly allOutForCertain: { readonly profile: string };
  readonly unusableInRow: { readonly profile: string; readonly reports: number };
  readonly checksPassed: { readonly profile: string; readonly checks: number };
  readonly someOut: { readonly profile: string };
  readonly isNotFirst: { readonly active: string; readonly first: string };
  readonly pinnedFailed: { readonly profile: string };
  readonly profileGone: { readonly profile: string };
  readonly isPinned: { readonly profile: string };
  readonly notUsable: Nothing;
  readonly recoveryOff: Nothing;
  readonly releasedByHand: Nothing;
  readonly nothingUsable: Nothing;
  /** A person gave no reason. */
  readonly byHand: Nothing;
  /** By hand, at another gateway of the fleet. */
  readonly byGateway: { readonly name: string };
}

/** `head`: the status of the answer in which it was found. `said`: what the endpoint said of it, which stands in no fact. */
type Found<Params = Nothing> = Params & { readonly head?: number; readonly said?: string };
/** `code`: the system's, or that of the reader of HTTP. */
type Coded = Found<{ readonly code: string }>;

/** What a call came to that was answered with nothing of use: a request's, or a probe's. */
interface CallReasons {
  /** `type`: what the error's envelope calls it. */
  readonly status: Found<{ readonly status: number; readonly type: string | null }>;
  readonly creditExhausted: Found<{ readonly status: number }>;
  readonly system: Coded;
  readonly noConnectionInTime: Found;
  readonly noAnswerInTime: Found;
  readonly noHeadersInTime: Found;
  readonly noContentInTime: Found;
  readonly noConnection: Coded;
  readonly noAnswer: Coded;
  readonly notWhole: Coded;
  readonly connectionBroke: Coded;
  readonly cutOff: Found<{ readonly code: string | null }>;
  readonly brokeOff: Found;
  readonly httpProxyDown: Found<{ readonly proxy: string; readonly code: string }>;
  readonly proxyDown: Found<{ readonly proxy: string | null }>;
  readonly cannotDial: Coded;
  readonly notJson: Found<{ readonly type: string | null }>;
  readonly noJsonAfterAll: Found;
  readonly noMessage: Found;
  readonly noTokenCount: Found;
  readonly empty: Found;
  readonly nonsense: Found;
  readonly undecodable: Found;
  readonly jsonForStream: Found;
  readonly streamForJson: Found;
  readonly answerTooLarge: Found;
  readonly errorTooLarge: Found;
  readonly errorInside: Found<{ readonly status: number }>;
  readonly errorInAnswer: Found;
  readonly errorBeforeContent: Found<{ readonly type: string }>;
  readonly errorAfterContent: Found;
  readonly streamEmpty: Found;
  readonly streamWithoutContent: Found;
  readonly streamUnfinished: Found;
  readonly contentTooLate: Found;
  readonly onlyPings: Found;
  readonly silentAfterSleep: Found;
  readonly noKey: Found;
  readonly unusableKey: Found;
  readonly nothingToAsk: Found;
  readonly probeLost: Found;
}

/** Why a request is in the queue, or is not any more. */
interface QueueReasons {
  readonly noEndpointUsable: Nothing;
  readonly threadElsewhere: Nothing;
  readonly logTakesNothing: Nothing;
  readonly gatewayStops: Nothing;
  readonly refusedWith: { readonly status: number };
  readonly clientLeft: Nothing;
  readonly sessionMovedOn: Nothing;
  readonly clientTold: { readonly failure: string };
  readonly cleared: Nothing;
  readonly tokenEnded: { readonly token: string };
}

/** How a request was changed for an endpoint, and what else its refusal led to. */
interface AdaptationReasons {
  /** It has refused this part of requests: a name of `machines/capabilities.ts`. */
  readonly leftOut: { readonly what: string };
  readonly fewerTokens: { readonly limit: number; readonly asked: number };
  readonly thinkingDropped: { readonly blocks: number };
  readonly thinkingOff: Nothing;
  readonly noThinkingHere: Nothing;
}

/** Why the gateway cannot serve, as `/readyz` tells it. */
interface ReadinessReasons {
  readonly stopping: Nothing;
  readonly offline: Nothing;
  readonly logIs: { readonly state: string };
  readonly noProfile: Nothing;
  readonly emptyLadder: { readonly profile: string };
  readonly allOut: Nothing;
}

/** What an older version said in a way that has no code, or an unexpected error. */
interface Untranslated {
  readonly told: { readonly text: string };
}

export type ReasonParams = LadderReasons &
  CallReasons &
  QueueReasons &
  AdaptationReasons &
  ReadinessReasons &
  Untranslated;
export type ReasonCode = keyof ReasonParams;

/** One of these codes, with its own params. */
export type Reason<Code extends ReasonCode = ReasonCode> = {
  readonly [One in Code]: { readonly code: One; readonly params: ReasonParams[One] };
}[Code];
export type LadderReason = Reason<keyof LadderReasons | 'told'>;
export type CallReason = Reason<keyof CallReasons | 'told'>;
export type QueueReason = Reason<keyof CallReasons | keyof QueueReasons | 'told'>;
export type AdaptationReason = Reason<keyof AdaptationReasons>;
export type ReadinessReason = Reason<keyof ReadinessReasons>;
/** A word of a fixed set, as a failure's, or more than that. */
export type ReasonOrWord<Known extends Reason = Reason> = string | Known;

type ParamsOf<Code extends ReasonCode> = Nothing extends ReasonParams[Code]
  ? [ReasonParams[Code]?]
  : [ReasonParams[Code]];

export function reason<Code extends ReasonCode>(code: Code, ...[params]: ParamsOf<Code>): Reason<Code> {
  return { code, params: params ?? {} } as unknown as Reason<Code>;
}

/** Of what came out of JSON. */
export function isReason(value: unknown): value is Reason {
  if (typeof value !== 'object' || value === null || !('code' in value) || !('params' in value)) return false;
  return typeof value.code === 'string' && typeof value.params === 'object' && value.params !== null;
}
