/**
 * What a refusal says that an endpoint does not know, or takes too little of. The text is a stranger's: it is bounded, read by patterns that
 * take the time of its letters, and of what it names only that counts which really stands in the request.
 */
import type { CapabilityEvidence } from '../events/endpoint.ts';
import { droppable, maxTokens, type RequestNames, strangeBetas } from './capabilities.ts';
import { sayingsIn } from './refusal-words.ts';

export interface Learned {
  readonly what: string;
  readonly evidence: CapabilityEvidence;
  readonly limit: number | null;
}

// A sentence or two; some vendors list what they would have taken.
const textMax = 8_192;
// More than Claude Code sends: the text is bounded, and each of them costs a walk over the fields.
const namesMax = 256;
const name = '[A-Za-z_$][\\w$.[\\]/-]{0,160}';
/** What is known and has a wrong value is the client's affair. */
const notItsValue = String.raw`(?!["'\x60]?(?: (?:value|to|type)\b|\s*=)|[^\n]{0,120}\b(?:must|should|expected|range|between|less|greater|maximum|minimum|exceeds?|at (?:most|least)|one of|got)\b)`;
const quoted = `["'\`]?(${name})["'\`]?`;

interface Pattern {
  readonly evidence: CapabilityEvidence;
  readonly pattern: RegExp;
}

const patterns: readonly Pattern[] = [
  // Anthropic, and whatever is built on pydantic.
  { evidence: 'extraInput', pattern: new RegExp(`${quoted}: ?(?:Extra inputs are|Extra fields?) not permitted`, 'gi') },
  {
    evidence: 'extraInput',
    pattern: new RegExp(
      `(?:Extra inputs are|Extra fields?) not permitted,? ?(?:field|param)?:? ?["'\`](${name})`,
      'gi',
    ),
  },
  { evidence: 'extraInput', pattern: new RegExp(`extra fields? not permitted: (${name})`, 'gi') },
  // Bedrock: "#: extraneous key [x] is not permitted".
  { evidence: 'extraInput', pattern: /extraneous key \[([A-Za-z_][\w.]{0,160})\] is not permitted/gi },
  {
    evidence: 'unknownField',
    pattern: new RegExp(
      `(?:unknown|unrecognized|unrecognised|unexpected|undeclared) (?:request )?(?:field|parameter|(?:keyword )?argument|property|name|key(?:\\(s\\) in object|s in object)?\\b|keys\\b)s?(?: supplied| name)?:? ?${quoted}`,
      'gi',
    ),
  },
  {
    evidence: 'unknownField',
    pattern: new RegExp(
      `invalid (?:request )?(?:field|parameter|argument|property)s?:? ?["'\`]?(${name})["'\`]?(?![\\w.-])${notItsValue}`,
      'gi',
    ),
  },
  {
    evidence: 'unknownField',
    pattern: new RegExp(
      `(?:additional properties|additionalProperties)[^"'\`]{0,40}["'\`](${name})["'\`] (?:was|were) unexpected`,
      'gi',
    ),
  },
  {
    evidence: 'unknownField',
    pattern: new RegExp(
      `(?:field|property|parameter) ["'\`](${name})["'\`] is (?:unknown|not allowed|unexpected)(?! to\\b)`,
      'gi',
    ),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(`unsupported (?:field|parameter|argument|property)s?:? ?${quoted}`, 'gi'),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(`(?:does not|doesn't|not) support (?:the )?["'\`]?(${name})["'\`]? (?:field|parameter)`, 'gi'),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(
      `["'\`](${name})["'\`](?: field| parameter)?:? (?:is|are) (?:not (?:supported|allowed|permitted|recognized)|unsupported)(?! to\\b)`,
      'gi',
    ),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(
      `(?:field|parameter|argument|property) ["'\`]?(${name})["'\`]? (?:(?:is|was|are) )?(?:not (?:supported|allowed|permitted|recognized|expected)|unsupported)(?! to\\b)`,
      'gi',
    ),
  },
  // Without a word for what it is, only a name that is no word of a sentence.
  {
    evidence: 'unsupported',
    pattern:
      /\b([a-z]{1,40}(?:_[a-z]{1,40}){1,4})["'`]? (?:is|was) (?:not (?:supported|allowed|permitted|recognized|expected)|unsupported)(?! to\b)/g,
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(`(?:不支持|未知|无效)的?(?:参数|字段)\\s{0,4}[:：]?\\s{0,4}["'\`]?(${name})`, 'g'),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(
      `(?:参数|字段)\\s{0,4}[:：]?\\s{0,4}["'\`]?(${name})["'\`]?\\s{0,4}(?:不支持|不被支持|不允许|无法识别)`,
      'g',
    ),
  },
  {
    evidence: 'unsupported',
    pattern: new RegExp(
      `(${name}) (?:field|parameter) (?:is|are) (?:not (?:supported|allowed)|unsupported)(?! to\\b)`,
      'gi',
    ),
  },
];
/** `{"type":"extra_forbidden","loc":["body","context_management"]}`, as FastAPI writes it, and as Python prints it. */
const places = /["']loc["']\s{0,4}:\s{0,4}[[(]([^\])]{1,200})[\])]/g;
const forbidden = /extra_forbidden|Extra inputs are not permitted/;

const speaksOfBetas = /\bbeta\b/i;
const refusesValue =
  /unexpected value|unsupported|invalid|unknown|unrecogni[sz]ed|not (?:supported|allowed|permitted|recogni[sz]ed|available|enabled)/i;
const betaName = /[A-Za-z0-9][\w.-]{1,63}/g;

/** All that this refusal names and the request has; empty: nothing that could be left out. */
export function learned(text: string, names: RequestNames): readonly Learned[] {
  const said = spelledOut(sayingsIn(text).slice(0, textMax));
  const raw = spelledOut(text.slice(0, textMax));
  const found = new Map<string, Learned>();
  const add = (named: string, evidence: CapabilityEvidence) => {
    const what = found.size < namesMax ? droppable(named, names) : null;
    if (what !== null && !found.has(what)) found.set(what, { what, evidence, limit: null });
  };
  for (const beta of betasIn(said, names)) add(beta, 'betaValue');
  for (const { evidence, pattern } of patterns)
    for (const [, named] of said.matchAll(pattern)) add(trimmed(named as string), evidence);
  if (forbidden.test(raw)) for (const [, place] of raw.matchAll(places)) add(pathOf(place as string), 'extraInput');
  const limit = limitIn(said, names.maxTokens);
  if (limit !== null) found.set(maxTokens, { what: maxTokens, evidence: 'tooManyTokens', limit });
  if (found.size === 0 && refusesSomeBeta(said)) for (const beta of strangeBetas(names.betas)) add(beta, 'someBeta');
  return [...found.values()];
}

/** Escapes of the JSON around it: patterns look for quotes, and for `>`. */
function spelledOut(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\+(["'`/])/g, '$1')
    .replace(/\\+[nrt]/g, '\n');
}

function trimmed(named: string): string {
  return named.replace(/[./-]+$/, '');
}

function pathOf(place: string): string {
  return place
    .split(',')
    .map((part) => part.replace(/["'\s]/g, ''))
    .filter((part) => part !== '')
    .join('.');
}

function betasIn(said: string, { betas }: RequestNames): readonly string[] {
  if (betas.length === 0 || !speaksOfBetas.test(said) || !refusesValue.test(said)) return [];
  const words = new Set(said.match(betaName)?.map(trimmed));
  return betas.filter((beta) => words.has(beta));
}

/** "invalid beta flag", as Bedrock says it (anthropics/claude-code#49370, QuantumNous/new-api#3041): of some value, it does not say which. */
const someBeta =
  /\b(?:invalid|unknown|unsupported|unrecogni[sz]ed|unexpected|disallowed)\s(?:values?(?:\(s\))?\s(?:for|in|of)\s(?:the\s)?)?["'`]?(?:anthropic[-_ ])?betas?["'`]?(?:\s(?:flag|header|value|feature|version|name)|\b)|["'`]?(?:anthropic[-_ ]betas?|betas?\s(?:flags?|headers?|values?))(?:\(s\))?["'`]?(?:\s(?:flags?|headers?|values?|field|parameter))?:?\s(?:(?:is|are|was|were)\s)?(?:invalid|unknown|unsupported|unexpected|(?:not|no longer)\s(?:supported|allowed|permitted|recogni[sz]ed|valid))|不支持的?\s{0,4}(?:anthropic-)?beta/i;
/** A value of that header, and no model's name. */
const datedName = /(?<![\w.-])(?!claude-(?!code-))[a-z][a-z0-9-]{1,63}-20\d\d-?\d\d-?\d\d\b/i;

/** One that it does name is another matter: that is in the request, or the refusal is about something else. */
function refusesSomeBeta(said: string): boolean {
  return someBeta.test(said) && !datedName.test(said);
}

const number = '([1-9]\\d{0,2}(?:,\\d{3})+|[1-9]\\d{0,8})';
const speaksOfMaxTokens = /max[_ ](?:output_|completion_|new_)?tokens|max(?:imum)? (?:output |completion )?tokens/i;
/** What the prompt and the answer come to together is no maximum of the endpoint's: the client asks for less by itself. */
const speaksOfContext = /input length and|context limit|maximum context|context length/i;
const limits: readonly RegExp[] = [
  // [1, 8192], (0, 8192], [1,8192], between 1 and 8192, 1 to 8192
  new RegExp(`[[(]\\s{0,4}\\d{1,6}\\s{0,4}[,~-]\\s{0,4}${number}\\s{0,4}[\\])]`),
  new RegExp(`between \\d{1,6} and ${number}`, 'i'),
  new RegExp(`(?:range|from) (?:of |is )?\\d{1,6}\\s{0,4}(?:to|~|-)\\s{0,4}${number}`, 'i'),
  // max_tokens: 64000 > 8192
  new RegExp(`\\d\\)?\\s{0,4}>=?\\s{0,4}${number}`),
  new RegExp(`\\d\\)?['"\`]? (?:is (?:greater|larger|higher|more) than|exceeds?) (?:the )?${number}`, 'i'),
  new RegExp(
    `(?:at most|less than or equal to|no more than|lower than|cannot exceed|can't exceed|must not exceed|should not exceed|not exceed|up to|<=|≤|不超过|不能超过|不得超过|不能大于|不可超过|小于等于|最大值?为?|上限为?)\\s{0,4}[:=：]?\\s{0,4}["'\`]?${number}`,
    'i',
  ),
  new RegExp(
    `(?:maximum|max|limit|limited)(?: allowed)?(?: value)?(?: (?:for|of) [\\w\`-]{1,60})?(?: of| is| to|:|=)+\\s{0,4}["'\`]?${number}`,
    'i',
  ),
  new RegExp(`exceeds? (?:the )?(?:[a-z]{1,20} ){0,3}(?:limit|maximum)(?: of| is|:)?\\s{0,4}["'\`(]?${number}`, 'i'),
];

/** The first number that is too large. */
const lessThan = new RegExp(`(?:must|should) be (?:less|lower|smaller) than ${number}`, 'i');

/** The most tokens that it gives, where that is less than what was asked for. */
function limitIn(said: string, asked: number | null): number | null {
  if (asked === null || !speaksOfMaxTokens.test(said) || speaksOfContext.test(said)) return null;
  const below = Number(lessThan.exec(said)?.[1]?.replaceAll(',', ''));
  if (below > 1 && below <= asked) return below - 1;
  for (const pattern of limits) {
    const limit = Number(pattern.exec(said)?.[1]?.replaceAll(',', ''));
    if (limit > 0 && limit < asked) return limit;
  }
  return null;
}
