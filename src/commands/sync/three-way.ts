/**
 * Merges two descendants of one configuration: what only one of them has changed is taken, noun by noun and field by field; where both
 * have changed the same, that is a conflict. Pure.
 */
import { isDeepStrictEqual } from 'node:util';

/** Nouns are maps, down to the fields of an endpoint. A field's value is JSON, and is changed as a whole. */
export type Tree = ReadonlyMap<string, Node>;
type Node = Tree | Value;
type Value = string | number | boolean | null | readonly unknown[];

export type Side = 'ours' | 'theirs';

/** One thing that both have changed, in different ways. Undefined: it is not there. */
export interface Conflict {
  readonly path: string;
  readonly ours: Node | undefined;
  readonly theirs: Node | undefined;
}

export interface Merged {
  readonly tree: Tree;
  readonly conflicts: readonly Conflict[];
}

/** A place in a tier moves whenever a profile beside it comes or goes: theirs is as good as ours. */
const soft: ReadonlySet<string> = new Set(['position']);

/** @param side whose word counts where both have changed the same */
export function mergeTrees(base: Tree, ours: Tree, theirs: Tree, side: Side = 'ours'): Merged {
  const conflicts: Conflict[] = [];
  const tree = merged([], { base, ours, theirs });
  return { tree: isTree(tree) ? tree : new Map(), conflicts };

  function merged(path: readonly string[], three: Three): Node | undefined {
    const { base: was, ours: here, theirs: there } = three;
    if (alike(here, there) || alike(was, there)) return here;
    if (alike(was, here)) return there;
    if (!(isTree(here) && isTree(there))) return contested(path, here, there);
    return mergedNouns(path, isTree(was) ? was : new Map(), here, there);
  }

  function contested(path: readonly string[], here: Node | undefined, there: Node | undefined): Node | undefined {
    if (soft.has(path.at(-1) ?? '')) return there;
    conflicts.push({ path: path.join('/'), ours: here, theirs: there });
    return side === 'ours' ? here : there;
  }

  function mergedNouns(path: readonly string[], was: Tree, here: Tree, there: Tree): Tree {
    const all = new Map<string, Node>();
    for (const name of new Set([...here.keys(), ...there.keys()])) {
      const one = merged([...path, name], { base: was.get(name), ours: here.get(name), theirs: there.get(name) });
      if (one !== undefined) all.set(name, one);
    }
    return all;
  }
}

interface Three {
  readonly base: Node | undefined;
  readonly ours: Node | undefined;
  readonly theirs: Node | undefined;
}

export interface TreeChange {
  readonly path: readonly string[];
  readonly from: Node | undefined;
  readonly to: Node | undefined;
}

/** A noun that is there in one of them alone is one change. */
export function changesBetween(from: Tree, to: Tree): readonly TreeChange[] {
  return changesAt([], from, to);
}

function changesAt(path: readonly string[], from: Node | undefined, to: Node | undefined): readonly TreeChange[] {
  if (alike(from, to)) return [];
  if (!isTree(from) || !isTree(to)) return [{ path, from, to }];
  const names = [...new Set([...from.keys(), ...to.keys()])].sort();
  return names.flatMap((name) => changesAt([...path, name], from.get(name), to.get(name)));
}

export function isTree(node: Node | undefined): node is Tree {
  return node instanceof Map;
}

/** The order of nouns says nothing. */
function alike(one: Node | undefined, other: Node | undefined): boolean {
  return isDeepStrictEqual(one, other);
}
