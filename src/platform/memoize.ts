/** Spellings of header names repeat all day: each is evaluated once. Bounded, because clients choose the names. */
const knownMax = 512;
const lengthMax = 64;

const interned = new Map<string, string>();

/**
 * Interns a name: equal names become the same string, which makes lookups cheap. It is a copy, because a slice of a head would keep all of
 * the head alive, its credentials included.
 */
export function intern(name: string): string {
  const known = interned.get(name);
  if (known !== undefined || interned.size >= knownMax || name.length > lengthMax) return known ?? name;
  const copy = Buffer.from(name, 'latin1').toString('latin1');
  interned.set(copy, copy);
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
