/** The ladder's decisions at each look at it. */
import type { Millis } from '../events/fact.ts';
import type { HeldBecause, PriorityFact, ReasonGiven } from '../events/priority.ts';
import type { Tier } from '../events/profile.ts';
import { type LadderReason, reason } from '../events/reason.ts';
import { hourMs } from '../events/units.ts';
import { fold } from './fold.ts';
import type { Moment } from './moment.ts';
import { type PrioritySnapshot, priorityChart, priorityStatus } from './priority.ts';

export interface PriorityPolicy {
  readonly auto: boolean;
  readonly autoRecovery: boolean;
  readonly failureThreshold: number;
  readonly recoveryChecks: number;
  readonly cooldownMs: Millis;
  readonly recoveryDelayMs: Millis;
  readonly maxPerHour: number;
  /** Whether what is known of an endpoint's health keeps traffic away from it: see `isAvailable`. */
  readonly healthAware: boolean;
}

export interface LookedAt {
  readonly name: string;
  readonly tier: Tier | null;
  /** Endpoints that routing would use now. */
  readonly usable: number;
  readonly enabled: number;
  /** All that it has, disabled ones too. */
  readonly endpoints: number;
  /** All of its endpoints are out for certain: refused credentials, refused connections, disabled by hand. */
  readonly certain: boolean;
}

/** The ladder, most preferred first. */
export interface LadderLook {
  readonly profiles: readonly LookedAt[];
}

export type PriorityAsk =
  | { readonly type: 'Looked'; readonly report: { readonly profile: string; readonly good: boolean } | null }
  | { readonly type: 'SwitchByHand'; readonly to: string; readonly reason: ReasonGiven }
  | { readonly type: 'ReleasePin' }
  | { readonly type: 'TimerElapsed'; readonly name: 'recovery' | 'heldBack'; readonly gen: number };

type Context = ReturnType<typeof priorityStatus>;

/** One look: each decision is folded before the next one is taken, so that each sees what the one before made of us. */
export function decidePriority(
  snapshot: PrioritySnapshot,
  ask: PriorityAsk,
  look: LadderLook,
  moment: Moment,
  policy: PriorityPolicy,
): readonly PriorityFact[] {
  const facts: PriorityFact[] = [];
  let state = snapshot;
  const take = (decided: readonly PriorityFact[]) => {
    for (const fact of decided) {
      facts.push(fact);
      state = fold(priorityChart, state, { ...fact, at: moment.now });
    }
  };
  if (ask.type === 'TimerElapsed') {
    const { name, gen } = ask;
    if (!snapshot.context.timers.some((timer) => timer.gen === gen)) return [];
    take([{ type: 'TimerElapsed', data: { name, gen } }]);
  }
  const before = priorityStatus(state);
  // To be told again what holds changes nothing.
  const holds = ask.type === 'SwitchByHand' && before.active === ask.to && before.pinned === ask.to;
  if (ask.type === 'SwitchByHand' && !holds)
    take([{ type: 'SwitchedByHand', data: { from: before.active, to: ask.to, reason: ask.reason } }]);
  if (ask.type === 'ReleasePin' && before.pinned !== null)
    take([{ type: 'PinReleased', data: { because: reason('releasedByHand') } }]);
  const report = ask.type === 'Looked' ? ask.report : null;
  take(choose(priorityStatus(state), look));
  take(comeBack(priorityStatus(state), look));
  take(failOver(priorityStatus(state), look, report, moment.now, policy));
  take(recover(priorityStatus(state), look, report, moment.now, policy));
  take(condition(priorityStatus(state), look));
  return facts;
}

function choose({ active, pinned }: Context, { profiles }: LadderLook): readonly PriorityFact[] {
  if (active !== null && profiles.some(({ name }) => name === active)) return [];
  const first = profiles[0]?.name ?? null;
  if (first === active) return [];
  return [...unpinned(pinned, 'profileGone'), { type: 'ActiveChosen', data: { profile: first } }];
}

/** A pin ends with the profile that it held. */
function unpinned(pinned: string | null, code: 'profileGone' | 'pinnedFailed'): readonly PriorityFact[] {
  return pinned === null ? [] : [{ type: 'PinReleased', data: { because: reason(code, { profile: pinned }) } }];
}

/** Told before any switch, which would leave `failed` without a word. */
function comeBack({ state, active }: Context, { profiles }: LadderLook): readonly PriorityFact[] {
  const usable = profiles.filter((profile) => profile.usable > 0);
  const to = usable.find(({ name }) => name === active) ?? usable[0];
  return state === 'failed' && to ? [{ type: 'BackInService', data: { to: to.name } }] : [];
}

function failOver(
  context: Context,
  { profiles }: LadderLook,
  report: { profile: string; good: boolean } | null,
  now: Millis,
  policy: PriorityPolicy,
): readonly PriorityFact[] {
  const here = profiles.findIndex(({ name }) => name === context.active);
  const active = profiles[here];
  if (!active) return [];
  if (active.usable > 0)
    return context.doubts > 0 || context.held ? [{ type: 'ActiveTrusted', data: { profile: active.name } }] : [];
  // Counting beyond what a switch needs would write a fact for each request while no endpoint can answer.
  const isReport = report?.profile === active.name && !report.good && context.doubts < policy.failureThreshold;
  const reports = context.doubts + (isReport ? 1 : 0);
  const doubted: PriorityFact[] = isReport ? [{ type: 'ActiveDoubted', data: { profile: active.name, reports } }] : [];
  if (!active.certain && reports < policy.failureThreshold) return doubted;
  // Down the ladder first; what stands above is better than nothing.
  const to = [...profiles.slice(here + 1), ...profiles.slice(0, here)].find(({ usable }) => usable > 0);
  if (!to) return doubted;
  const suppressed = whySuppressed(context, now, policy);
  if (suppressed) {
    const known = context.held?.because === suppressed.because && context.held.wanted === to.name;
    // Counting on while it is held would write a fact a request.
    return known ? [] : [...doubted, { type: 'SwitchHeldBack', data: { wanted: to.name, ...suppressed } }];
  }
  return [
    ...unpinned(context.pinned, 'pinnedFailed'),
    { type: 'FailedOver', data: { from: active.name, to: to.name, because: whyFailedOver(active, reports) } },
  ];
}

function whyFailedOver({ name, certain }: LookedAt, reports: number): LadderReason {
  return certain ? reason('allOutForCertain', { profile: name }) : reason('unusableInRow', { profile: name, reports });
}

function whySuppressed(
  { lastSwitchAt, failoversAt }: Context,
  now: Millis,
  policy: PriorityPolicy,
): { because: HeldBecause; until: Millis | null } | undefined {
  if (!policy.auto) return { because: 'off', until: null };
  if (lastSwitchAt !== null && now - lastSwitchAt < policy.cooldownMs)
    return { because: 'cooldown', until: lastSwitchAt + policy.cooldownMs };
  const lastHour = failoversAt.filter((at) => now - at < hourMs);
  if (lastHour.length < policy.maxPerHour) return undefined;
  return { because: 'hourlyLimit', until: (lastHour[0] ?? now) + hourMs };
}

function recover(
  context: Context,
  { profiles }: LadderLook,
  report: { profile: string; good: boolean } | null,
  now: Millis,
  policy: PriorityPolicy,
): readonly PriorityFact[] {
  const { active, pinned, recovery } = context;
  const here = profiles.findIndex(({ name }) => name === active);
  const above =
    pinned === null && policy.autoRecovery
      ? profiles.slice(0, Math.max(0, here)).find(({ usable }) => usable > 0)
      : undefined;
  if (!above || active === null) {
    return recovery
      ? [{ type: 'RecoveryStopped', data: { profile: recovery.profile, because: whyStopped(context, policy) } }]
      : [];
  }
  const good = report?.profile === above.name && report.good;
  if (recovery?.profile !== above.name) {
    return [
      {
        type: 'RecoveryBegun',
        data: { profile: above.name, checks: good ? 1 : 0, readyAt: now + policy.recoveryDelayMs },
      },
    ];
  }
  // Only an answer is a check, to a half-open request or to a probe. An endpoint that is not asked shows nothing.
  const checks = recovery.checks + (good ? 1 : 0);
  const facts: PriorityFact[] = good ? [{ type: 'RecoveryChecked', data: { profile: above.name, checks } }] : [];
  if (checks < policy.recoveryChecks || now < recovery.readyAt) return facts;
  return [
    ...facts,
    {
      type: 'Recovered',
      data: { from: active, to: above.name, because: reason('checksPassed', { profile: above.name, checks }) },
    },
  ];
}

function whyStopped({ pinned }: Context, { autoRecovery }: PriorityPolicy): LadderReason {
  if (pinned !== null) return reason('isPinned', { profile: pinned });
  return reason(autoRecovery ? 'notUsable' : 'recoveryOff');
}

function condition(context: Context, { profiles }: LadderLook): readonly PriorityFact[] {
  const { state, active, recovery } = context;
  const first = profiles[0];
  if (profiles.every(({ usable }) => usable === 0)) return nothingUsable(state, profiles);
  if (recovery) return [];
  const isWhole = first !== undefined && active === first.name && first.usable === first.enabled && first.enabled > 0;
  if (isWhole) return state === 'healthy' ? [] : [{ type: 'LadderHealthy', data: {} }];
  const isDegraded = state === 'degraded' || (state === 'healthy' && first?.endpoints === 0);
  if (isDegraded) return [];
  const because =
    active === first?.name
      ? reason('someOut', { profile: active ?? '' })
      : reason('isNotFirst', { active: active ?? '', first: first?.name ?? '' });
  return [{ type: 'LadderDegraded', data: { because } }];
}

function nothingUsable(state: Context['state'], profiles: readonly LookedAt[]): readonly PriorityFact[] {
  // An installation that has no endpoint yet is not in trouble.
  const isEmpty = profiles.every(({ endpoints }) => endpoints === 0) && state === 'healthy';
  return state === 'failed' || isEmpty ? [] : [{ type: 'AllOut', data: { because: reason('nothingUsable') } }];
}
