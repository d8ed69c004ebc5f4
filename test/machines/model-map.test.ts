import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changedRules,
  covers,
  hiddenRules,
  isModelExcluded,
  lackedUntil,
  mapped,
  rulesText,
  sentModel,
} from '../../machines/model-map.ts';
import { routable } from '../support/routing-view.ts';

const rule = (text: string) => {
  const [from = '', to = ''] = text.split('=');
  return { from, to: to === '-' ? null : to };
};
const rules = (...texts: readonly string[]) => texts.map(rule);
/** What is sent in the place of a name; `cannot` for a model that the endpoint does not have. */
const sent = (texts: readonly string[], model: string | null) => {
  const to = mapped(rules(...texts), model);
  return to.kind === 'sent' ? to.model : to.kind;
};

describe('a model map', () => {
  it('says nothing of what no rule fits, and of a request without a model', () => {
    expect(sent([], 'claude-haiku-4-5')).toBe('as-is');
    expect(sent(['claude-*haiku*=small'], 'gpt-5')).toBe('as-is');
    expect(sent(['*=any'], null)).toBe('as-is');
  });

  it('takes the first rule that fits', () => {
    const table = ['claude-*haiku*=glm-4.5-air', 'claude-*opus*=-', '*=glm-4.6'];
    expect(sent(table, 'claude-haiku-4-5')).toBe('glm-4.5-air');
    expect(sent(table, 'claude-3-5-haiku-20241022')).toBe('glm-4.5-air');
    expect(sent(table, 'claude-opus-4-6')).toBe('cannot');
    expect(sent(table, 'anything')).toBe('glm-4.6');
    expect(sent([...table].reverse(), 'claude-haiku-4-5')).toBe('glm-4.6');
  });

  it.each(['haiku', 'sonnet', 'opus'])('knows the slot %s, for all versions and for its bare name', (slot) => {
    for (const model of [`claude-${slot}-4-5`, `claude-3-7-${slot}-20250219`, slot])
      expect(sent([`${slot}=mine`], model)).toBe('mine');
    expect(sent([`${slot}=mine`], 'claude-fable-5')).toBe('as-is');
  });

  it('takes the suffix [1m] for a part of the name: kept where the rule has it, and removed where not', () => {
    expect(sent(['claude-sonnet-4-6=big'], 'claude-sonnet-4-6[1m]')).toBe('big');
    expect(sent(['claude-sonnet-4-6=big[1m]'], 'claude-sonnet-4-6[1m]')).toBe('big[1m]');
    expect(sent(['claude-*-4-6=big'], 'claude-sonnet-4-6[1m]')).toBe('big');
    expect(sent(['claude-sonnet-4-6[1m]=-'], 'claude-sonnet-4-6[1m]')).toBe('cannot');
    expect(sent(['claude-sonnet-4-6[1m]=-'], 'claude-sonnet-4-6')).toBe('as-is');
    expect(sent([], 'claude-sonnet-4-6[1m]')).toBe('as-is');
  });

  it('names the rules that no name gets as far as', () => {
    const hidden = (...texts: readonly string[]) => rulesText(hiddenRules(rules(...texts)));
    expect(hidden('*=a', 'haiku=b', 'gpt-5=c')).toBe('haiku=b, gpt-5=c');
    expect(hidden('haiku=b', 'gpt-5=c', '*=a')).toBe('');
    expect(hidden('claude-sonnet-4-6=a', 'claude-sonnet-4-6[1m]=b', 'sonnet=c')).toBe('claude-sonnet-4-6[1m]=b');
    expect(hidden('sonnet=a', 'claude-sonnet-4-6=-')).toBe('claude-sonnet-4-6=-');
  });

  it('takes letters of a pattern for themselves', () => {
    expect(sent(['claude.+=x'], 'claude-4')).toBe('as-is');
    expect(sent(['glm-4.[56]=x'], 'glm-4.5')).toBe('as-is');
    expect(sent(['toString=x'], 'toString')).toBe('x');
  });

  it('tells the name that an endpoint knows, and keeps the asked one where it can serve none', () => {
    const table = rules('a=b', 'c=-');
    expect(['a', 'c', 'd', null].map((model) => sentModel(table, model))).toEqual(['b', 'c', 'd', null]);
    const endpoint = routable('a', { models: table, lacks: [{ model: 'b', until: 9 }] });
    expect(['a', 'c', 'd', null].map((model) => isModelExcluded(endpoint, model))).toEqual([false, true, false, false]);
    expect(['a', 'b', 'd', null].map((model) => lackedUntil(endpoint, model, 1))).toEqual([9, 9, null, null]);
  });

  it('fits a glob as a search for its parts does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(letters, text, (glob, model) => {
        const pattern = new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`);
        expect(mapped([{ from: glob, to: 'x' }], model).kind === 'sent').toBe(pattern.test(model));
      }),
    );
  });

  it('covers a rule only when nothing can get past', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    const fits = (from: string, model: string) => mapped([{ from, to: 'x' }], model).kind === 'sent';
    fc.assert(
      fc.property(letters, letters, text, (one, other, model) => {
        if (covers(one, other) && fits(other, model)) expect(fits(one, model)).toBe(true);
      }),
    );
  });

  it('takes no longer for a hostile name than for any other', () => {
    const glob = `${'*a'.repeat(100)}*b`;
    const model = 'a'.repeat(20_000);
    const begun = performance.now();
    expect(mapped([{ from: glob, to: 'x' }], model).kind).toBe('as-is');
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('a change of a model map', () => {
  const changed = (before: readonly string[], added: readonly string[], removed: readonly string[] = []) =>
    rulesText(changedRules(rules(...before), rules(...added), removed));

  it('keeps the order that was given', () => {
    expect(changed([], ['a=1', '*=2', 'b=-'])).toBe('a=1, *=2, b=-');
  });

  it('puts a rule for the same name into the place of the old one', () => {
    expect(changed(['a=1', 'b=2', '*=3'], ['b=-'])).toBe('a=1, b=-, *=3');
  });

  it('puts a new rule before the one that would keep every request from it', () => {
    expect(changed(['a=1', '*=3'], ['claude-*=2', 'b=-'])).toBe('a=1, claude-*=2, b=-, *=3');
    expect(changed(['haiku=1'], ['*=2'])).toBe('haiku=1, *=2');
    expect(changed(['claude-*=1'], ['haiku=2'])).toBe('haiku=2, claude-*=1');
  });

  it('drops what was named', () => {
    expect(changed(['a=1', 'b=2'], [], ['a'])).toBe('b=2');
    expect(changed(['a=1', 'b=2'], ['c=3'], ['a', 'b'])).toBe('c=3');
  });
});
