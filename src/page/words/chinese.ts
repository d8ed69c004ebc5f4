import { codes } from '../../messages/zh-CN/codes.ts';
import { incidents } from '../../messages/zh-CN/incidents.ts';
import { page } from '../../messages/zh-CN/page.ts';
import { views } from '../../messages/zh-CN/page-views.ts';
import { sayWhy } from '../../messages/zh-CN/reasons.ts';
import { zh } from '../../messages/zh-CN/story.ts';
import type { PageText } from './words.ts';

export const text: PageText = {
  language: 'zh-CN',
  page,
  views,
  story: zh,
  incidents,
  reason: sayWhy,
  code: (kind, code) => {
    const known: Readonly<Record<string, string>> = codes[kind];
    return Object.hasOwn(known, code) ? (known[code] ?? code) : code;
  },
};
