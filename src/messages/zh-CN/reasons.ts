import type { ReasonWords } from '../en/reasons.ts';

export const reasons: ReasonWords = {
  allOutForCertain: ({ profile }) => `${profile} 的端点全部不可用`,
  unusableInRow: ({ profile, reports }) => `${profile} ${reports === 1 ? '' : `连续 ${reports} 次`}没有可用端点`,
  checksPassed: ({ profile, checks }) => `${profile} 通过 ${checks} 次检查，且已过等待时间`,
  someOut: ({ profile }) => `${profile} 有端点不可用`,
  isNotFirst: ({ active, first }) => `当前为 ${active}，而非 ${first}`,
  pinnedFailed: ({ profile }) => `固定的配置 ${profile} 已失败`,
  profileGone: ({ profile }) => `${profile} 已不存在`,
  isPinned: ({ profile }) => `${profile} 已固定`,
  notUsable: () => '不再可用',
  recoveryOff: () => '自动恢复已关闭',
  releasedByHand: () => '手动解除',
  nothingUsable: () => '所有配置都没有可用端点',
  byHand: () => '手动',
  told: ({ text }) => text,
};
