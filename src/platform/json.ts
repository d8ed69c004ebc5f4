/** Untrusted JSON, where invalid text is ignored. `bounded.ts` reads JSON that may be too deep or too large. */

/** Undefined for invalid JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
