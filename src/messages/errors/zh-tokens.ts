/** The errors of named tokens in Chinese. */
import type { ErrorParamsOf } from './params.ts';

type TokenCode = Extract<keyof ErrorParamsOf, `QCC_TOKEN_${string}`>;

export const tokenErrorsZh: {
  readonly [Code in TokenCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint?: (params: ErrorParamsOf[Code]) => string;
  };
} = {
  QCC_TOKEN_EXISTS: { message: ({ name }) => `已有名为“${name}”的访问令牌` },
  QCC_TOKEN_MANY: { message: ({ most }) => `有效的访问令牌已有 ${most} 个，达到上限` },
  QCC_TOKEN_NAME: {
    message: ({ name }) =>
      `“${name}”不能作为访问令牌名：须为 1 到 64 个文字、数字、- _ .，且不以点或横线开头，也不能是 constructor 之类的词`,
  },
  QCC_TOKEN_REVOKED: { message: ({ name }) => `访问令牌“${name}”已吊销` },
  QCC_TOKEN_UNKNOWN: {
    message: ({ name }) => `没有名为“${name}”的访问令牌`,
    hint: ({ near, known }) =>
      known
        ? `${near ? `您是不是想用 ${near}？` : ''}现有：${String(known).split(', ').join('、')}`
        : 'qcc token add laptop',
  },
};
