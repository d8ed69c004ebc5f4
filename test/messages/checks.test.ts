/** What a check has found is said in both languages, of the same things. */
import { expect, it } from 'vitest';
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
