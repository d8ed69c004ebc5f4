/** Model maps that are tried on the record: the routing view with them, and what the record says nothing of. */
import type { EndpointId } from '../../events/ids.ts';
import type { ModelRule } from '../../events/profile.ts';
import type { Attempt } from '../../events/request.ts';
import { rulesText, sentModel } from '../../machines/model-map.ts';
import type { RoutableEndpoint, RoutableProfile, RoutingView } from '../../machines/routing-view.ts';

export interface TriedModels {
  /** By endpoint: the rules that it has in place of its own. */
  readonly rules: ReadonlyMap<EndpointId, readonly ModelRule[]>;
  /** A model's name as the record holds it, in which long names are cut. */
  readonly recordedName: (name: string) => string;
}

export const noneTried: TriedModels = { rules: new Map(), recordedName: (name) => name };

/** The same view while nothing is tried. */
export function withModels(view: RoutingView, { rules: tried }: TriedModels): RoutingView {
  if (tried.size === 0) return view;
  const endpoints = new Map([...view.endpoints].map(([id, one]) => [id, changed(one)] as const));
  const profiles = new Map([...view.profiles].map(([name, profile]) => [name, inProfile(profile)] as const));
  return { ...view, endpoints, profiles, ladder: view.ladder.map(inProfile), above: view.above.map(inProfile) };

  function changed(endpoint: RoutableEndpoint): RoutableEndpoint {
    const models = tried.get(endpoint.id);
    return models === undefined ? endpoint : { ...endpoint, models };
  }

  function inProfile(profile: RoutableProfile): RoutableProfile {
    return { ...profile, endpoints: profile.endpoints.map(changed) };
  }
}

export function areModelsAlike(one: RoutableEndpoint, other: RoutableEndpoint): boolean {
  return one.models === other.models || rulesText(one.models) === rulesText(other.models);
}

/** What came of an attempt whatever the model was called. */
const ofAnyModel: ReadonlySet<Attempt['outcome']> = new Set([
  'unreachable',
  'certificate',
  'credential',
  'noNetwork',
  'cancelled',
]);

/** The endpoint would have been asked for another model than in the record, which does not hold what it would have said. */
export function isOtherModel(
  { outcome, sent, endpoint }: Attempt,
  asked: string | null,
  view: RoutingView,
  { rules, recordedName }: TriedModels,
): boolean {
  const models = rules.get(endpoint as EndpointId);
  if (models === undefined || ofAnyModel.has(outcome) || !view.endpoints.has(endpoint as EndpointId)) return false;
  const now = sentModel(models, asked);
  return (now === null ? null : recordedName(now)) !== (sent ?? asked);
}
