/** Everything that the page says, in one language. Each language is a file of its own, and only the one that is read is loaded. */
import type { ReasonOrWord } from '../../../events/reason.ts';
import type { IncidentWords } from '../../messages/en/incidents.ts';
import type { PageWords } from '../../messages/en/page.ts';
import type { ViewWords } from '../../messages/en/page-views.ts';
import type { StoryWords } from '../../messages/en/story-words.ts';
import type { Language } from '../../messages/messages.ts';

export type { Language } from '../../messages/messages.ts';

export interface PageText {
  readonly language: Language;
  readonly page: PageWords;
  readonly views: ViewWords;
  readonly story: StoryWords;
  readonly incidents: IncidentWords;
  readonly reason: (reason: ReasonOrWord) => string;
  /** A code of machines, facts or the gateway. */
  readonly code: (
    kind: 'states' | 'verdicts' | 'depths' | 'switches' | 'priorities' | 'queueTotals',
    code: string,
  ) => string;
}

export async function textIn(language: Language): Promise<PageText> {
  const { text } = language === 'zh-CN' ? await import('./chinese.ts') : await import('./english.ts');
  return text;
}
