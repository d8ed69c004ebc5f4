/**
 * The sentences that `--json` and webhooks give for reasons. Scripts have matched them since the first version, so they stay as
 * they are; what people read may be put better.
 */
import type { NextParams, NextReason, NextRule } from '../../../machines/moment.ts';
import { failures, reasons } from './reasons.ts';
import { sayingWith } from './saying.ts';

/** A reason's sentence for programs. */
export const sentenceInJson = sayingWith(
  {
    ...reasons,
    allOutForCertain: ({ profile }) => `all endpoints of ${profile} are out for certain`,
    someOut: ({ profile }) => `${profile} has endpoints that are out`,
    profileGone: ({ profile }) => `${profile} is not there any more`,
    notUsable: () => 'it is not usable any more',
    noJsonAfterAll: () => 'no JSON, where JSON had begun',
    noMessage: () => 'JSON that is no message',
    noTokenCount: () => 'no number of tokens',
    onlyPings: () => 'no event but pings for too long',
    silentAfterSleep: () => 'nothing came after this machine had slept',
    noKey: () => 'there is no key for it',
    unusableKey: () => 'no header can hold its key',
    nothingToAsk: () => 'neither /v1/models nor count_tokens is there to be asked',
    logTakesNothing: () => 'the log takes nothing',
    gatewayStops: () => 'stopped',
    sessionMovedOn: () => 'its session has asked something else',
  },
  failures,
);

const nexts: { readonly [Rule in NextRule]: (params: NextParams[Rule]) => string } = {
  firstStrike: () => 'a first failure is watched, and a limit is waited out',
  strikesLeft: ({ left }) => `${left} more strikes in a row put it out`,
  pauseOver: ({ failure }) => `it asked to be left alone (${failure})`,
  limitsReset: () => 'its limits have warned, and are reset then',
  quiet: () => 'no new failure until then: it is tried',
  successesLeft: ({ left }) => `${left} successes in a row`,
  outOver: ({ failure, times }) => `it is out because of ${failure}, for the ${times}. time in a row`,
  success: () => 'a probe or a last try that succeeds',
  newKey: () => 'what it was held for is gone then',
  ramp: ({ percent }) => `it has ${percent} % of its share`,
  trialsLeft: ({ left }) => `${left} trials must succeed`,
  oneFailure: () => 'one failure and it is out again',
  byHand: () => 'it was disabled by hand',
  recovery: ({ profile, checks, needed }) =>
    `${profile} is usable again: ${checks} of ${needed} good checks, and its delay`,
  heldBack: ({ profile, because }) => `the switch to ${profile} is held back: ${because}`,
  anyBack: () => 'no endpoint of any profile is usable',
  reportsLeft: ({ profile, left }) => `${left} more reports of ${profile} without a usable endpoint`,
  retriesLeft: ({ tries, most }) =>
    `${tries} of ${most} retries are made; it goes then, or when an endpoint comes back`,
  answerAwaited: () => 'it was sent, and its answer is awaited',
  maybeBilled: () => 'it was sent and cut off, and may have been billed: its client or you must ask for it again',
  retriesUsedUp: () => 'it was given up: qcc queue retry',
  expiry: () => 'its time is up then',
};

/** Why a machine would move, for programs. The rule of a newer gateway has no sentence here. */
export function nextInJson({ rule, params }: NextReason): string {
  const sentence = (nexts as Readonly<Record<string, ((params: object) => string) | undefined>>)[rule];
  return Object.hasOwn(nexts, rule) && sentence !== undefined ? sentence(params) : rule;
}
