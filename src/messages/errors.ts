/** An error in the reader's language: by its code, and by what belongs into its sentence. */
import type { QccError } from '../errors/qcc-error.ts';
import { configWordsOf } from './config.ts';
import { errorsZh } from './errors/zh.ts';
import type { Language } from './messages.ts';

interface Sentence {
  readonly message: (params: object) => string;
  readonly hint?: (params: object) => string;
}

/** `path because` a line, as the errors of an import and a rollback bring them. */
function becauses(parts: string | number | undefined): string {
  const said = configWordsOf('zh-CN') as unknown as Readonly<Record<string, string>>;
  return String(parts ?? '')
    .split('\n')
    .map((line) => {
      const at = line.lastIndexOf(' ');
      return `${line.slice(0, at)}：${said[`because_${line.slice(at + 1)}`] ?? ''}`;
    })
    .join('；');
}

/** In English it is as it was thrown, and so is one whose code only a gateway of another version knows. */
export function inLanguage(error: QccError, language: Language): { readonly message: string; readonly hint: string } {
  const { code, message, hint, params } = error;
  if (language === 'en' || !Object.hasOwn(errorsZh, code)) return { message, hint };
  const sentence = errorsZh[code as keyof typeof errorsZh] as Sentence;
  const { parts } = params;
  const said = { text: message, hint, ...params, ...(parts === undefined ? {} : { parts: becauses(parts) }) };
  return { message: sentence.message(said), hint: sentence.hint?.(said) ?? hint };
}
