/** The framing of an event stream, read piece by piece as the network brings it. */

export interface StreamEvent {
  readonly event: string;
  /** Its number, when it has one. */
  readonly id: number | null;
  readonly data: string;
}

/** Takes pieces of text, and gives what they complete. */
export class EventReader {
  #rest = '';

  take(piece: string): readonly StreamEvent[] {
    const blocks = (this.#rest + piece).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => eventOf(block) ?? []);
  }
}

/** Undefined for a comment, which only keeps the connection open. */
function eventOf(block: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ''));
  }
  const event = fields.get('event');
  const id = fields.get('id');
  if (event === undefined) return undefined;
  return { event, id: id === undefined ? null : Number(id), data: fields.get('data') ?? '' };
}
