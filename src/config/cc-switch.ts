/** What cc-switch keeps for Claude Code: a list of providers, in `config.json` or, since its version 3.8, in a database. */
import { createRequire } from 'node:module';
import * as v from 'valibot';
import { exitCodes, QccError } from '../errors.ts';
import { type Incoming, type IncomingProfile, type LeftOut, profileNameFrom, unreadableImport } from './incoming.ts';

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
  if (!parsed.success) throw unreadableImport('it is no provider list of cc-switch');
  const { providers, current } = parsed.output.claude;
  const leftOut: LeftOut[] = [];
  const names = new Map<string, string>();
  const profiles = Object.entries(providers).flatMap(([id, provider]) => {
    const called = provider.name || id;
    const made = profileFrom(called, provider, leftOut, new Set(names.values()));
    if (made) names.set(id, made.name);
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
    leftOut.push({ path: `providers/${called}`, because: 'noKey' });
    return undefined;
  }
  const name = profileNameFrom(called, taken);
  if (name !== called) leftOut.push({ path: `providers/${called} → ${name}`, because: 'renamed' });
  for (const other of Object.keys(variables)) {
    if (![address, token, apiKey].includes(other))
      leftOut.push({ path: `providers/${called}/${other}`, because: 'noCounterpart' });
  }
  const auth = read(token) === '' ? 'x-api-key' : 'bearer';
  const endpoint = { name: called, baseUrl, auth, key } as const;
  return { name, ...(name === called ? {} : { description: called }), endpoints: [endpoint] };
}

/** The same list, out of the database. @throws {QccError} `QCC_IMPORT_DATABASE` where this Node cannot read one */
export function ccSwitchDatabase(path: string): unknown {
  const rows = rowsOf(path);
  const providers = rows.map(({ id, name, settings_config: settings }) => [
    id,
    { id, name, settingsConfig: parsedSettings(settings) },
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

function rowsOf(path: string): readonly Row[] {
  const sqlite = sqliteOf();
  try {
    const database = new sqlite.DatabaseSync(path, { readOnly: true });
    const wanted = "SELECT id, name, settings_config, is_current FROM providers WHERE app_type = 'claude' ORDER BY id";
    const rows = database.prepare(wanted).all() as unknown as readonly Row[];
    database.close();
    return rows;
  } catch (error) {
    throw unreadableImport(`its database cannot be read (${(error as Error).message})`);
  }
}

function parsedSettings(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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
    throw new QccError(
      'QCC_IMPORT_DATABASE',
      `Node ${process.versions.node} cannot read the database of cc-switch`,
      'run it with Node 22.13 or newer, or export from cc-switch: qcc config import --from cc-switch FILE',
      exitCodes.failed,
      { node: process.versions.node },
    );
  }
}
