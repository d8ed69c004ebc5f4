/** Spellings of header names repeat all day: each is judged once. Bounded, because strangers choose the names. */
const knownMax = 512;

/** @param judge is given the name in lower case */
export function remembering<Verdict>(judge: (name: string) => Verdict): (name: string) => Verdict {
  const known = new Map<string, Verdict>();
  return (name) => {
    let verdict = known.get(name);
    if (verdict === undefined) {
      verdict = judge(name.toLowerCase());
      if (known.size < knownMax) known.set(name, verdict);
    }
    return verdict;
  };
}
