/** The words of the certificate that qcc makes, by language. */
import { type CertWords, cert as en } from './en/cert.ts';
import type { Language } from './messages.ts';
import { cert as zh } from './zh-CN/cert.ts';

export function certWordsOf(language: Language): CertWords {
  return language === 'zh-CN' ? zh : en;
}
