/** An error in the reader's language: by its code, and by what belongs into its sentence. */
import type { QccError } from '../errors/qcc-error.ts';
import { errorsZh } from './errors/zh.ts';
import type { Language } from './messages.ts';

interface Sentence {
  readonly message: (params: object) => string;
  readonly hint?: (params: object) => string;
}

/** In English it is as it was thrown, and so is one whose code only a gateway of another version knows. */
export function inLanguage(error: QccError, language: Language): { readonly message: string; readonly hint: string } {
  const { code, message, hint, params } = error;
  if (language === 'en' || !Object.hasOwn(errorsZh, code)) return { message, hint };
  const sentence = errorsZh[code as keyof typeof errorsZh] as Sentence;
  const said = { text: message, hint, ...params };
  return { message: sentence.message(said), hint: sentence.hint?.(said) ?? hint };
}
