import type { TokenLimit } from '../../../events/token.ts';
import { timeText } from '../../platform/time.ts';
import type { TokenFactWords } from '../en/token-facts.ts';

const budget = ({ usd, per }: TokenLimit) => `每${per === 'day' ? '日' : '月'}最多 $${usd}`;

export const tokenFacts: TokenFactWords = {
  added: ({ profile, maxConcurrent, limit, expiresAt }) =>
    [
      '已创建访问令牌',
      ...(profile === null ? [] : [`仅限配置 ${profile}`]),
      ...(maxConcurrent === null ? [] : [`同时 ${maxConcurrent} 个请求`]),
      ...(limit === null ? [] : [budget(limit)]),
      ...(expiresAt === null ? [] : [`有效期至 ${timeText(expiresAt)}`]),
    ].join('，'),
  rotated: '已更换访问令牌，旧令牌失效',
  changed: ({ profile, maxConcurrent, limit }) =>
    `已修改访问令牌：${[
      ...(profile === undefined ? [] : [profile === null ? '不限配置' : `仅限配置 ${profile}`]),
      ...(maxConcurrent === undefined
        ? []
        : [maxConcurrent === null ? '不限并发请求数' : `同时 ${maxConcurrent} 个请求`]),
      ...(limit === undefined ? [] : [limit === null ? '无花费上限' : budget(limit)]),
    ].join('，')}`,
  revoked: '已吊销访问令牌',
};
