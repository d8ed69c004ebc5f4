/** Why something was decided, and what a call came to. */

import type { ReasonCode, ReasonOrWord, ReasonParams } from '../../../events/reason.ts';
import { adaptationReasons } from './adaptations.ts';

export type ReasonWords = { readonly [Code in ReasonCode]: (params: ReasonParams[Code]) => string };

export const reasons: ReasonWords = {
  ...adaptationReasons,
  allOutForCertain: ({ profile }) => `every endpoint of ${profile} is known to be unusable`,
  unusableInRow: ({ profile, reports }) =>
    `${profile} had no usable endpoint in ${reports === 1 ? '1 report' : `${reports} reports in a row`}`,
  checksPassed: ({ profile, checks }) =>
    `${profile} passed ${checks === 1 ? '1 check' : `${checks} checks`} and its delay`,
  someOut: ({ profile }) => `${profile} has unusable endpoints`,
  isNotFirst: ({ active, first }) => `${active} is active instead of ${first}`,
  pinnedFailed: ({ profile }) => `the pinned profile ${profile} has failed`,
  profileGone: ({ profile }) => `${profile} no longer exists`,
  isPinned: ({ profile }) => `${profile} is pinned`,
  notUsable: () => 'it is no longer usable',
  recoveryOff: () => 'automatic recovery is off',
  releasedByHand: () => 'released by hand',
  nothingUsable: () => 'no endpoint of any profile is usable',
  byHand: () => 'by hand',
  status: ({ status, type }) => (type === null ? String(status) : `${status} ${type}`),
  creditExhausted: ({ status }) => `${status}, credit exhausted`,
  system: ({ code }) => code,
  noConnectionInTime: () => 'no connection in time',
  noAnswerInTime: () => 'no answer in time',
  noHeadersInTime: () => 'no headers in time',
  noContentInTime: () => 'no content in time',
  noConnection: ({ code }) => `no connection (${code})`,
  noAnswer: ({ code }) => `no answer (${code})`,
  notWhole: ({ code }) => `no whole answer (${code})`,
  connectionBroke: ({ code }) => `the connection broke (${code})`,
  cutOff: ({ code }) => (code === null ? 'the answer was cut off' : `the answer was cut off (${code})`),
  brokeOff: () => 'the answer broke off',
  httpProxyDown: ({ proxy, code }) => `the HTTP proxy ${proxy} is down or refuses (${code})`,
  proxyDown: ({ proxy }) => (proxy === null ? 'the proxy is down or refuses' : `the proxy ${proxy} is down or refuses`),
  cannotDial: ({ code }) => `this machine could not dial (${code})`,
  notJson: ({ type }) => (type === null ? 'not JSON' : `not JSON (${type})`),
  noJsonAfterAll: () => 'it began as JSON, but is not valid JSON',
  noMessage: () => 'JSON, but not a message',
  noTokenCount: () => 'no token count',
  empty: () => 'an empty answer',
  nonsense: () => 'the answer made no sense',
  undecodable: () => 'the answer cannot be decoded',
  jsonForStream: () => 'JSON where a stream was asked for',
  streamForJson: () => 'a stream where JSON was asked for',
  answerTooLarge: () => 'the answer is larger than 64 MiB',
  errorTooLarge: () => 'the error is larger than 1 MiB',
  errorInside: ({ status }) => `an error with status ${status}`,
  errorInAnswer: () => '200 with an error inside',
  errorBeforeContent: ({ type }) => `error event before content: ${type}`,
  errorAfterContent: () => 'error event after content',
  streamEmpty: () => 'the stream was empty',
  streamWithoutContent: () => 'the stream ended before content',
  streamUnfinished: () => 'the stream ended before message_stop',
  contentTooLate: () => 'no content in 256 KiB of stream',
  onlyPings: () => 'nothing but pings for too long',
  silentAfterSleep: () => 'nothing arrived after this machine had slept',
  noKey: () => 'it has no key',
  unusableKey: () => 'its key cannot be sent in a header',
  nothingToAsk: () => 'it has neither /v1/models nor count_tokens to probe',
  probeLost: () => 'the probe was lost with its worker; it says nothing about the endpoint',
  noEndpointUsable: () => 'no endpoint is usable',
  threadElsewhere: () => 'the endpoint that has its thread cannot be asked',
  logTakesNothing: () => 'the log cannot be written',
  gatewayStops: () => 'the gateway stopped',
  refusedWith: ({ status }) => `refused with ${status}`,
  clientLeft: () => 'its client has left',
  sessionMovedOn: () => 'its session has sent another request',
  clientTold: ({ failure }) => `its client was told: ${failure}`,
  cleared: () => 'cleared',
  stopping: () => 'the gateway is stopping',
  offline: () => 'this machine has no network',
  logIs: ({ state }) => `the log is ${state}`,
  noProfile: () => 'there is no profile yet - run: qcc init',
  emptyLadder: ({ profile }) => `no profile on the ladder has an endpoint - run: qcc endpoint add ${profile}`,
  allOut: () => 'no endpoint is usable - run: qcc health status',
  told: ({ text }) => text,
};

/** What can go wrong, in one word of ours each: of endpoints, of requests, of the queue. */
export const failures: Readonly<Record<string, string>> = {
  unreachable: 'cannot be reached',
  certificate: 'its certificate is not valid',
  timeout: 'no answer in time',
  serverError: 'server error',
  overloaded: 'overloaded',
  quota: 'quota used up',
  rateLimited: 'rate limited',
  credential: 'key refused',
  billing: 'billing problem',
  noModel: 'does not have the model',
  notForThis: 'not for this request: its plan lacks what it needs',
  tooLargeHere: 'the request is too large for it',
  blocked: 'takes nothing from this network',
  misconfigured: 'wrong address or path',
  badAnswer: 'no valid answer',
  brokenAnswer: 'broke off its answer',
  slow: 'slower than usual',
  limitsWarning: 'close to its limits',
  answered: 'answered',
  noMessageStop: 'without its last event',
  cancelled: 'the client left',
  noNetwork: 'this machine had no network, or slept',
  nobodyAnswers: 'no endpoint could answer',
  modelNowhere: 'no endpoint has the model, by their tables of models',
  refused: 'refused',
  storedAnswerBroken: 'the stored answer broke off',
  gatewayDied: 'the gateway died',
  gatewayStopped: 'the gateway stopped',
  clientLeft: 'its client left',
  workerLost: 'the worker was lost',
  fault: 'a fault of the gateway itself',
  retriesUsedUp: 'its retries are used up',
  expired: 'its time is up',
  bodyLost: 'its stored content cannot be read',
};

type Words = Readonly<Record<string, (params: object) => string>>;
interface Found {
  readonly head?: number;
  readonly said?: string;
}

/**
 * A failure's word has its own text, and any other text stays what it is: a person gave it, or a gateway that is older. A code
 * of a newer one is all that is known of it. What the endpoint said stands behind, as it said it.
 */
export function sayingWith(
  words: ReasonWords,
  ofFailures: Readonly<Record<string, string>>,
  colon = ': ',
): (reason: ReasonOrWord) => string {
  // A table has its own words alone: a code out of a stranger's file may be called `constructor`.
  for (const table of [words, ofFailures]) Object.setPrototypeOf(table, null);
  return (reason) => {
    if (typeof reason === 'string') return ofFailures[reason] ?? reason;
    const { code, params } = reason;
    const { head, said } = params as Found;
    const told = (words as unknown as Words)[code]?.(params) ?? code;
    return `${head === undefined ? '' : `${head}${colon}`}${told}${said === undefined ? '' : `${colon}${said}`}`;
  };
}

/** Why, in this language. */
export const sayWhy = sayingWith(reasons, failures);
