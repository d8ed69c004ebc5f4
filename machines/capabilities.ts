/**
 * What an endpoint may lack of a request: values of `anthropic-beta` and fields of the body. A value and its fields go as a pair: half of
 * one is an error of its own. Data and pure functions; what a refusal names is found by `refused-names.ts`.
 */
import type { Millis } from '../events/fact.ts';
import type { Missing } from './routing-view.ts';

/** What stands in a request, for a refusal to name. */
export interface RequestNames {
  readonly betas: readonly string[];
  readonly maxTokens: number | null;
  /** Whether anything stands at a path: `output_config.effort`, `tools[].strict`, `cache_control.ttl`. */
  has(path: string): boolean;
}

/** Values of the header and paths of the body that go together. */
export interface Parts {
  readonly betas: readonly string[];
  readonly fields: readonly string[];
}

interface Pair {
  readonly name: string;
  /** Beginnings of the header's values: what follows is a date. */
  readonly betas: readonly string[];
  readonly fields: readonly string[];
  /** Claude Code repairs this by itself when it sees the refusal. */
  readonly isClients?: true;
}

const pairs: readonly Pair[] = [
  { name: 'context_management', betas: ['context-management-'], fields: ['context_management'] },
  { name: 'effort', betas: ['effort-'], fields: ['output_config.effort'] },
  { name: 'task_budget', betas: ['task-budgets-'], fields: ['output_config.task_budget'] },
  {
    name: 'structured_outputs',
    betas: ['structured-outputs-'],
    fields: ['output_config.format', 'output_format', 'tools[].strict'],
  },
  {
    name: 'advanced_tool_use',
    betas: ['advanced-tool-use-', 'tool-search-tool-', 'tool-examples-'],
    fields: ['tools[].defer_loading', 'tools[].allowed_callers', 'tools[].input_examples'],
  },
  {
    name: 'eager_input_streaming',
    betas: ['fine-grained-tool-streaming-'],
    fields: ['tools[].eager_input_streaming'],
  },
  { name: 'cache_scope', betas: ['prompt-caching-scope-'], fields: ['cache_control.scope'] },
  { name: 'cache_ttl', betas: ['extended-cache-ttl-'], fields: ['cache_control.ttl'] },
  { name: 'safeguards', betas: ['dangerous-tool-use-'], fields: ['safeguards'] },
  { name: 'speed', betas: ['fast-mode-'], fields: ['speed'] },
  { name: 'mcp_servers', betas: ['mcp-client-'], fields: ['mcp_servers'] },
  { name: 'container', betas: ['skills-'], fields: ['container'] },
  { name: 'thread', betas: ['message-threads-'], fields: ['thread'] },
  {
    name: 'thinking_display',
    betas: ['thinking-display-updates-'],
    fields: ['thinking.display'],
    isClients: true,
  },
];

/** What a request is without these is another request. Fields of tools and the look of thinking are less than that. */
const kept: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'tools',
  'max_tokens',
  'model',
  'stream',
  'thinking',
  'metadata',
]);
/** Without these a tool is none. */
const keptOfTools: ReadonlySet<string> = new Set(['name', 'type', 'description', 'input_schema', 'cache_control']);
const keptOfThinking: ReadonlySet<string> = new Set(['type', 'budget_tokens']);

/** The most that is remembered of one endpoint: more than any has lacked. */
export const missingMax = 64;
// A lower maximum is worth another fact when it is so much lower: eighty of them lead from any number down to one.
const lowerEnough = 7 / 8;

/** All of Anthropic's end with their day. Anything else in that header is not written down. */
const betaName = /^[a-z][a-z0-9.-]{1,63}-20\d\d-?\d\d-?\d\d$/;

/** What some of those take that refuse other values without a name for them. */
const widelyTaken: readonly string[] = ['interleaved-thinking-', 'context-1m-'];
/** With its token the client is known by. */
const neverStrange = 'oauth-';

/** Where a refusal does not say which value it means: those that few vendors know; where there are none, all of them. */
export function strangeBetas(betas: readonly string[]): readonly string[] {
  const mayGo = betas.filter((beta) => !beta.startsWith(neverStrange));
  const strange = mayGo.filter((beta) => !widelyTaken.some((start) => beta.startsWith(start)));
  return strange.length > 0 ? strange : mayGo;
}

/** The table's name for what a refusal has named, or what it has named; null: it is not in the request, or is never dropped. */
export function droppable(named: string, names: RequestNames): string | null {
  if (betaName.test(named) && names.betas.includes(named)) return pairOfBeta(named)?.name ?? named;
  const segments = segmentsOf(named);
  if (segments.length === 1) {
    const pair = pairNamed(segments[0] as string, names);
    if (pair) return pair.name;
  }
  for (const path of pathsOf(segments)) {
    const pair = pairs.find(({ fields }) => fields.some((field) => isUnder(path, field) && names.has(field)));
    if (pair) return pair.name;
    if (isDroppable(path) && names.has(path)) return path;
  }
  return null;
}

/** What goes when an endpoint lacks it. */
export function partsOf(what: string, betas: readonly string[]): Parts {
  const pair = pairs.find(({ name }) => name === what) ?? pairOfBeta(what);
  if (pair) return { betas: betas.filter((beta) => isOf(beta, pair)), fields: pair.fields };
  if (betas.includes(what)) return { betas: [what], fields: [] };
  // The whole of which some members have a value of the header: it has no use for that value any more.
  const inside = pairs.filter(({ fields }) => fields.some((field) => isUnder(field, what)));
  return { betas: betas.filter((beta) => inside.some((one) => isOf(beta, one))), fields: [what] };
}

/** Whether Claude Code does without it by itself once it has seen the refusal. */
export function isRepairedByClient(what: string): boolean {
  return pairs.some(({ name, isClients }) => name === what && isClients === true);
}

export const maxTokens = 'max_tokens';

/** Of what an endpoint is believed to lack: what holds for this model now. */
export function missingFor(missing: readonly Missing[], model: string | null, now: Millis): readonly Missing[] {
  return missing.length === 0 ? missing : missing.filter((one) => one.model === model && one.until > now);
}

/** The latest word on a thing takes the place of the one before. */
export function withMissing(missing: readonly Missing[], one: Missing): readonly Missing[] {
  const others = missing.filter(({ model, what }) => model !== one.model || what !== one.what);
  return [...others, one].slice(-missingMax);
}

/**
 * Whether it is worth a fact: it is not known, and there is room for it. What is beyond that costs its request one refusal more, each
 * time, and the log nothing.
 */
export function isNewMissing(missing: readonly Missing[], one: Omit<Missing, 'until'>, now: Millis): boolean {
  const known = missingFor(missing, one.model, now).find(({ what }) => what === one.what);
  if (known === undefined) return missing.filter(({ until }) => until > now).length < missingMax;
  if (known.limit === one.limit) return false;
  return known.limit === null || one.limit === null || one.limit <= known.limit * lowerEnough;
}

/** @param what null: all of it */
export function withoutMissing(missing: readonly Missing[], what: string | null): readonly Missing[] {
  return what === null ? [] : missing.filter((one) => one.what !== what);
}

function isOf(beta: string, { betas }: Pair): boolean {
  return betas.some((start) => beta.startsWith(start));
}

function pairOfBeta(beta: string): Pair | undefined {
  return pairs.find((pair) => isOf(beta, pair));
}

/** Some say only the last word of a path: "does not support the effort parameter". */
function pairNamed(word: string, names: RequestNames): Pair | undefined {
  if (kept.has(word)) return undefined;
  return pairs.find(
    ({ name, fields }) =>
      (name === word && fields.some((field) => names.has(field))) ||
      fields.some((field) => field !== word && lastOf(field) === word && names.has(field)),
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function isUnder(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`);
}

function isDroppable(path: string): boolean {
  const [first, second] = path.split('.') as [string, string?];
  if (first === 'tools[]') return second !== undefined && !keptOfTools.has(second);
  if (first === 'thinking') return second !== undefined && !keptOfThinking.has(second);
  return !kept.has(first);
}

const roots: ReadonlySet<string> = new Set(['$', 'body', 'request', 'payload', 'root']);

function segmentsOf(named: string): readonly string[] {
  const segments = named.split(/[.[\]/]+/).filter((one) => one !== '');
  return segments.length > 1 && roots.has(segments[0] as string) ? segments.slice(1) : segments;
}

/**
 * As this file writes paths. Places in lists say nothing, and a name in the middle may be that of a kind
 * (`tools.0.custom.eager_input_streaming`): both readings are tried. `cache_control` is looked for wherever it stands.
 */
function pathsOf(segments: readonly string[]): readonly string[] {
  const words = segments.filter((one) => !/^\d+$/.test(one));
  const cache = words.lastIndexOf('cache_control');
  if (cache >= 0) return cachePaths(words.slice(cache + 1));
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (first === 'tools') return withoutKind('tools[]', rest);
  return rest.length === 0 ? [first] : [...withoutKind(first, rest), ...(kept.has(first) ? [] : [first])];
}

function cachePaths(rest: readonly string[]): readonly string[] {
  return rest.length === 0 ? ['cache_control'] : withoutKind('cache_control', rest);
}

function withoutKind(first: string, rest: readonly string[]): readonly string[] {
  if (rest.length === 0) return [];
  const all = [`${first}.${rest.join('.')}`];
  if (rest.length > 1) all.push(`${first}.${rest.slice(1).join('.')}`, `${first}.${rest[0]}`);
  return all;
}
