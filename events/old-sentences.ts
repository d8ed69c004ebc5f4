/** What facts of former versions said in English, as the codes that they are today. Such facts stand in people's logs for ever. */
import { type LadderReason, type Reason, reason } from './reason.ts';

type Form = readonly [RegExp, (...parts: string[]) => Reason];

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
