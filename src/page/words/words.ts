/** Everything that the page says, in one language. Each language is a file of its own, and only the one that is read is loaded. */
import type { ReasonOrWord } from '../../../events/reason.ts';
import type { DecidedWords } from '../../messages/en/decided.ts';
import type { FleetWords } from '../../messages/en/fleet.ts';
import type { IncidentWords } from '../../messages/en/incidents.ts';
import type { HeadlineWords } from '../../messages/en/page-headline.ts';
import type { pastWords } from '../../messages/en/page-past.ts';
import type { PlainWords } from '../../messages/en/page-plain.ts';
import type { settingsWords } from '../../messages/en/page-settings.ts';
import type { FirstWords } from '../../messages/en/page-views.ts';
import type { ToldWords, WhatIfWords } from '../../messages/en/story-words.ts';
import type { Language } from '../../messages/messages.ts';
// Both languages are written with these: here they are part of the first file, and not a request of their own.
import '../../messages/en/story-words.ts';
import '../../messages/en/saying.ts';

export type { Language } from '../../messages/messages.ts';

/** What the frame and the first view say. */
export interface FirstText {
  readonly language: Language;
  readonly headline: HeadlineWords;
  readonly views: FirstWords;
  readonly story: ToldWords;
  readonly reason: (reason: ReasonOrWord) => string;
  /** A code of machines, facts or the gateway. */
  readonly code: (
    kind: 'states' | 'streams' | 'verdicts' | 'depths' | 'switches' | 'priorities' | 'queueTotals' | 'running',
    code: string,
  ) => string;
}

/** What the other views say besides. */
export interface LaterText {
  readonly views: typeof pastWords & typeof settingsWords & { readonly fleet: FleetWords };
  readonly incidents: IncidentWords;
  readonly decided: DecidedWords;
  readonly story: { readonly whatIf: WhatIfWords };
  /** Words that the plain page has too. */
  readonly plain: PlainWords;
}

/** The later words are there before a view that needs them is drawn. */
export type PageText = Omit<FirstText, 'views' | 'story'> &
  Omit<LaterText, 'views' | 'story'> & {
    readonly views: FirstWords & LaterText['views'];
    readonly story: FirstText['story'] & LaterText['story'];
  };

export async function firstTextIn(language: Language): Promise<FirstText> {
  const { text } = language === 'zh-CN' ? await import('./chinese.ts') : await import('./english.ts');
  return text;
}

export async function laterTextIn(language: Language): Promise<LaterText> {
  const { later } = language === 'zh-CN' ? await import('./chinese-later.ts') : await import('./english-later.ts');
  return later;
}
