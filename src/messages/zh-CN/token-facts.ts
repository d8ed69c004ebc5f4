import { timeText } from '../../platform/time.ts';
import type { TokenFactWords } from '../en/token-facts.ts';

export const tokenFacts: TokenFactWords = {
  added: ({ profile, maxConcurrent, expiresAt }) =>
    [
      '已创建访问令牌',
      ...(profile === null ? [] : [`仅限配置 ${profile}`]),
      ...(maxConcurrent === null ? [] : [`同时 ${maxConcurrent} 个请求`]),
      ...(expiresAt === null ? [] : [`有效期至 ${timeText(expiresAt)}`]),
    ].join('，'),
  rotated: '已更换访问令牌，旧令牌失效',
  revoked: '已吊销访问令牌',
};
