/** What every reader of the log asks of a fact's type stands in one table. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditActions } from '../../events/trait.ts';
import { type FactType, factTraits, traitsOf } from '../../events/traits.ts';

const types = Object.keys(factTraits) as FactType[];

describe('the traits of facts', () => {
  it('know every type that was ever recorded', () => {
    const recorded = readdirSync('test/histories')
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(`test/histories/${name}`, 'utf8').trim().split('\n'))
      .map((line) => (JSON.parse(line) as { type?: string }).type)
      .filter((type) => type !== undefined);
    expect([...new Set(recorded)].filter((type) => !Object.hasOwn(factTraits, type))).toEqual([]);
  });

  it('lead to every action of the audit; config.reset is a SettingChanged that takes a value away', () => {
    const led = new Set(types.map((type) => factTraits[type].audited));
    expect(auditActions.filter((action) => !led.has(action))).toEqual(['config.reset']);
  });

  it('are plain for a type of a newer version, and for what is a property of every object', () => {
    expect(traitsOf('InventedLater')).toEqual({ tone: 'plain' });
    expect(traitsOf('constructor')).toEqual({ tone: 'plain' });
  });

  it('call a decision what a machine decides of an endpoint', () => {
    expect(types.filter((type) => factTraits[type].decision).sort()).toEqual([
      'EndpointDegraded',
      'EndpointFailed',
      'EndpointPaused',
      'EndpointRecovered',
      'EndpointRecovering',
    ]);
  });
});
