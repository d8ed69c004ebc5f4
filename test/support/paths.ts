/** Which transitions a chart has, and which of them some path takes. */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';

interface Event {
  readonly type: string;
  readonly at: number;
  readonly data: object;
}

const nameOf = (transition: AnyTransitionDefinition) => `${transition.source.key}: ${transition.eventType}`;

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

export function transitionsOf(chart: AnyStateMachine): ReadonlySet<AnyTransitionDefinition> {
  return new Set(nodesOf(chart.root).flatMap((node) => [...node.transitions.values()].flat()));
}

/** The transitions that a fact takes in a state: none when it is ignored. */
export function takenBy(
  chart: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: Event,
): readonly AnyTransitionDefinition[] {
  return chart.getTransitionData(snapshot, event) ?? [];
}

/** What of a chart is left when all that was taken is taken away, as `state: fact`. */
export function missing(chart: AnyStateMachine, taken: ReadonlySet<AnyTransitionDefinition>): readonly string[] {
  return [...transitionsOf(chart)].filter((one) => !taken.has(one)).map(nameOf);
}

/** Walks every path from the start; `key` keeps of a snapshot what guards look at, so that the walk ends. */
export function walked(
  chart: AnyStateMachine,
  events: (snapshot: AnyMachineSnapshot) => readonly Event[],
  key: (snapshot: AnyMachineSnapshot) => unknown,
) {
  const map = getAdjacencyMap(chart, {
    events: events as never,
    serializeState: (snapshot) =>
      JSON.stringify([(snapshot as AnyMachineSnapshot).value, key(snapshot as AnyMachineSnapshot)]),
  });
  const edges = adjacencyMapToArray(map) as {
    state: AnyMachineSnapshot;
    event: Event;
    nextState: AnyMachineSnapshot;
  }[];
  const taken = new Set(edges.flatMap(({ state, event }) => takenBy(chart, state, event)));
  const states = new Set(edges.map(({ nextState }) => String(nextState.value)));
  /** States from which some fact leads elsewhere. */
  const left = new Set(
    edges.filter(({ state, nextState }) => state.value !== nextState.value).map(({ state }) => String(state.value)),
  );
  return { missing: missing(chart, taken), states, left };
}
