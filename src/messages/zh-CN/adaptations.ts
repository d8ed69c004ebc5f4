/** How requests are adapted to endpoints, in Chinese. */

import type { AdaptationWords } from '../en/adaptations.ts';
import type { ReasonWords } from '../en/saying.ts';

const of = (model: string | null) => (model === null ? '' : `（模型 ${model}）`);

export const adaptations: AdaptationWords = {
  missing: ({ model, what, limit, evidence }, span) =>
    limit === null
      ? `拒绝 ${what}${of(model)}：${adaptations.evidence[evidence]}；${span} 内发送时不带它`
      : `${what} 最多 ${limit}${of(model)}；${span} 内不再超过`,
  isMissing: (what, limit, model, until) =>
    `${limit === null ? `不带 ${what}` : `${what} 最多 ${limit}`}${of(model)}，到 ${until} 为止`,
  adapts: (adapt, thinking) =>
    adapt === 'off'
      ? '请求原样发送：它拒绝的内容会告知客户端'
      : `按它拒绝的内容调整请求；其他端点签名的思考${{ auto: '在被拒绝后剪去', keep: '保留', strip: '事先剪去' }[thinking]}`,
  nothingMissing: '它没有拒绝过请求的任何部分',
  evidence: {
    betaValue: '不认识 anthropic-beta 的这个值',
    someBeta: '不认识 anthropic-beta 的某个值，但没有说是哪个',
    extraInput: '不允许额外的字段',
    unknownField: '不认识这个字段',
    unsupported: '不支持这个参数',
    tooManyTokens: '超出了它的上限',
  },
  forgotten: (what) => (what === null ? '重新带上它拒绝过的一切' : `重新带上 ${what}`),
};

/** What was changed in an attempt, and what its refusal led to. */
export const adaptationReasons: Pick<
  ReasonWords,
  'leftOut' | 'fewerTokens' | 'thinkingDropped' | 'thinkingOff' | 'noThinkingHere'
> = {
  leftOut: ({ what }) => `端点拒绝过 ${what}，已将其略去`,
  fewerTokens: ({ limit, asked }) => `max_tokens 已从 ${asked} 降到端点的上限 ${limit}`,
  thinkingDropped: ({ blocks }) => `已剪去 ${blocks} 个由其他端点签名的思考块`,
  thinkingOff: () => '工具循环开头的思考已失去，本次请求已关闭思考',
  noThinkingHere: () => '端点要求交回它自己的思考，而本会话没有：会话余下的请求都跳过它',
};
