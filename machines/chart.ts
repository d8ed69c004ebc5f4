/** A chart as plain data: its states, and what leads from one to another. Pictures are drawn from this, and so from the chart. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { endpointChart } from './endpoint.ts';
import { gatewayChart } from './gateway.ts';
import { priorityChart } from './priority.ts';
import { queueItemChart } from './queue-item.ts';

/** Every chart by the kind of its machines. What stands here is drawn, documented and looked after by the tests. */
export const charts: Readonly<Record<string, AnyStateMachine>> = {
  endpoint: endpointChart,
  priority: priorityChart,
  queueItem: queueItemChart,
  gateway: gatewayChart,
};

export interface Drawing {
  readonly kind: string;
  readonly initial: string;
  readonly states: readonly { readonly name: string; readonly final: boolean }[];
  /** Those that lead somewhere: what only changes the context moves nothing that could be drawn. */
  readonly transitions: readonly { readonly from: string; readonly to: string; readonly on: readonly string[] }[];
}

/** @throws {TypeError} when there is no chart of this kind */
export function drawingOf(kind: string): Drawing {
  const chart = charts[kind];
  if (!chart) throw new TypeError(`there is no chart "${kind}"`);
  const nodes = Object.values(chart.root.states) as readonly AnyStateNode[];
  return {
    kind,
    initial: String(chart.root.initial.target[0]?.key),
    states: nodes.map(({ key, type }) => ({ name: key, final: type === 'final' })),
    transitions: nodes.flatMap((node) => leaving(node, chart.root)),
  };
}

/** A state's own answer to a fact goes before that of the whole chart; a final state answers nothing. */
function leaving(node: AnyStateNode, root: AnyStateNode): Drawing['transitions'] {
  if (node.type === 'final') return [];
  const own = [...node.transitions.values()].flat();
  const answered = new Set(own.filter(({ guard }) => guard === undefined).map(({ eventType }) => eventType));
  const shared = [...root.transitions.values()].flat().filter(({ eventType }) => !answered.has(eventType));
  const facts = new Map<string, string[]>();
  for (const transition of [...own, ...shared]) {
    const to = targetOf(transition);
    if (to === undefined || to === node.key) continue;
    facts.set(to, [...(facts.get(to) ?? []), transition.eventType]);
  }
  return [...facts].map(([to, on]) => ({ from: node.key, to, on: [...new Set(on)] }));
}

function targetOf({ target }: AnyTransitionDefinition): string | undefined {
  return target?.[0]?.key;
}
