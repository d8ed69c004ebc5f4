import { headline } from '../../messages/en/page-headline.ts';
import { views } from '../../messages/en/page-views.ts';
import { sayWhy } from '../../messages/en/reasons.ts';
import { told } from '../../messages/en/told.ts';
import type { FirstText } from './words.ts';

export const text: FirstText = {
  language: 'en',
  headline,
  views,
  story: told,
  reason: sayWhy,
  // In English a code is its word already.
  code: (_, code) => code,
};
