/** The words of incidents, by language. */
import { incidents as en, type IncidentWords } from './en/incidents.ts';
import type { Language } from './messages.ts';
import { incidents as zh } from './zh-CN/incidents.ts';

export function incidentWordsOf(language: Language): IncidentWords {
  return language === 'zh-CN' ? zh : en;
}
