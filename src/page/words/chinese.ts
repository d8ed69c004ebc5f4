import { codes } from '../../messages/zh-CN/codes.ts';
import { headline } from '../../messages/zh-CN/page-headline.ts';
import { views } from '../../messages/zh-CN/page-views.ts';
import { sayWhy } from '../../messages/zh-CN/reasons.ts';
import { told } from '../../messages/zh-CN/told.ts';
import type { FirstText } from './words.ts';

export const text: FirstText = {
  language: 'zh-CN',
  headline,
  views,
  story: told,
  reason: sayWhy,
  code: (kind, code) => {
    const known: Readonly<Record<string, string>> = codes[kind];
    return Object.hasOwn(known, code) ? (known[code] ?? code) : code;
  },
};
