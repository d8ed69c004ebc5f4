/**
 * The sentences that `--json` and webhooks give for reasons. Scripts have matched them since the first version, so they stay as
 * they are; what people read may be put better.
 */
import { failures, reasons, sayingWith } from './reasons.ts';

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
