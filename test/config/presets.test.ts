import { describe, expect, it } from 'vitest';
import { parseBaseUrl } from '../../src/config/network/base-url.ts';
import { presetOf, presets } from '../../src/config/network/presets.ts';
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

describe('the presets', () => {
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
