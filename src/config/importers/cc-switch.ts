/** cc-switch's entries for Claude Code: a list of providers, in `config.json` or, since its version 3.8, in a database. */

import { createRequire } from 'node:module';
import * as v from 'valibot';
import type { ModelRule } from '../../../events/profile.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { jsonIn } from '../../platform/json.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { isModelRule } from '../network/model-rules.ts';
import {
  type Incoming,
  type IncomingProfile,
  type LeftOut,
  profileNameFrom,
  refuseTooMany,
  unreadableImport,
} from './incoming.ts';

const env = v.nullish(v.record(v.string(), v.unknown()));
const providerForm = v.looseObject({
  id: v.nullish(v.string()),
  name: v.nullish(v.string()),
  settingsConfig: v.nullish(v.looseObject({ env })),
});
const form = v.looseObject({
  claude: v.looseObject({
    providers: v.record(v.string(), providerForm),
    current: v.nullish(v.string()),
  }),
});

type Provider = v.InferOutput<typeof providerForm>;

const anthropic = 'https://api.anthropic.com';
const address = 'ANTHROPIC_BASE_URL';
const token = 'ANTHROPIC_AUTH_TOKEN';
const apiKey = 'ANTHROPIC_API_KEY';

export function isCcSwitch(json: unknown): boolean {
  return v.is(form, json);
}

export function readCcSwitch(json: unknown): Incoming {
  const parsed = v.safeParse(form, json);
  if (!parsed.success) throw unreadableImport({ fault: 'notCcSwitch' });
  const { providers, current } = parsed.output.claude;
  refuseTooMany('profiles', Object.keys(providers).length);
  const leftOut: LeftOut[] = [];
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const profiles = Object.entries(providers).flatMap(([id, provider]) => {
    const called = provider.name || id;
    const made = profileFrom(called, provider, leftOut, taken);
    if (made) {
      names.set(id, made.name);
      taken.add(made.name);
    }
    return made ? [made] : [];
  });
  const first = current ? names.get(current) : undefined;
  return { source: 'cc-switch', settings: {}, isWhole: false, default: first ?? null, profiles, leftOut };
}

function profileFrom(
  called: string,
  provider: Provider,
  leftOut: LeftOut[],
  taken: ReadonlySet<string>,
): IncomingProfile | undefined {
  const variables = provider.settingsConfig?.env ?? {};
  const read = (name: string) => (typeof variables[name] === 'string' ? variables[name].trim() : '');
  const key = read(token) || read(apiKey);
  // "Official" has neither: Claude Code's own login.
  const baseUrl = read(address) || (key === '' ? '' : anthropic);
  if (baseUrl === '') {
    leftOut.push({ path: `providers/${called}`, because: 'noAddress' });
    return undefined;
  }
  if (key === '') {
    const command = `qcc add ${profileNameFrom(called, taken)} --base-url ${shellWord(baseUrl)} --api-key-stdin`;
    leftOut.push({ path: `providers/${called}`, because: 'noKey', command });
    return undefined;
  }
  const name = profileNameFrom(called, taken);
  if (name !== called) leftOut.push({ path: `providers/${called} → ${name}`, because: 'renamed' });
  const { models, taken: slots } = modelsFrom(read);
  for (const other of Object.keys(variables)) {
    if (![address, token, apiKey].includes(other) && !slots.has(other))
      leftOut.push({ path: `providers/${called}/${other}`, because: 'noCounterpart' });
  }
  const auth = read(token) === '' ? 'x-api-key' : 'bearer';
  const endpoint = { name: called, baseUrl, auth, key, ...(models.length === 0 ? {} : { models }) } as const;
  return { name, ...(name === called ? {} : { description: called }), endpoints: [endpoint] };
}

/** The variables that name a provider's models, in the order of the rules that they become; the first of a slot counts. */
const slots = [
  ['ANTHROPIC_DEFAULT_HAIKU_MODEL', 'haiku'],
  ['ANTHROPIC_SMALL_FAST_MODEL', 'haiku'],
  ['ANTHROPIC_DEFAULT_SONNET_MODEL', 'sonnet'],
  ['ANTHROPIC_DEFAULT_OPUS_MODEL', 'opus'],
  ['ANTHROPIC_DEFAULT_FABLE_MODEL', 'claude-*fable*'],
  // What the client asks for unless it is told otherwise: behind the gateway it asks for a model of Claude.
  ['ANTHROPIC_MODEL', 'claude-*'],
] as const;
/** A name or an alias of the client's own is its user's choice, and says nothing of the provider. */
const own = /^(claude-|(haiku|sonnet|opus|opusplan|default)(\[1m\])?$)/;

function modelsFrom(read: (name: string) => string) {
  const rules = new Map<string, ModelRule>();
  const taken = new Set<string>();
  for (const [variable, from] of slots) {
    const to = read(variable);
    if (to === '' || own.test(to)) continue;
    const rule = { from, to };
    if (!isModelRule(rule)) continue;
    taken.add(variable);
    if (!rules.has(from)) rules.set(from, rule);
  }
  return { models: [...rules.values()], taken };
}

/**
 * The same list, out of the database. A view may compute rows without an end: only a process that can be ended queries it (`apart.ts`).
 * @throws {QccError} `QCC_IMPORT_DATABASE` if this Node cannot read one
 */
export function ccSwitchDatabase(path: string): unknown {
  const rows = rowsOf(path);
  const providers = rows.map(({ id, name, settings_config: settings }) => [
    id,
    { id, name, settingsConfig: jsonIn(settings) ?? null },
  ]);
  const current = rows.find((row) => Boolean(row.is_current))?.id ?? null;
  return { version: 2, claude: { current, providers: Object.fromEntries(providers) } };
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly settings_config: string;
  readonly is_current: unknown;
}

// Several times the size of what a thousand providers need.
const databaseMemoryBytes = 64 * 1_048_576;
const charactersMax = 65_536;
/** The columns of a row as they were stored: neither hidden nor computed on read. */
const plainColumn = 0;

const guards = [
  `PRAGMA hard_heap_limit = ${databaseMemoryBytes}`,
  'PRAGMA trusted_schema = OFF',
  'PRAGMA cell_size_check = ON',
  'PRAGMA query_only = ON',
];
const ofClaude = "FROM providers WHERE app_type = 'claude'";

function rowsOf(path: string): readonly Row[] {
  const sqlite = sqliteOf();
  let database: InstanceType<Sqlite['DatabaseSync']> | undefined;
  try {
    database = new sqlite.DatabaseSync(path, { readOnly: true });
    for (const guard of guards) database.prepare(guard).all();
    refuseComputed(database);
    refuseLarge(database);
    const wanted = `SELECT id, name, settings_config, is_current ${ofClaude} ORDER BY id`;
    return database.prepare(wanted).all() as unknown as readonly Row[];
  } catch (error) {
    if (error instanceof QccError) throw error;
    throw unreadableImport({ fault: 'badDatabase', said: (error as Error).message });
  } finally {
    database?.close();
  }
}

/** A view, a virtual table or a computed column is a program: it may run for ever, or make gigabytes out of nothing. */
function refuseComputed(database: InstanceType<Sqlite['DatabaseSync']>): void {
  const named = database.prepare("SELECT type, sql FROM sqlite_master WHERE name = 'providers' COLLATE NOCASE").all();
  const [table] = named as readonly { readonly type: string; readonly sql: string | null }[];
  if (!table) throw unreadableImport({ fault: 'noProviders' });
  if (named.length > 1 || table.type !== 'table' || !/^\s*CREATE\s+TABLE\b/i.test(table.sql ?? ''))
    throw unreadableImport({ fault: 'notPlainTable' });
  const columns = database.prepare("SELECT name, hidden FROM pragma_table_xinfo('providers')").all();
  const computed = (columns as readonly { name: string; hidden: number }[]).find(
    ({ hidden }) => hidden !== plainColumn,
  );
  if (computed) throw unreadableImport({ fault: 'computedColumn', name: computed.name });
}

function refuseLarge(database: InstanceType<Sqlite['DatabaseSync']>): void {
  const longest = "max(length(id), length(coalesce(name, '')), length(coalesce(settings_config, '')))";
  const [row] = database.prepare(`SELECT count(*) AS count, max(${longest}) AS longest ${ofClaude}`).all();
  const { count, longest: most } = row as { readonly count: number; readonly longest: number | null };
  refuseTooMany('profiles', count);
  const characters = most ?? 0;
  if (characters > charactersMax) throw unreadableImport({ fault: 'longProvider', characters, most: charactersMax });
}

interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean },
  ) => {
    prepare(sql: string): { all(): readonly unknown[] };
    close(): void;
  };
}

/** Part of Node since 22.5, and behind a flag until 22.13. */
function sqliteOf(): Sqlite {
  try {
    return createRequire(import.meta.url)('node:sqlite') as Sqlite;
  } catch {
    throw new QccError('QCC_IMPORT_DATABASE', { node: process.versions.node });
  }
}
