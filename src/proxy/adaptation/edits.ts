/** Changes of a body by places of its bytes: what is not in them stays, to the byte. */

export interface Edit {
  readonly from: number;
  /** Without it. */
  readonly to: number;
  /** In its place. */
  readonly bytes: Buffer;
}

/**
 * A new buffer, and the very same one where there is nothing to change.
 * @param edits in any order; they do not overlap
 */
export function spliced(body: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return body;
  const ordered = edits.length === 1 ? edits : [...edits].sort((a, b) => a.from - b.from);
  const length = ordered.reduce((sum, { from, to, bytes }) => sum + bytes.length - (to - from), body.length);
  const made = Buffer.allocUnsafe(length);
  let read = 0;
  let written = 0;
  for (const { from, to, bytes } of ordered) {
    written += body.copy(made, written, read, from);
    written += bytes.copy(made, written);
    read = to;
  }
  body.copy(made, written, read);
  return made;
}
