/** What is said of the tables of models that a change has left: what a preset has brought, and rules that are never reached. */
import { hiddenRules, reachFlags, rulesText, ruleText } from '../../../machines/model-map.ts';
import { presets } from '../../config/network/presets.ts';
import type { EndpointRow } from '../../contract/endpoint.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { typedName } from '../changed.ts';
import { type Context, withInstallation } from '../context.ts';

/** It changes what is asked for. */
export function tellPresetTable(context: Context, { source, models, profile }: EndpointRow, typed: string): void {
  const table = presets.find(({ id }) => id === source)?.table;
  if (!table || models.length === 0 || context.json) return;
  context.out.note(
    changeWordsOf(context.language).presetTable(rulesText(models), table.checkedAt),
    `  qcc endpoint models ${profile} ${typed}`,
  );
}

export function tellHiddenRules({ out, json, language }: Context, row: EndpointRow, typed: string): void {
  if (json) return;
  for (const rule of hiddenRules(row.models))
    out.warn(
      changeWordsOf(language).ruleNotReached(ruleText(rule)),
      `    qcc endpoint update ${row.profile} ${typed} ${reachFlags(rule)}`,
    );
}

/** Of all endpoints of these profiles. */
export async function tellHiddenRulesIn(context: Context, profiles: readonly string[]): Promise<void> {
  if (context.json || profiles.length === 0) return;
  const rows = await withInstallation(context, ({ call }) =>
    Promise.all(profiles.map((profile) => call('endpoint.list', { profile }))),
  );
  for (const { endpoints } of rows)
    for (const row of endpoints) tellHiddenRules(context, row, typedName(row, endpoints));
}
