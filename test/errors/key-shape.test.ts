import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikeKey, maskKey, withoutKeys } from '../../src/errors/key-shape.ts';
import { QccError } from '../../src/errors/qcc-error.ts';

const visible = fc.string({ unit: fc.constantFrom(...'abcXYZ0189-_.~+/='), maxLength: 200 });

describe('a masked key', () => {
  it('shows its beginning and its end', () => {
    expect(maskKey('sk-ant-api03-abcdefghijklmnop')).toBe('sk-ant…mnop');
  });

  it.each(['', 'k', 'k3y-of-15-chars'])('shows nothing of one as short as "%s"', (key) => {
    expect(maskKey(key)).toBe('…');
  });

  it('shows ten characters at most, and hides six at least', () => {
    fc.assert(
      fc.property(visible, (key) => {
        const masked = maskKey(key);
        const [head = '', tail = ''] = masked.split('…');
        expect(masked).toMatch(/^.{0,6}[^\w]+.{0,4}$/u);
        expect(key.startsWith(head) && key.endsWith(tail)).toBe(true);
        expect(head.length + tail.length).toBeLessThanOrEqual(Math.max(0, key.length - 6));
      }),
    );
  });
});

describe('the detection of keys', () => {
  const hex = '9f86d081884c7d659a2feaa0c55ad015';
  it.each([
    'sk-ant-api03-abcd',
    'sk-ant-REDACTED-0123456789',
    'sk-1234567890abcdef',
    'sk-abcdefghijklmnopqrstuvwxyz',
    `sk-${hex}`,
    `sk-or-v1-${hex}${hex}`,
    'sk-proj-aB3dE5fG7hJ9kL1m',
    'gsk_aB3dE5fG7hJ9kL1mN3pQ',
    'AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    `${hex}.aB3dE5fG7hJ9kL1m`,
    hex,
    'Zk3v9QxT7bLw2RnY8mHc5JdP',
    `the key is sk-${hex}, keep it`,
    `key=${hex}`,
    `"${hex}"`,
  ])('matches: %s', (text) => {
    expect(looksLikeKey(text)).toBe(true);
    expect(withoutKeys(text)).not.toContain(
      text
        .slice(0, 30)
        .replace(/^.*?(?=sk-|9f86)/, '')
        .slice(0, 14),
    );
  });

  it.each([
    'work',
    'sk-relay',
    'sk-relay-of-the-office',
    'api-gateway-of-the-office-2',
    'claude-sonnet-4-5-20250929',
    'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet',
    '01a20fdd-0e87-79ef-a970-ef0d0512ab34',
    'gateway.internal.example.com',
    'before the rollback to s120',
    '工作接口-1',
    'https://relay.example.com/anthropic',
    'antidisestablishmentarianism',
    'sk-ant…wxyz',
    '3fa2383e-d30af04c',
  ])('does not match: %s', (text) => {
    expect(looksLikeKey(text)).toBe(false);
    expect(withoutKeys(text)).toBe(text);
  });

  it('masks them in every error', () => {
    const key = 'sk-ant-api03-Zk3v9QxT7bLw2RnY8mHc5JdP0sFa6Ge1';
    const error = new QccError('QCC_USAGE_INVALID', { text: `there is no "${key}"`, hint: `qcc add ${key}` }, 1, [
      `x ${key}`,
    ]);
    expect([error.message, error.hint, error.params, error.below]).toEqual([
      'there is no "sk-ant…6Ge1"',
      'qcc add sk-ant…6Ge1',
      { text: 'there is no "sk-ant…6Ge1"', hint: 'qcc add sk-ant…6Ge1' },
      ['x sk-ant…6Ge1'],
    ]);
  });
});
