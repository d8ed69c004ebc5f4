/** Both languages say the same: a sentence that leaves out what the other names is no translation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckId } from '../../src/contract/checks.ts';
import { type ErrorParams, QccError } from '../../src/errors/qcc-error.ts';
import { checkDetail } from '../../src/messages/checks.ts';
import { inLanguage } from '../../src/messages/errors.ts';

const source = join(import.meta.dirname, '../../src');
const chinese = /\p{Script=Han}/u;

/** What a sentence puts in, by name, and the sentence with names in the places. */
function said<Params>(say: (params: Params) => string): { readonly names: readonly string[]; readonly text: string } {
  const names = new Set<string>();
  const params = new Proxy({}, { get: (_, name) => names.add(String(name)) && `<${String(name)}>` });
  const text = say(params as Params);
  return { names: [...names].sort(), text };
}

describe('a finding of a check', () => {
  const union =
    /export type CheckId =([^;]+);/.exec(readFileSync(join(source, 'contract/checks.ts'), 'utf8'))?.[1] ?? '';
  const ids = [...union.matchAll(/'([\w.]+)'/g)].map(([, id]) => id as CheckId);

  it('has words for every check', () => {
    expect(ids.length).toBeGreaterThan(20);
  });

  it.each(ids)('%s: has words in both languages, about the same things', (id) => {
    const bad = (language: 'en' | 'zh-CN') =>
      said((about: ErrorParams) => checkDetail({ id, ok: false, severity: 'fault', about, fix: null }, language));
    const [en, zh] = [bad('en'), bad('zh-CN')];
    // Who has the port is an English sentence of its own.
    if (id !== 'gateway.port') expect(zh.names).toEqual(en.names);
    expect(en.text).not.toMatch(chinese);
    // What is wrong with a certificate is a sentence of its own.
    if (zh.text !== `<${zh.names[0]}>`) expect(zh.text).toMatch(chinese);
    const good = (language: 'en' | 'zh-CN') =>
      checkDetail({ id, ok: true, severity: 'fault', about: {}, fix: null }, language);
    expect(good('en')).not.toMatch(chinese);
    expect(good('zh-CN')).toMatch(chinese);
  });
});

describe('an error', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const thrown = files
    // What the command line itself throws is in its user's language already; the demo talks while it plays.
    .filter(
      (name) =>
        !/^(cli|commands|errors|terminal|simulated-endpoint)\//.test(name) ||
        /^commands\/\w+\/(.*operation|document|merge|moments|restorable|home-removal|prices)\.ts$/.test(name),
    )
    .flatMap((name) => [...readFileSync(join(source, name), 'utf8').matchAll(/new QccError\(\s*'(QCC_\w+)'/g)])
    .map(([, code = '']) => code);
  const codes = [...new Set(thrown)].sort();

  it('is identified by its code', () => {
    expect(codes.length).toBeGreaterThan(30);
  });

  it.each(codes)('%s has a Chinese text with its parameters', (code) => {
    const { text } = said((params: ErrorParams) => {
      const { message, hint } = inLanguage(new QccError(code, 'told in English', 'qcc', 1, params), 'zh-CN');
      expect(hint).not.toContain('undefined');
      return message;
    });
    expect(text).toMatch(chinese);
    expect(text).not.toMatch(/undefined|told in English/);
  });
});
