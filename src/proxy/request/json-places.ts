/** Places of a JSON text: what a scanner looks for, and what stands there. */

export type Kind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';

export interface Node {
  readonly slot: number;
  /** All slots from its own on that hang on it: a second member of the same name makes the first one void. */
  end: number;
  readonly children: Map<string, Node>;
  /** The same by the bytes of their names. */
  readonly spelled: { readonly name: Buffer; readonly node: Node }[];
}

/** The places that are looked for: members of objects, from the root. Made once for all scanners. */
export class Places {
  readonly root: Node = { slot: -1, end: 0, children: new Map(), spelled: [] };
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
      const name = parts.at(-1) as string;
      const node: Node = { slot, end: slot + 1, children: new Map(), spelled: [] };
      at.children.set(name, node);
      at.spelled.push({ name: Buffer.from(name), node });
      slots.set(parts.join('.'), slot);
    }
    this.slots = slots;
    this.depth = Math.max(0, ...sorted.map((parts) => parts.length));
  }
}

/** The member whose name these bytes are, as it is written without an escape. */
export function memberAt({ spelled }: Node, bytes: Buffer, from: number, to: number): Node | undefined {
  for (const { name, node } of spelled) if (name.length === to - from && isAt(name, bytes, from)) return node;
  return undefined;
}

/** Shorter than what a call of `compare` costs. */
function isAt(name: Buffer, bytes: Buffer, from: number): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false;
  return true;
}
