/** Endpoints of vendors that call the models by other names, and have no table of them. */
import { adaptationOf } from '../../events/profile.ts';
import { ruleText } from '../../machines/model-map.ts';
import { presetAt } from '../config/network/presets.ts';
import { type Check, orPassed, warning } from '../contract/checks.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';

/** An endpoint may get on without one: some vendors take the names of Claude Code as well. */
export function modelChecks(endpoints: readonly KnownEndpoint[]): readonly Check[] {
  const without = endpoints.filter((endpoint) => adaptationOf(endpoint).models.length === 0);
  const found = without.flatMap(({ profile, id, baseUrl }) => {
    const preset = presetAt(baseUrl);
    if (!preset?.table) return [];
    const rules = preset.table.models.map((rule) => `--model '${ruleText(rule)}'`).join(' ');
    const about = { profile, endpoint: id, vendor: preset.name };
    return [warning('endpoint.models', about, `qcc endpoint update ${profile} ${id} ${rules}`)];
  });
  return orPassed('endpoint.models', found);
}
