/** How much of a key may be seen. */

// A shorter key would give away too much of itself.
const shownFrom = 16;
const headLength = 6;
const tailLength = 4;

export function maskKey(key: string): string {
  return key.length < shownFrom ? '…' : `${key.slice(0, headLength)}…${key.slice(-tailLength)}`;
}
