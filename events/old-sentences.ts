/** What facts of former versions said in English, as the codes that they are today. Such facts stand in people's logs for ever. */
import {
  type CallReason,
  type LadderReason,
  type QueueReason,
  type Reason,
  type ReasonOrWord,
  reason,
} from './reason.ts';

type Form = readonly [RegExp, (...parts: (string | undefined)[]) => Reason];

/** Names of profiles have no spaces, so that no sentence is taken for another. */
const ladder: readonly Form[] = [
  [/^all endpoints of (\S+) are out for certain$/, (profile = '') => reason('allOutForCertain', { profile })],
  [
    /^(\S+) had no usable endpoint in (\d+) reports in a row$/,
    (profile = '', reports = '') => reason('unusableInRow', { profile, reports: Number(reports) }),
  ],
  [
    /^(\S+) passed (\d+) checks and its delay$/,
    (profile = '', checks = '') => reason('checksPassed', { profile, checks: Number(checks) }),
  ],
  [/^(\S+) has endpoints that are out$/, (profile = '') => reason('someOut', { profile })],
  [/^(\S+) is active instead of (\S+)$/, (active = '', first = '') => reason('isNotFirst', { active, first })],
  [/^the pinned profile (\S+) has failed$/, (profile = '') => reason('pinnedFailed', { profile })],
  [/^(\S+) is not there any more$/, (profile = '') => reason('profileGone', { profile })],
  [/^(\S+) is pinned$/, (profile = '') => reason('isPinned', { profile })],
  [/^it is not usable any more$/, () => reason('notUsable')],
  [/^automatic recovery is off$/, () => reason('recoveryOff')],
  [/^released by hand$/, () => reason('releasedByHand')],
  [/^no endpoint of any profile is usable$/, () => reason('nothingUsable')],
];

export function ladderReasonOf(sentence: string): LadderReason {
  return coded(sentence, ladder) as LadderReason;
}

/** What a call came to, behind the status of its answer where there was one. */
const calls: readonly Form[] = [
  [/^(\d{3})(?: (\w+))?$/, (status = '', type) => reason('status', { status: Number(status), type: type ?? null })],
  [/^(\d{3}), credit exhausted$/, (status = '') => reason('creditExhausted', { status: Number(status) })],
  [/^200 with an error inside$/, () => reason('errorInAnswer')],
  [/^no connection in time$/, () => reason('noConnectionInTime')],
  [/^no answer in time$/, () => reason('noAnswerInTime')],
  [/^no headers in time$/, () => reason('noHeadersInTime')],
  [/^no content in time$/, () => reason('noContentInTime')],
  [/^no connection \((\S+)\)$/, (code = '') => reason('noConnection', { code })],
  [/^no answer \((\S+)\)$/, (code = '') => reason('noAnswer', { code })],
  [/^no whole answer \((\S+)\)$/, (code = '') => reason('notWhole', { code })],
  [/^the connection broke \((\S+)\)$/, (code = '') => reason('connectionBroke', { code })],
  [/^the answer was cut off(?: \((\S+)\))?$/, (code) => reason('cutOff', { code: code ?? null })],
  [/^the answer broke off$/, () => reason('brokeOff')],
  [
    /^the HTTP proxy (\S+) is down or refuses \((\S+)\)$/,
    (proxy = '', code = '') => reason('httpProxyDown', { proxy, code }),
  ],
  [/^the proxy(?: (\S+))? is down or refuses$/, (proxy) => reason('proxyDown', { proxy: proxy ?? null })],
  [/^this machine could not dial \((\S+)\)$/, (code = '') => reason('cannotDial', { code })],
  [/^not JSON(?: \((.*)\))?$/s, (type) => reason('notJson', { type: type ?? null })],
  [/^no JSON, where JSON had begun$/, () => reason('noJsonAfterAll')],
  [/^JSON that is no message$/, () => reason('noMessage')],
  [/^no number of tokens$/, () => reason('noTokenCount')],
  [/^an empty answer$/, () => reason('empty')],
  [/^the answer made no sense$/, () => reason('nonsense')],
  [/^the answer cannot be decoded$/, () => reason('undecodable')],
  [/^JSON where a stream was asked for$/, () => reason('jsonForStream')],
  [/^a stream where JSON was asked for$/, () => reason('streamForJson')],
  [/^the answer is larger than 64 MiB$/, () => reason('answerTooLarge')],
  [/^the error is larger than 1 MiB$/, () => reason('errorTooLarge')],
  [/^an error with status (\d+)$/, (status = '') => reason('errorInside', { status: Number(status) })],
  [/^error event before content: (.*)$/s, (type = '') => reason('errorBeforeContent', { type })],
  [/^error event after content$/, () => reason('errorAfterContent')],
  [/^the stream was empty$/, () => reason('streamEmpty')],
  [/^the stream ended before content$/, () => reason('streamWithoutContent')],
  [/^the stream ended before message_stop$/, () => reason('streamUnfinished')],
  [/^no content in 256 KiB of stream$/, () => reason('contentTooLate')],
  [/^no event but pings for too long$/, () => reason('onlyPings')],
  [/^nothing came after this machine had slept$/, () => reason('silentAfterSleep')],
  [/^there is no key for it$/, () => reason('noKey')],
  [/^no header can hold its key$/, () => reason('unusableKey')],
  [/^neither \/v1\/models nor count_tokens is there to be asked$/, () => reason('nothingToAsk')],
  [/^([A-Z][A-Z0-9_]+)$/, (code = '') => reason('system', { code })],
];

const queue: readonly Form[] = [
  [/^no endpoint is usable$/, () => reason('noEndpointUsable')],
  [/^the log takes nothing$/, () => reason('logTakesNothing')],
  [/^stopped$/, () => reason('gatewayStops')],
  [/^refused with (\d+)$/, (status = '') => reason('refusedWith', { status: Number(status) })],
  [/^its client has left$/, () => reason('clientLeft')],
  [/^its session has asked something else$/, () => reason('sessionMovedOn')],
  [/^its client was told: (\w+)$/, (failure = '') => reason('clientTold', { failure })],
  [/^cleared$/, () => reason('cleared')],
];

const head = /^(\d{3}): (.*)$/s;

export function callReasonOf(sentence: string): CallReason {
  const [, status, inside] = head.exec(sentence) ?? [];
  if (inside === undefined) return coded(sentence, calls) as CallReason;
  const found = coded(inside, calls) as CallReason;
  // What is not known is kept whole.
  if (found.code === 'told') return reason('told', { text: sentence });
  return { ...found, params: { ...found.params, head: Number(status) } } as CallReason;
}

/** Of a request in the queue: a word stays a word. */
export function queueReasonOf(sentence: string): ReasonOrWord<QueueReason> {
  const found = coded(sentence, queue) as QueueReason;
  if (found.code !== 'told') return found;
  return /^[a-z][A-Za-z]*$/.test(sentence) ? sentence : callReasonOf(sentence);
}

/** What a person gave as a reason stays a text; that none was given had a sentence. */
export function reasonGiven(sentence: string): string | Reason<'byHand'> {
  return sentence === 'by hand' ? reason('byHand') : sentence;
}

function coded(sentence: string, forms: readonly Form[]): Reason {
  for (const [form, made] of forms) {
    const found = form.exec(sentence);
    if (found) return made(...found.slice(1));
  }
  return reason('told', { text: sentence });
}
