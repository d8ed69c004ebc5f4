/** Whether two routing views are one to the rules: then what chance decided in one holds in the other. */
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { areModelsAlike } from './tried-models.ts';

/** What a plan reads. */
export function isSameView(one: RoutingView, other: RoutingView): boolean {
  const names = (view: RoutingView) => view.ladder.map(({ name }) => name).join('\n');
  const isSameLadder = one.active === other.active && one.pinned === other.pinned && one.watched === other.watched;
  if (!isSameLadder || names(one) !== names(other)) return false;
  if (one.endpoints.size !== other.endpoints.size) return false;
  return [...one.endpoints].every(([id, a]) => {
    const b = other.endpoints.get(id);
    return (
      b !== undefined &&
      looked.every((field) => a[field] === b[field]) &&
      lackAlike(a, b) &&
      refuseAlike(a, b) &&
      missAlike(a, b) &&
      hearAlike(a, b) &&
      areModelsAlike(a, b)
    );
  });
}

function lackAlike({ lacks: ours }: RoutableEndpoint, { lacks: theirs }: RoutableEndpoint): boolean {
  return (
    ours.length === theirs.length &&
    ours.every(({ model, until }, i) => model === theirs[i]?.model && until === theirs[i]?.until)
  );
}

function refuseAlike({ tooLarge: ours }: RoutableEndpoint, { tooLarge: theirs }: RoutableEndpoint): boolean {
  return ours?.bytes === theirs?.bytes && ours?.until === theirs?.until;
}

/** Of equals, the one that lacks nothing of a request is taken first. */
function missAlike({ missing: ours }: RoutableEndpoint, { missing: theirs }: RoutableEndpoint): boolean {
  return ours === theirs || JSON.stringify(ours) === JSON.stringify(theirs);
}

function hearAlike({ hearsay: ours }: RoutableEndpoint, { hearsay: theirs }: RoutableEndpoint): boolean {
  return ours.until === theirs.until && ours.hintUntil === theirs.hintUntil;
}

const looked = [
  'state',
  'until',
  'held',
  'ramp',
  'effectiveWeight',
  'priority',
  'profile',
  'maxConcurrent',
  'countsNotUntil',
] as const;
