/** `qcc endpoint update, list, remove, enable, disable`. */

import { rulesText } from '../../../machines/model-map.ts';
import type { EndpointRow } from '../../contract/endpoint.ts';
import type { Connection } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { codeText } from '../../messages/codes.ts';
import type { ChangeWords } from '../../messages/en/changes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { timeText } from '../../platform/time.ts';
import { tellChange, typedName } from '../changed.ts';
import { type Context, confirmed, isOn, withInstallation } from '../context.ts';
import { shownState } from '../machine-lines.ts';
import { endpointOptions } from '../options.ts';
import { tellHiddenRules } from './rules-told.ts';

export async function update(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  const options = await endpointOptions(context);
  if (Object.keys(options).length === 0) throw usage(context.words.nothingToChange, 'qcc endpoint update --help');
  return changed(
    context,
    ({ call }) => call('endpoint.update', { profile, id, ...options }),
    (said, row) => said.endpointChanged(row.name, row.profile, row.weight, row.priority),
  );
}

export async function list(context: Context): Promise<undefined> {
  const [profile = ''] = context.positionals;
  const answer = await withInstallation(context, ({ call }) => call('endpoint.list', { profile }));
  if (context.json) return void context.out.json(answer);
  if (answer.endpoints.length === 0)
    return void context.out.note(context.words.noEndpoints, `  qcc endpoint add ${profile}`);
  endpointTable(context, answer.endpoints, isOn(context, 'verbose'));
  return undefined;
}

export async function remove(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  await confirmed(context, async () => {
    const row = await withInstallation(context, ({ call }) => call('endpoint.show', { profile, id }));
    return changeWordsOf(context.language).askRemoveEndpoint(row.name, row.profile, row.baseUrl, row.key);
  });
  const row = await withInstallation(context, ({ call }) => call('endpoint.remove', { profile, id }));
  return tellChange(context, {
    json: row,
    data: () => endpointTable(context, [row], false),
    now: (said) => said.endpointRemoved(row.name, row.profile),
    next: (said) => [said.see, `qcc endpoint list ${row.profile}`],
  });
}

export async function enable(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  return changed(
    context,
    ({ call }) => call('endpoint.enable', { profile, id }),
    (said, row) => said.endpointEnabled(row.name, row.profile),
  );
}

export async function disable(context: Context): Promise<undefined> {
  const [profile = '', id = ''] = context.positionals;
  return changed(
    context,
    ({ call }) => call('endpoint.disable', { profile, id }),
    (said, row) => said.endpointDisabled(row.name, row.profile),
    (said, name, row) => [said.back, `qcc endpoint enable ${row.profile} ${name}`],
  );
}

/** Makes one change to one endpoint and confirms it; the next command is a test, unless another one is more useful. */
async function changed(
  context: Context,
  change: (connection: Connection) => Promise<EndpointRow>,
  now: (said: ChangeWords, row: EndpointRow) => string,
  next = (said: ChangeWords, name: string, { profile }: EndpointRow): readonly [string, string] => [
    said.test,
    `qcc endpoint test ${profile} ${name}`,
  ],
): Promise<undefined> {
  const { row, name } = await withInstallation(context, async (connection) => {
    const made = await change(connection);
    const { endpoints } = await connection.call('endpoint.list', { profile: made.profile });
    return { row: made, name: typedName(made, endpoints) };
  });
  tellChange(context, {
    json: row,
    data: () => endpointTable(context, [row], false),
    now: (said) => now(said, row),
    next: (said) => next(said, name, row),
  });
  tellHiddenRules(context, row, name);
  return undefined;
}

export function endpointTable(context: Context, rows: readonly EndpointRow[], verbose: boolean): void {
  const { out, words, language } = context;
  const heads = [words.id, words.name, words.state, words.priority, words.weight, words.address, words.key];
  const more = verbose
    ? ['auth', 'timeout', 'max-failures', 'max-concurrent', words.models, words.since, words.why]
    : [];
  const lines = rows.map((row) => [
    row.id,
    row.name,
    coloured(context, shownState(row.state, row.seen)),
    String(row.priority),
    weightOf(row),
    row.baseUrl,
    row.key,
    ...(verbose
      ? [
          row.auth,
          row.timeoutMs === null ? '-' : `${row.timeoutMs} ms`,
          String(row.maxFailures),
          String(row.maxConcurrent),
          rulesText(row.models) || '-',
          timeText(row.since),
          reasonText(row.because ?? '-', language),
        ]
      : []),
  ]);
  out.table([...heads, ...more], lines);
}

function weightOf({ weight, effectiveWeight }: EndpointRow): string {
  return weight === effectiveWeight ? String(weight) : `${weight} → ${effectiveWeight}`;
}

const colours = {
  healthy: 'green',
  untried: 'dim',
  resting: 'yellow',
  degraded: 'yellow',
  failed: 'red',
  recovering: 'cyan',
  disabled: 'dim',
} as const;

export function coloured({ out, language }: Context, state: keyof typeof colours): string {
  return out.paint(colours[state], codeText('states', state, language));
}
