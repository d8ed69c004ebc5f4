/** The words of what happened, by language. */
import type { StoryWords } from './story.ts';
import { en } from './story-en.ts';
import { zh } from './story-zh.ts';
import type { Language } from './words.ts';

export function storyWordsOf(language: Language): StoryWords {
  return language === 'zh-CN' ? zh : en;
}
