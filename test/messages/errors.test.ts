/** Every error is said in both languages: that none lacks a sentence is seen by the compiler, that each is one is seen here. */
import { expect, it } from 'vitest';
import { QccError } from '../../src/errors/qcc-error.ts';
import { errorOf, toldOf } from '../../src/errors/told-error.ts';
import { errorsEn } from '../../src/messages/errors/en.ts';
import { faultsEn } from '../../src/messages/errors/en-faults.ts';
import { errorsZh } from '../../src/messages/errors/zh.ts';
import { faultsZh } from '../../src/messages/errors/zh-faults.ts';
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

/** What another program said, and nothing else. */
const asTheyAre: ReadonlySet<string> = new Set(['foreign', 'newerFact']);
/** A range is a text of its own in each language. */
const ranges: ReadonlySet<string> = new Set(['range', 'chinese']);

it.each(Object.keys(faultsEn) as (keyof typeof faultsEn)[])('the fault %s', (code) => {
  const [en, zh] = [said(faultsEn[code]), said(faultsZh[code])];
  expect(zh.names.filter((name) => !ranges.has(name))).toEqual(en.names.filter((name) => !ranges.has(name)));
  expect(en.text).not.toMatch(chinese);
  if (!asTheyAre.has(code)) expect(en.text).toMatch(/[a-z]{2,} [a-z]{2,}/);
  expect(zh.text).toMatch(chinese);
});

it('an error with one of many faults says which, in the language of its reader', () => {
  const error = new QccError('QCC_IMPORT_INVALID', {
    fault: 'tooMany',
    noun: 'profiles',
    count: 1001,
    most: 1000,
    hint: '',
  });
  expect(error.message).toBe('this file cannot be imported: it has 1001 profiles, and at most 1000 are accepted');
  expect(inLanguage(errorOf(toldOf(error)), 'zh-CN').message).toBe('无法导入此文件：有 1001 个配置，最多接受 1000 个');
});

it('the fault of a gateway of another version keeps its English sentence', () => {
  const told = {
    code: 'QCC_BACKUP_INVALID',
    message: 'the moon is full',
    hint: '',
    exit: 1,
    params: { fault: 'moon' },
  } as const;
  expect(inLanguage(errorOf(told), 'zh-CN').message).toBe('此文件不是完整的备份：the moon is full');
});

it('no error has a sentence among its params, but those that the command line puts into its reader’s language', () => {
  const worded = (Object.keys(errorsEn) as Code[]).filter((code) => said(errorsEn[code].message).text === '<text>');
  expect(worded.filter((code) => said(errorsZh[code].message).text !== '<text>')).toEqual([
    'QCC_COMMAND_FAULT',
    'QCC_USAGE_INTERRUPTED',
  ]);
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
  const told = { parts: 'profiles/a noKey', count: 1, command: 'qcc' };
  const { message } = inLanguage(new QccError('QCC_IMPORT_PARTIAL', told), 'zh-CN');
  expect(message).toBe('无法全部导入，因此未做更改：profiles/a：文件和本机都没有它的密钥');
});

it('an error of a gateway of another version keeps that gateway’s words', () => {
  const error = errorOf({ code: 'QCC_OF_TOMORROW', message: 'the moon is full', hint: 'qcc wait', exit: 5 });
  expect(inLanguage(error, 'zh-CN')).toEqual({ message: 'the moon is full', hint: 'qcc wait' });
  expect([error.code, error.exit]).toEqual(['QCC_OF_TOMORROW', 5]);
});
