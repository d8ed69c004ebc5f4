import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskKey } from '../../src/config/mask.ts';

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
