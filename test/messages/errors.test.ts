/** Every error is said in both languages: that none lacks a sentence is seen by the compiler, that each is one is seen here. */
import { expect, it } from 'vitest';
import { QccError } from '../../src/errors/qcc-error.ts';
import { errorOf } from '../../src/errors/told-error.ts';
import { errorsEn } from '../../src/messages/errors/en.ts';
import { errorsZh } from '../../src/messages/errors/zh.ts';
import { inLanguage } from '../../src/messages/errors.ts';
import { chinese, said } from './said.ts';

type Code = keyof typeof errorsEn;

it.each(Object.keys(errorsEn) as Code[])('%s', (code) => {
  const [en, zh] = [said(errorsEn[code].message), said(errorsZh[code].message)];
  expect(en.text).not.toMatch(chinese);
  expect(said(errorsEn[code].hint).text).not.toMatch(chinese);
  // What is thrown in its reader's language stays as it is.
  if (zh.text !== '<text>') expect(zh.text).toMatch(chinese);
  for (const sentence of [en.text, zh.text, said(errorsZh[code].hint ?? (() => '')).text])
    expect(sentence).not.toContain('undefined');
});

// A file, an address or a value of the reader's own has no name yet; what qcc knows has one.
const placeholder = /\bqcc [^;,，；：]*\b(PROFILE|ID|NAME|REQUEST|SESSION|KEY|NUMBER|DIR)\b/;

it.each(Object.keys(errorsEn) as Code[])('%s names no placeholder in the command that it gives', (code) => {
  for (const hint of [errorsEn[code].hint, errorsZh[code].hint ?? (() => '')])
    expect(said(hint).text).not.toMatch(placeholder);
});

it('an error is its English sentence until it is shown', () => {
  const error = new QccError('QCC_PROFILE_EXISTS', { name: 'work' });
  expect([error.message, inLanguage(error, 'en').message, inLanguage(error, 'zh-CN').message]).toEqual([
    error.message,
    error.message,
    '已有名为“work”的配置',
  ]);
});

it('items left out of an import are named in the language of the reader', () => {
  const told = { parts: 'profiles/a noKey', partsText: 'profiles/a: there is no key for it', count: 1, command: 'qcc' };
  const { message } = inLanguage(new QccError('QCC_IMPORT_PARTIAL', told), 'zh-CN');
  expect(message).toBe('无法全部导入，因此未做更改：profiles/a：文件和本机都没有它的密钥');
});

it('an error of a gateway of another version keeps that gateway’s words', () => {
  const error = errorOf({ code: 'QCC_OF_TOMORROW', message: 'the moon is full', hint: 'qcc wait', exit: 5 });
  expect(inLanguage(error, 'zh-CN')).toEqual({ message: 'the moon is full', hint: 'qcc wait' });
  expect([error.code, error.exit]).toEqual(['QCC_OF_TOMORROW', 5]);
});
