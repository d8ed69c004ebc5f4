import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import {
  type Configuration,
  type ConfiguredEndpoint,
  type ConfiguredProfile,
  differences,
  secretsOf,
  stepsTowards,
} from '../../src/projections/configuration.ts';
import { openCore } from '../support/world.ts';

const endpoint = (id: string, more: Partial<ConfiguredEndpoint> = {}): ConfiguredEndpoint => ({
  id: id as EndpointId,
  name: 'relay',
  baseUrl: 'https://relay.example.com',
  auth: 'bearer',
  secret: id,
  maskedKey: 'sk-ant…wxyz',
  weight: 100,
  priority: 1,
  timeoutMs: null,
  maxFailures: 3,
  maxConcurrent: 64,
  allowPlaintext: false,
  source: null,
  enabled: true,
  ...more,
});

const profile = (name: string, more: Partial<ConfiguredProfile> = {}): ConfiguredProfile => ({
  name: name as ProfileName,
  description: '',
  tier: null,
  position: null,
  endpoints: [],
  ...more,
});

const nothing: Configuration = { settings: {}, default: null, profiles: [] };
const withProfiles = (...profiles: readonly ConfiguredProfile[]): Configuration => ({
  settings: {},
  default: profiles[0]?.name ?? null,
  profiles,
});

describe('differences of configurations', () => {
  it('name a setting, a field, a tier, by its path', () => {
    const from = withProfiles(profile('work', { endpoints: [endpoint('11111111')] }));
    const to = {
      ...withProfiles(
        profile('work', { tier: 'primary', position: 0, endpoints: [endpoint('11111111', { weight: 5 })] }),
      ),
      settings: { 'queue.hold': 55 },
    };
    expect(differences(from, to)).toEqual([
      { path: 'settings/queue.hold', from: null, to: 55 },
      { path: 'profiles/work/position', from: null, to: 0 },
      { path: 'profiles/work/tier', from: null, to: 'primary' },
      { path: 'profiles/work/endpoints/11111111/weight', from: 100, to: 5 },
    ]);
  });

  it('count a new noun as one change, and show no name of a secret', () => {
    const to = withProfiles(profile('work', { endpoints: [endpoint('11111111', { secret: 'vault-name' })] }));
    const changes = differences(nothing, to);
    expect(changes.map(({ path }) => path)).toEqual(['default', 'profiles/work']);
    expect(JSON.stringify(changes)).toContain('relay.example.com');
    expect(JSON.stringify(changes)).not.toContain('vault-name');
  });

  it('include another key with the same mask', () => {
    const from = withProfiles(profile('work', { endpoints: [endpoint('11111111', { secret: 'a' })] }));
    const to = withProfiles(profile('work', { endpoints: [endpoint('11111111', { secret: 'b' })] }));
    expect(differences(from, to).map(({ path }) => path)).toEqual(['profiles/work/endpoints/11111111/key']);
  });
});

describe('the facts between two configurations', () => {
  it('move only the profiles of a tier whose order differs', () => {
    const tier = (names: readonly string[]) =>
      withProfiles(
        ...[...names].sort().map((name) => profile(name, { tier: 'primary', position: names.indexOf(name) })),
      );
    const moved = (from: readonly string[], to: readonly string[]) =>
      stepsTowards(tier(from), tier(to), () => 0)
        .filter(({ fact }) => fact.type === 'TierAssigned')
        .map(({ fact }) => (fact.data as { name: string }).name);
    expect(moved(['a', 'b', 'c'], ['a', 'b', 'c'])).toEqual([]);
    expect(moved(['a', 'b', 'c'], ['b', 'c', 'a'])).toEqual(['a']);
    expect(moved(['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual(['a', 'b']);
  });

  it('clear an endpoint’s failures when its key or address changes', () => {
    const from = withProfiles(profile('work', { endpoints: [endpoint('11111111')] }));
    const to = withProfiles(profile('work', { endpoints: [endpoint('11111111', { secret: 'new' })] }));
    expect(stepsTowards(from, to, () => 0).map(({ fact }) => fact.type)).toEqual(['EndpointChanged', 'KeyChanged']);
  });

  it('lead from any configuration to any other', async () => {
    await fc.assert(
      fc.asyncProperty(configurations, configurations, async (from, to) => {
        const { core } = await openCore();
        const go = async (wanted: Configuration) => {
          const steps = stepsTowards(core.state.configuration(), wanted, () => 0);
          await core.change(steps, { by: 'cli', sync: true }).done;
          // The order among endpoints of a profile is that of their adding.
          expect(differences(core.state.configuration(), wanted)).toEqual([]);
          expect(new Set(secretsOf(core.state.configuration()))).toEqual(new Set(secretsOf(wanted)));
        };
        await go(from);
        await go(to);
        await go(from);
      }),
      { numRuns: 60 },
    );
  });
});

const ids = ['11111111', '22222222', '33333333', 'aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
const names = ['a', 'b', 'main', '工作', 'constructor', '42'];

/** What is not said has its default. */
const adaptation = fc.record(
  {
    models: fc.constantFrom(
      [],
      [{ from: '*', to: 'x' }],
      [
        { from: 'opus', to: null },
        { from: '*', to: 'x' },
      ],
    ),
    adapt: fc.constantFrom('auto' as const, 'off' as const),
    thinking: fc.constantFrom('auto' as const, 'keep' as const, 'strip' as const),
  },
  { requiredKeys: [] },
);

/** Each endpoint stands in one profile; places in a tier have no gaps. */
const configurations: fc.Arbitrary<Configuration> = fc
  .record({
    settings: fc.dictionary(fc.constantFrom('queue.hold', 'queue.ttl'), fc.integer({ min: 1, max: 200 })),
    names: fc.shuffledSubarray(names),
    tiers: fc.array(fc.constantFrom('primary' as const, 'secondary' as const, 'fallback' as const, null), {
      minLength: names.length,
      maxLength: names.length,
    }),
    owners: fc.array(fc.nat(names.length), { minLength: ids.length, maxLength: ids.length }),
    weights: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: ids.length, maxLength: ids.length }),
    enabled: fc.array(fc.boolean(), { minLength: ids.length, maxLength: ids.length }),
    adaptations: fc.array(adaptation, { minLength: ids.length, maxLength: ids.length }),
    description: fc.string({ maxLength: 5 }),
    first: fc.nat(),
  })
  .map(({ names: chosen, tiers, owners, weights, enabled, adaptations, description, first, settings }) => {
    const counts: Record<string, number> = {};
    const profiles = chosen.map((name, i) => {
      const tier = tiers[i] ?? null;
      const position = tier === null ? null : (counts[tier] ?? 0);
      if (tier !== null) counts[tier] = (counts[tier] ?? 0) + 1;
      const endpoints = ids
        .map((id, n) => endpoint(`${id}`, { weight: weights[n] ?? 1, enabled: enabled[n] ?? true, ...adaptations[n] }))
        .filter((_, n) => owners[n] === i)
        .map((one) => ({ ...one, id: `${one.id.slice(0, 7)}${i}` as EndpointId }));
      return profile(name, { description, tier, position, endpoints });
    });
    return {
      settings,
      default: profiles[profiles.length === 0 ? 0 : first % profiles.length]?.name ?? null,
      profiles: profiles.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  });
