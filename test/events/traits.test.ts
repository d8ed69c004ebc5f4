/** One table answers every reader's question about a fact's type. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditActions } from '../../events/trait.ts';
import { type FactType, factTraits, traitsOf } from '../../events/traits.ts';

const types = Object.keys(factTraits) as FactType[];

describe('the traits of facts', () => {
  it('exist for every type that was ever recorded', () => {
    const recorded = readdirSync('test/histories')
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(`test/histories/${name}`, 'utf8').trim().split('\n'))
      .map((line) => (JSON.parse(line) as { type?: string }).type)
      .filter((type) => type !== undefined);
    expect([...new Set(recorded)].filter((type) => !Object.hasOwn(factTraits, type))).toEqual([]);
  });

  it('yield every action of the audit; config.reset is a SettingChanged that removes a value', () => {
    const led = new Set(types.map((type) => factTraits[type].audited));
    expect(auditActions.filter((action) => !led.has(action))).toEqual(['config.reset']);
  });

  it('have defaults for a type of a newer version, and for names of the object’s prototype', () => {
    expect(traitsOf('InventedLater')).toEqual({ tone: 'plain' });
    expect(traitsOf('constructor')).toEqual({ tone: 'plain' });
  });

  it('mark a machine’s decisions about an endpoint as decisions', () => {
    expect(types.filter((type) => factTraits[type].decision).sort()).toEqual([
      'EndpointDegraded',
      'EndpointFailed',
      'EndpointPaused',
      'EndpointRecovered',
      'EndpointRecovering',
    ]);
  });
});
