/** Rules of a model map as a person types them, and as a file holds them: `claude-*haiku*=glm-4.5-air`, `claude-*opus*=-`. */
import type { ModelRule } from '../../../events/profile.ts';
import { looksLikeKey } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';
import { visible } from '../../platform/visible.ts';

/** The longest name of a model that is known has 80 letters. */
const nameMax = 256;
/** More rules than vendors have models: each request that they do not fit looks at all of them. */
const rulesMax = 64;
/** The word for "this endpoint does not have it". */
const none = '-';

type RuleFault = Fault<'model'>;

/** @throws {QccError} `QCC_MODEL_RULE` */
export function parseModelRule(text: string): ModelRule {
  const [from = '', to, ...more] = text.split('=').map((part) => part.trim());
  if (to === undefined || more.length > 0) throw badRule(text, { fault: 'ruleForm' });
  return checkedRule({ from, to: to === none ? null : to }, text);
}

/** @throws {QccError} `QCC_MODEL_RULE`, `QCC_MODEL_RULES` */
export function checkModelRules(rules: readonly ModelRule[]): void {
  if (rules.length > rulesMax)
    throw new QccError('QCC_MODEL_RULES', { count: rules.length, most: rulesMax }, exitCodes.usage);
  const seen = new Set<string>();
  for (const rule of rules) {
    checkedRule(rule, `${rule.from}=${rule.to ?? none}`);
    if (seen.has(rule.from)) throw new QccError('QCC_MODEL_TWICE', { from: rule.from }, exitCodes.usage);
    seen.add(rule.from);
  }
}

/** Whether an endpoint would take it. */
export function isModelRule({ from, to }: ModelRule): boolean {
  const isName = (name: string) => faultOf(name) === undefined;
  return isName(from) && (to === null || (isName(to) && !to.includes('*') && to !== none));
}

function checkedRule(rule: ModelRule, text: string): ModelRule {
  const fault = faultOf(rule.from) ?? (rule.to === null ? undefined : faultOf(rule.to));
  if (fault !== undefined) throw badRule(text, fault);
  if (rule.to?.includes('*') || rule.to === none) throw badRule(text, { fault: 'ruleGlob' });
  return rule;
}

function faultOf(name: string): RuleFault | undefined {
  if (name === '') return { fault: 'ruleEmpty' };
  if (name.length > nameMax) return { fault: 'ruleLong', most: nameMax };
  const isWord = visible(name) === name && !/[\s=,]/.test(name) && !looksLikeKey(name);
  return isWord ? undefined : { fault: 'ruleLetters' };
}

function badRule(given: string, fault: RuleFault): QccError {
  return new QccError('QCC_MODEL_RULE', { rule: visible(given).slice(0, nameMax), ...fault }, exitCodes.usage);
}
