/** Places of a JSON text: what a scanner looks for, and what stands there. */

export type Kind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';

export interface Node {
  readonly slot: number;
  /** All slots from its own on that hang on it: a second member of the same name makes the first one void. */
  end: number;
  readonly children: Map<string, Node>;
}

/** The places that are looked for: members of objects, from the root. Made once for all scanners. */
export class Places {
  readonly root: Node = { slot: -1, end: 0, children: new Map() };
  readonly depth: number;
  readonly slots: ReadonlyMap<string, number>;

  /** @param paths as `usage.input_tokens` */
  constructor(...paths: readonly string[]) {
    const slots = new Map<string, number>();
    // Sorted, those that hang on one stand behind it.
    const all = new Set(paths.flatMap((path) => path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))));
    const sorted = [...all].map((path) => path.split('.')).sort((a, b) => (a.join('\0') < b.join('\0') ? -1 : 1));
    for (const parts of sorted) {
      const slot = slots.size;
      let at = this.root;
      for (const part of parts.slice(0, -1)) {
        at = at.children.get(part) as Node;
        at.end = slot + 1;
      }
      at.children.set(parts.at(-1) as string, { slot, end: slot + 1, children: new Map() });
      slots.set(parts.join('.'), slot);
    }
    this.slots = slots;
    this.depth = Math.max(0, ...sorted.map((parts) => parts.length));
  }
}
