/** The words of the history: facts as sentences, the rules of routing, and what comes next. */

import { en } from './en/story.ts';
import type { StoryWords } from './en/story-words.ts';
import type { Language } from './messages.ts';
import { zh } from './zh-CN/story.ts';

// A table has its own words alone: a code out of somebody's file may be called `constructor`.
for (const { failures, rules, lines, whatIf } of [en, zh])
  for (const table of [failures, rules, lines.beliefs, lines.timers, whatIf.tiers]) Object.setPrototypeOf(table, null);

export function storyWordsOf(language: Language): StoryWords {
  return language === 'zh-CN' ? zh : en;
}

export type { StoryWords, Telling } from './en/story-words.ts';
