/** The words of the history: facts as sentences, the rules of routing, and what comes next. */

import type { NextReason } from '../../machines/moment.ts';
import { en } from './en/story.ts';
import type { Named, StoryWords } from './en/story-words.ts';
import type { Language } from './messages.ts';
import { zh } from './zh-CN/story.ts';

// A table has its own words alone: a code out of a stranger's file may be called `constructor`.
for (const { failures, rules, lines, whatIf } of [en, zh])
  for (const table of [failures, rules, lines.beliefs, lines.timers, whatIf.tiers]) Object.setPrototypeOf(table, null);

export function storyWordsOf(language: Language): StoryWords {
  return language === 'zh-CN' ? zh : en;
}

/** Why a machine would move, in the language of `words`. */
export function nextText({ next }: StoryWords, { rule, params }: NextReason, named: Named): string {
  return (next[rule] as (all: object) => string)({ ...named, ...params });
}

export type { StoryWords, Telling } from './en/story-words.ts';
