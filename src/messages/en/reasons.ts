/** Why something was decided, and what a call came to. */
import type { ReasonCode, ReasonParams } from '../../../events/reason.ts';

export type ReasonWords = { readonly [Code in ReasonCode]: (params: ReasonParams[Code]) => string };

export const reasons: ReasonWords = {
  allOutForCertain: ({ profile }) => `all endpoints of ${profile} are out for certain`,
  unusableInRow: ({ profile, reports }) =>
    `${profile} had no usable endpoint in ${reports === 1 ? '1 report' : `${reports} reports in a row`}`,
  checksPassed: ({ profile, checks }) =>
    `${profile} passed ${checks === 1 ? '1 check' : `${checks} checks`} and its delay`,
  someOut: ({ profile }) => `${profile} has endpoints that are out`,
  isNotFirst: ({ active, first }) => `${active} is active instead of ${first}`,
  pinnedFailed: ({ profile }) => `the pinned profile ${profile} has failed`,
  profileGone: ({ profile }) => `${profile} is not there any more`,
  isPinned: ({ profile }) => `${profile} is pinned`,
  notUsable: () => 'it is not usable any more',
  recoveryOff: () => 'automatic recovery is off',
  releasedByHand: () => 'released by hand',
  nothingUsable: () => 'no endpoint of any profile is usable',
  byHand: () => 'by hand',
  told: ({ text }) => text,
};
