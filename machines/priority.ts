/**
 * The priority group: which profile is active, and by which rules that changes. It holds back a switch, never a request:
 * inside a request the ladder is walked to its end whatever stands here.
 *
 *   healthy   the most preferred profile is active, and all its endpoints are usable
 *   degraded  some of its endpoints are out, or a lower profile is active
 *   recovering a more preferred profile is usable again and is being watched
 *   failed    no endpoint of any profile is usable
 */
import { type SnapshotFrom, setup } from 'xstate';
import type { Millis } from '../events/fact.ts';
import type { HeldBecause, PriorityFact } from '../events/priority.ts';
import { hourMs } from '../events/units.ts';
import type { Next, Timer } from './moment.ts';

type Data<Type extends PriorityFact['type']> = Extract<PriorityFact, { type: Type }>['data'];
type ChartEvent = {
  [Type in PriorityFact['type']]: { type: Type; at: Millis; data: Data<Type> };
}[PriorityFact['type']];

export type GroupState = 'healthy' | 'degraded' | 'recovering' | 'failed';
type TimerName = 'recovery' | 'heldBack';

export interface PriorityContext {
  readonly since: Millis | null;
  readonly active: string | null;
  readonly pinned: string | null;
  /** Reports in a row that found the active profile without a usable endpoint. */
  readonly doubts: number;
  readonly lastSwitchAt: Millis | null;
  /** Automatic failovers of the last hour. */
  readonly failoversAt: readonly Millis[];
  readonly recovery: { readonly profile: string; readonly checks: number; readonly readyAt: Millis } | null;
  readonly held: { readonly wanted: string; readonly because: HeldBecause; readonly until: Millis | null } | null;
  readonly gen: number;
  readonly timers: readonly Timer<TimerName>[];
}

const vocabulary = setup({ types: {} as { context: PriorityContext; events: ChartEvent } });

function rearmed(context: PriorityContext, name: TimerName, dueAt: Millis | null): Partial<PriorityContext> {
  const others = context.timers.filter((timer) => timer.name !== name);
  if (dueAt === null) return { timers: others };
  const gen = context.gen + 1;
  return { gen, timers: [...others, { name, gen, dueAt }] };
}

const settled = (at: Millis) => ({ doubts: 0, recovery: null, held: null, lastSwitchAt: at, timers: [] });

const choose = vocabulary.assign(({ event }) =>
  event.type === 'ActiveChosen'
    ? { active: event.data.profile, doubts: 0, recovery: null, held: null, timers: [], pinned: null }
    : {},
);
const failOver = vocabulary.assign(({ context, event }) =>
  event.type === 'FailedOver'
    ? {
        ...settled(event.at),
        active: event.data.to,
        pinned: null,
        failoversAt: [...context.failoversAt.filter((at) => event.at - at < hourMs), event.at],
      }
    : {},
);
const goBack = vocabulary.assign(({ event }) =>
  event.type === 'Recovered' ? { ...settled(event.at), active: event.data.to } : {},
);
const pin = vocabulary.assign(({ context, event }) =>
  // A hand's switch is no automatic one: the cooldown does not count it.
  event.type === 'SwitchedByHand'
    ? { ...settled(event.at), lastSwitchAt: context.lastSwitchAt, active: event.data.to, pinned: event.data.to }
    : {},
);
const unpin = vocabulary.assign({ pinned: null });
const hold = vocabulary.assign(({ context, event }) =>
  event.type === 'SwitchHeldBack' ? { held: event.data, ...rearmed(context, 'heldBack', event.data.until) } : {},
);
const doubt = vocabulary.assign(({ event }) => (event.type === 'ActiveDoubted' ? { doubts: event.data.reports } : {}));
const trust = vocabulary.assign(({ context }) => ({ doubts: 0, held: null, ...rearmed(context, 'heldBack', null) }));
const watch = vocabulary.assign(({ context, event }) =>
  event.type === 'RecoveryBegun' ? { recovery: event.data, ...rearmed(context, 'recovery', event.data.readyAt) } : {},
);
const count = vocabulary.assign(({ context, event }) =>
  event.type === 'RecoveryChecked' && context.recovery
    ? { recovery: { ...context.recovery, checks: event.data.checks } }
    : {},
);
const stopWatching = vocabulary.assign(({ context }) => ({ recovery: null, ...rearmed(context, 'recovery', null) }));
const sinceNow = vocabulary.assign(({ event }) => ({ since: event.at ?? null }));
const isCurrent = ({ context, event }: { context: PriorityContext; event: ChartEvent }) =>
  event.type === 'TimerElapsed' && context.timers.some(({ gen }) => gen === event.data.gen);
/** A recovery whose delay is over waits for answers, and each of them looks; a held switch has been looked at. */
const elapse = vocabulary.assign(({ context, event }) => {
  if (event.type !== 'TimerElapsed') return {};
  return { ...(event.data.name === 'heldBack' ? { held: null } : {}), ...rearmed(context, event.data.name, null) };
});

export const priorityChart = vocabulary.createMachine({
  id: 'priority',
  context: {
    since: null,
    active: null,
    pinned: null,
    doubts: 0,
    lastSwitchAt: null,
    failoversAt: [],
    recovery: null,
    held: null,
    gen: 0,
    timers: [],
  },
  initial: 'healthy',
  on: {
    ActiveChosen: { actions: choose },
    FailedOver: { target: '.degraded', actions: failOver },
    Recovered: { target: '.degraded', actions: goBack },
    SwitchedByHand: { actions: pin },
    PinReleased: { actions: unpin },
    SwitchHeldBack: { actions: hold },
    ActiveDoubted: { actions: doubt },
    ActiveTrusted: { actions: trust },
    RecoveryBegun: { target: '.recovering', actions: watch },
    RecoveryChecked: { actions: count },
    RecoveryStopped: { target: '.degraded', actions: stopWatching },
    LadderDegraded: '.degraded',
    LadderHealthy: { target: '.healthy', actions: stopWatching },
    AllOut: { target: '.failed', actions: stopWatching },
    BackInService: '.degraded',
    TimerElapsed: { guard: isCurrent, actions: elapse },
  },
  states: {
    healthy: { entry: sinceNow },
    degraded: { entry: sinceNow },
    recovering: { entry: sinceNow },
    failed: { entry: sinceNow },
  },
});

export type PrioritySnapshot = SnapshotFrom<typeof priorityChart>;

export function priorityStatus(snapshot: PrioritySnapshot): PriorityContext & { readonly state: GroupState } {
  return { ...snapshot.context, state: snapshot.value };
}

/** The earlier of its two wishes. */
export function timerOfPriority({ context }: PrioritySnapshot): Timer<TimerName> | null {
  const [first, second] = context.timers;
  if (!first || !second) return first ?? null;
  return first.dueAt <= second.dueAt ? first : second;
}

const targetStates: Readonly<Record<string, GroupState>> = {
  RecoveryBegun: 'recovering',
  RecoveryStopped: 'degraded',
  LadderDegraded: 'degraded',
  LadderHealthy: 'healthy',
  AllOut: 'failed',
  BackInService: 'degraded',
};

export function targetStateOfPriority({ type }: { readonly type: string }): GroupState | null {
  return targetStates[type] ?? null;
}

export function nextOfPriority(
  snapshot: PrioritySnapshot,
  policy: { readonly recoveryChecks: number; readonly failureThreshold: number },
): readonly Next[] {
  const { state, active, recovery, held, doubts, timers } = priorityStatus(snapshot);
  const steps: Next[] = [];
  if (recovery) {
    // Its delay is over: only answers move it.
    const at = timers.find(({ name }) => name === 'recovery')?.dueAt ?? null;
    steps.push({
      on: 'recovery',
      to: 'healthy',
      at,
      rule: 'recovery',
      params: { profile: recovery.profile, checks: recovery.checks, needed: policy.recoveryChecks },
    });
  }
  if (held)
    steps.push({
      on: 'switch allowed',
      to: 'degraded',
      at: held.until,
      rule: 'heldBack',
      params: { profile: held.wanted, because: held.because },
    });
  if (state === 'failed')
    steps.push({
      on: 'an endpoint comes back',
      to: 'degraded',
      at: null,
      rule: 'anyBack',
      params: {},
    });
  if (active !== null && !held) {
    const left = Math.max(1, policy.failureThreshold - doubts);
    steps.push({
      on: 'failures',
      to: 'degraded',
      at: null,
      rule: 'reportsLeft',
      params: { profile: active, left },
    });
  }
  return steps;
}
