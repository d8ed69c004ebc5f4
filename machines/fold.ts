/**
 * A machine is a fold: a fact and a snapshot in, a snapshot out. This is the one place that knows how XState is driven.
 * A scope made once makes a transition cost 2–4 µs instead of 24–44, and anything but `assign` in a chart throws.
 */
import { type AnyStateMachine, createEmptyActor, initialTransition, type SnapshotFrom } from 'xstate';
import type { Recorded } from '../events/fact.ts';

const self = createEmptyActor();
const inertScope = {
  self,
  system: self.system,
  id: 'fold',
  sessionId: 'fold',
  logger() {},
  defer() {},
  emit() {},
  stopChild() {},
  actionExecutor(action: { readonly type: string }) {
    throw new Error(`a folded machine must not act: ${action.type}`);
  },
};

/** The public `transition()` builds an actor on each call; the machine's own method takes a scope. Its type is internal. */
interface Foldable {
  transition(snapshot: unknown, event: unknown, scope: unknown): unknown;
  resolveState(config: { value: string; context: object }): unknown;
}

const foldable = (chart: AnyStateMachine) => chart as unknown as Foldable;

/** Made once a chart: making it builds an actor, and every endpoint without a story is asked for it at each request. */
const initials = new WeakMap<AnyStateMachine, unknown>();

export function initialOf<Chart extends AnyStateMachine>(chart: Chart): SnapshotFrom<Chart> {
  const known = initials.get(chart) ?? initialTransition(chart as AnyStateMachine)[0];
  initials.set(chart, known);
  return known as SnapshotFrom<Chart>;
}

/** The recorded fact is itself the chart's event: it has a type, an instant, and its data. */
export function fold<Chart extends AnyStateMachine>(
  chart: Chart,
  snapshot: SnapshotFrom<Chart>,
  fact: Pick<Recorded, 'type' | 'at' | 'data'>,
): SnapshotFrom<Chart> {
  return foldable(chart).transition(snapshot, fact, inertScope) as SnapshotFrom<Chart>;
}

export function persist(snapshot: { readonly value: unknown; readonly context: unknown }): unknown {
  return { value: snapshot.value, context: snapshot.context };
}

export function restore<Chart extends AnyStateMachine>(chart: Chart, data: unknown): SnapshotFrom<Chart> {
  const { value, context } = data as { value: string; context: object };
  return foldable(chart).resolveState({ value, context }) as SnapshotFrom<Chart>;
}

/** The record says where we were: the chart of today follows. */
export function force<Chart extends AnyStateMachine>(
  chart: Chart,
  snapshot: SnapshotFrom<Chart>,
  value: string,
): SnapshotFrom<Chart> {
  const { context } = snapshot as unknown as { context: object };
  return foldable(chart).resolveState({ value, context }) as SnapshotFrom<Chart>;
}
