/** JSON of strangers, where what is none is nothing. What may be too deep or too full is read by `bounded.ts`. */

/** Undefined for what is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
