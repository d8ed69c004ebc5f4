/** The findings of checks have texts in both languages, with the same parameters. */

import { expect, it } from 'vitest';
import { QccError } from '../../src/errors/qcc-error.ts';
import { toldOf } from '../../src/errors/told-error.ts';
import { checkDetail } from '../../src/messages/checks.ts';
import { checks as checksEn } from '../../src/messages/en/checks.ts';
import { checks as checksZh } from '../../src/messages/zh-CN/checks.ts';
import { chinese, said } from './said.ts';

it.each(Object.keys(checksEn) as (keyof typeof checksEn)[])('%s', (id) => {
  const [en, zh] = [said(checksEn[id].bad), said(checksZh[id].bad)];
  // Who has the port is an English sentence of its own.
  if (id !== 'gateway.port') expect(zh.names).toEqual(en.names);
  expect(en.text).not.toMatch(chinese);
  // What is wrong with a certificate is a sentence of its own.
  if (zh.text !== `<${zh.names[0]}>`) expect(zh.text).toMatch(chinese);
  expect(checksEn[id].good).not.toMatch(chinese);
  expect(checksZh[id].good).toMatch(chinese);
});

it('an error that a check has found is in the language of the reader', () => {
  const error = new QccError('QCC_HOME_OPEN', { home: '/home/a' });
  const found = { id: 'log', ok: false, severity: 'fault', about: { why: toldOf(error) }, fix: null } as const;
  expect(checkDetail(found, 'en')).toContain(error.message);
  expect(checkDetail(found, 'zh-CN')).toContain('/home/a 可被其他用户写入');
});
