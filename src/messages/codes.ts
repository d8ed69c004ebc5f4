/**
 * What machines, facts and the gateway say by a code, for people who read Chinese. In English a code
 * is its word already; in JSON and in facts it stays what it is in every language, and a flag
 * takes it as it is.
 */
import type { Language } from './messages.ts';
import { codes } from './zh-CN/codes.ts';

/** A code that a newer gateway brought stays what it is. */
export function codeText(kind: keyof typeof codes, code: string, language: Language): string {
  const known: Readonly<Record<string, string>> = codes[kind];
  return language === 'zh-CN' && Object.hasOwn(known, code) ? (known[code] ?? code) : code;
}
