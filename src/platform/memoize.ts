/** Spellings of header names repeat all day: each is evaluated once. Bounded, because clients choose the names. */
const knownMax = 512;
const lengthMax = 64;

const slots = 512;
const interned: (string | undefined)[] = Array.from({ length: slots });

/**
 * The name that stands there, interned: the same string as the last time, without a slice of the text and without its hash, which makes
 * lookups cheap. It is a copy, because a slice of a head would keep all of the head alive, its credentials included.
 */
export function internIn(text: string, from: number, to: number): string {
  const length = to - from;
  if (length === 0 || length > lengthMax) return text.slice(from, to);
  const middle = text.charCodeAt(from + (length >> 1));
  const slot = (length * 31 + text.charCodeAt(from) * 7 + middle * 13 + text.charCodeAt(to - 1)) % slots;
  const known = interned[slot];
  if (known?.length === length && text.startsWith(known, from)) return known;
  const copy = Buffer.from(text.slice(from, to), 'latin1').toString('latin1');
  interned[slot] = copy;
  return copy;
}

/** @param judge is given the name in lower case */
export function memoize<Verdict>(judge: (name: string) => Verdict): (name: string) => Verdict {
  const known = new Map<string, Verdict>();
  return (name) => {
    let verdict = known.get(name);
    if (verdict === undefined) {
      verdict = judge(name.toLowerCase());
      if (known.size < knownMax && name.length <= lengthMax) known.set(name, verdict);
    }
    return verdict;
  };
}
