/**
 * Which name of a model an endpoint gets: its rules in their order, the first that fits. Pure, and without patterns of a regular
 * expression: a rule comes from a person or a file, and costs the time of its letters.
 */
import type { Millis } from '../events/fact.ts';
import type { ModelRule } from '../events/profile.ts';
import { lacksUntil } from './available.ts';
import type { RoutableEndpoint } from './routing-view.ts';

export type Mapped =
  /** No rule speaks of it: the body goes as it is. */
  | { readonly kind: 'as-is' }
  | { readonly kind: 'sent'; readonly model: string }
  /** The endpoint's owner has said that it does not have this model. */
  | { readonly kind: 'cannot' };

const asIs: Mapped = { kind: 'as-is' };
const cannot: Mapped = { kind: 'cannot' };

/** The models of Claude Code by the names that it gives them; each stands for all versions of one. */
const slots: Readonly<Record<string, string>> = {
  haiku: 'claude-*haiku*',
  sonnet: 'claude-*sonnet*',
  opus: 'claude-*opus*',
};
/** What Claude Code writes behind a name for the window of a million tokens. */
const longContext = '[1m]';

/** @param model as the request names it; null where it names none */
export function mapped(rules: readonly ModelRule[], model: string | null): Mapped {
  if (rules.length === 0 || model === null) return asIs;
  const rule = rules.find(({ from }) => fits(from, model));
  if (!rule) return asIs;
  return rule.to === null ? cannot : { kind: 'sent', model: rule.to };
}

/** The name that an endpoint knows it by: what it refuses or prices is this. Of a model that it cannot serve, the name itself. */
export function sentModel(rules: readonly ModelRule[], model: string | null): string | null {
  const to = mapped(rules, model);
  return to.kind === 'sent' ? to.model : model;
}

/** Its owner has said that it does not have the model. */
export function isModelExcluded({ models }: Pick<RoutableEndpoint, 'models'>, model: string | null): boolean {
  return models.length > 0 && mapped(models, model).kind === 'cannot';
}

/** Until when the endpoint is believed to lack what it would be asked for; null when nothing is known. */
export function lackedUntil(
  { lacks, models }: Pick<RoutableEndpoint, 'lacks' | 'models'>,
  model: string | null,
  now: Millis,
): Millis | null {
  return lacks.length === 0 ? null : lacksUntil(lacks, sentModel(models, model), now);
}

/** A rule without the suffix speaks of the name with it as well. */
function fits(from: string, model: string): boolean {
  if (from === model || fitsGlob(globOf(from), model)) return true;
  if (!model.endsWith(longContext) || from.endsWith(longContext)) return false;
  const plain = model.slice(0, -longContext.length);
  return from === plain || fitsGlob(globOf(from), plain);
}

/** Whether all that fits the other fits this one: a rule behind such a one is never reached. */
export function covers(from: string, other: string): boolean {
  return fits(from, globOf(other));
}

/** Rules that no name gets as far as: one before them fits all that they fit. */
export function hiddenRules(rules: readonly ModelRule[]): readonly ModelRule[] {
  return rules.filter((rule, i) => rules.slice(0, i).some(({ from }) => covers(from, rule.from)));
}

/** The flags that put a rule where it is reached. */
export function reachFlags(rule: ModelRule): string {
  return `--no-model '${rule.from}' --model '${ruleText(rule)}'`;
}

function globOf(from: string): string {
  return Object.hasOwn(slots, from) ? (slots[from] as string) : from;
}

/** `*` is any run of letters. It goes back to the last star only: no text takes longer than its length times the glob's. */
function fitsGlob(glob: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let mark = 0;
  while (at < text.length) {
    if (glob[place] === '*') {
      star = place++;
      mark = at;
    } else if (place < glob.length && glob[place] === text[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++mark;
    } else return false;
  }
  while (glob[place] === '*') place++;
  return place === glob.length;
}

/** As a person writes it. */
export function ruleText({ from, to }: ModelRule): string {
  return `${from}=${to ?? '-'}`;
}

export function rulesText(rules: readonly ModelRule[]): string {
  return rules.map(ruleText).join(', ');
}

/**
 * The rules after a change. One for the same name takes the place of the old one; new ones stand in their order before the first rule
 * that would keep a request from them.
 */
export function changedRules(
  rules: readonly ModelRule[],
  added: readonly ModelRule[],
  removed: readonly string[] = [],
): readonly ModelRule[] {
  const given = new Map(added.map((rule) => [rule.from, rule]));
  const kept = rules.filter(({ from }) => !removed.includes(from)).map((rule) => given.get(rule.from) ?? rule);
  const isKept = new Set(kept.map(({ from }) => from));
  const fresh = [...given.values()].filter(({ from }) => !isKept.has(from));
  const covering = kept.findIndex(({ from }) => fresh.some((one) => covers(from, one.from)));
  const place = covering < 0 ? kept.length : covering;
  return [...kept.slice(0, place), ...fresh, ...kept.slice(place)];
}
