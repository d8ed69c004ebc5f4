/** Any code point but half a pair, as text: the unit of random text. fast-check's own `binary` makes a table of all of them first, for a second. */
import fc from 'fast-check';

const [surrogates, surrogatesEnd, last] = [0xd800, 0xe000, 0x10ffff];

export const point = fc
  .oneof(fc.integer({ min: 0, max: surrogates - 1 }), fc.integer({ min: surrogatesEnd, max: last }))
  .map((code) => String.fromCodePoint(code));
