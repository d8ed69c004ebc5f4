import { describe, expect, it } from 'vitest';
import { covers, mapped } from '../../machines/model-map.ts';
import { parseBaseUrl } from '../../src/config/network/base-url.ts';
import { checkModelRules } from '../../src/config/network/model-rules.ts';
import { presetAt, presetOf, presets } from '../../src/config/network/presets.ts';
import { exitCodes } from '../../src/errors/qcc-error.ts';

describe.each(presets)('the preset $id', ({ id, name, baseUrl, auth, docs, verifiedAt }) => {
  it('has a valid id and a readable name', () => {
    expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(name).not.toBe('');
  });

  it('has a base URL in the form that an endpoint stores', () => {
    expect(parseBaseUrl(baseUrl, { allowPlaintext: false })).toBe(baseUrl);
    expect(baseUrl).not.toMatch(/[{}$]/);
  });

  it('says how to sign in, with the source and the date', () => {
    expect(['x-api-key', 'bearer']).toContain(auth);
    expect(new URL(docs).protocol).toBe('https:');
    expect(new Date(`${verifiedAt}T00:00:00Z`).toISOString().slice(0, 10)).toBe(verifiedAt);
  });
});

describe.each(presets.filter(({ table }) => table !== undefined))('the table of models of the preset $id', (preset) => {
  const { models, source, checkedAt } = preset.table ?? { models: [], source: '', checkedAt: '' };

  it('has rules that an endpoint takes, with the source and the date', () => {
    expect(models.length).toBeGreaterThan(0);
    expect(() => checkModelRules(models)).not.toThrow();
    expect(new URL(source).protocol).toBe('https:');
    expect(new Date(`${checkedAt}T00:00:00Z`).toISOString().slice(0, 10)).toBe(checkedAt);
  });

  it('has a name for each model of Claude Code, and no rule that is never reached', () => {
    for (const model of ['claude-haiku-4-5', 'claude-sonnet-4-5-20250929', 'claude-opus-4-6', 'claude-fable-5'])
      expect(mapped(models, model).kind).toBe('sent');
    const isHidden = (i: number) => models.slice(0, i).some(({ from }) => covers(from, models[i]?.from ?? ''));
    expect(models.filter((_, i) => isHidden(i))).toEqual([]);
  });
});

describe('the presets', () => {
  it('are known by an address, whichever of its paths is used', () => {
    expect(presetAt('https://api.z.ai/api/anthropic')?.id).toBe('zai');
    expect(presetAt('https://api.z.ai/other')?.id).toBe('zai');
    expect(presetAt('https://relay.example.com')).toBeUndefined();
    expect(presetAt('nothing')).toBeUndefined();
  });

  it('have unique ids', () => {
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
  });

  it('are found by id', () => {
    expect(presetOf('deepseek')).toMatchObject({
      baseUrl: 'https://api.deepseek.com/anthropic',
      auth: 'x-api-key',
    });
  });

  it('suggest the nearest name for an unknown one', () => {
    expect(() => presetOf('deepsek')).toThrow(
      expect.objectContaining({
        code: 'QCC_PRESET_UNKNOWN',
        exit: exitCodes.usage,
        hint: expect.stringContaining('deepseek'),
      }),
    );
  });

  it.each(['toString', '__proto__', ''])('do not include "%s"', (id) => {
    expect(() => presetOf(id)).toThrow(expect.objectContaining({ code: 'QCC_PRESET_UNKNOWN' }));
  });
});
