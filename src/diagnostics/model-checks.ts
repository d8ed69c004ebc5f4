/** Tables of models: endpoints of vendors that have none, and rules that no name gets as far as. */
import { adaptationOf } from '../../events/profile.ts';
import { hiddenRules, reachFlags, ruleText } from '../../machines/model-map.ts';
import { presetAt } from '../config/network/presets.ts';
import { type Check, orPassed, warning } from '../contract/checks.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';

/** Rules that are never reached. */
export function ruleChecks(endpoints: readonly KnownEndpoint[]): readonly Check[] {
  const found = endpoints.flatMap((endpoint) =>
    hiddenRules(adaptationOf(endpoint).models).map((rule) => {
      const { profile, id } = endpoint;
      const about = { profile, endpoint: id, rule: ruleText(rule) };
      return warning('endpoint.rules', about, `qcc endpoint update ${profile} ${id} ${reachFlags(rule)}`);
    }),
  );
  return orPassed('endpoint.rules', found);
}

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
