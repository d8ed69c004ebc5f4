/** The words of the next route, by language. */
import { route as en, type RouteWords } from './en/route.ts';
import type { Language } from './messages.ts';
import { route as zh } from './zh-CN/route.ts';

export function routeWordsOf(language: Language): RouteWords {
  return language === 'zh-CN' ? zh : en;
}
