/** The words of what happened, by language. */
import type { Language } from './messages.ts';
import type { StoryWords } from './story.ts';
import { en } from './story-en.ts';
import { zh } from './story-zh.ts';

// A table has its own words alone: a code out of somebody's file may be called `constructor`.
for (const { failures, rules, lines, whatIf } of [en, zh])
  for (const table of [failures, rules, lines.beliefs, lines.timers, whatIf.tiers]) Object.setPrototypeOf(table, null);

export function storyWordsOf(language: Language): StoryWords {
  return language === 'zh-CN' ? zh : en;
}
