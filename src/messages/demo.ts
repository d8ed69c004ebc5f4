/** The words of the demo. */
import { type DemoWords, demoLines as en } from './en/demo.ts';
import { demoLines as zh } from './zh-CN/demo.ts';

export type { DemoWords } from './en/demo.ts';

export function demoWords(lang: 'en' | 'zh-CN'): DemoWords {
  return lang === 'zh-CN' ? zh : en;
}
