/** Many short lives here; many long ones with `node scripts/simulate.mjs`. */
import { describe, expect, it } from 'vitest';
import { weighFailure } from '../../machines/network.ts';
import { probesDue } from '../../machines/probe-plan.ts';
import { plan } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { adjustWeight } from '../../machines/weight-policy.ts';
import { InFlight } from '../../src/proxy/admission/in-flight.ts';
import type { Policies } from '../../src/runtime/core.ts';
import { second } from '../support/given.ts';
import { SimulatedLog } from './simulated-log.ts';
import { type Planted, simulate } from './simulation.ts';
import { storyOf } from './story.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

// More of them: `QCC_TEST_LIVES`.
const lifeCount = Number(process.env['QCC_TEST_LIVES'] ?? 60);
const setups = seeds(lifeCount).map((seed) => ({ seed, requests: 80 }));
let all: Promise<readonly Awaited<ReturnType<typeof simulate>>[]> | undefined;

/** Lived once for all who look at them. */
function lives() {
  all ??= (async () => {
    const lived = [];
    for (const setup of setups) lived.push(await simulate(setup));
    return lived;
  })();
  return all;
}

describe('under any faults', () => {
  it(`no promise is broken in ${lifeCount} short lives`, { timeout: 1_000 * (20 + lifeCount) }, async () => {
    const broken = setups[(await lives()).findIndex((life) => life.broken !== null)];
    if (broken) expect.fail(await storyOf(broken));
  });

  it('a seed gives the same run each time', async () => {
    const untimed = async () => (await simulate({ seed: 7, requests: 100 })).facts.map(({ id: _, ...rest }) => rest);
    expect(await untimed()).toEqual(await untimed());
  });

  it('the lives exercise every promise', async () => {
    const seen = new Set<string>();
    for (const { facts } of await lives()) for (const { type } of facts) seen.add(type);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'ActiveDoubted',
        'AllOut',
        'AnswerBroken',
        'BackInService',
        'EndpointDegraded',
        'EndpointDisabled',
        'EndpointFailed',
        'EndpointPaused',
        'EndpointRecovered',
        'EndpointRecovering',
        'FailedOver',
        'GatewayFoundDead',
        'LadderHealthy',
        'LimitsSeen',
        'Offline',
        'Online',
        'ProbeFailed',
        'ProbeSucceeded',
        'PinReleased',
        'Recovered',
        'RecoveryBegun',
        'RequestCancelled',
        'RequestFailed',
        'Slept',
        'SwitchHeldBack',
        'SwitchedByHand',
        'WeightAdjusted',
      ]),
    );
  });
});

const priority =
  (wrong: Partial<ReturnType<Policies['priority']>>): Planted['policies'] =>
  (policies) => ({ ...policies, priority: () => ({ ...policies.priority(), ...wrong }) });
const endpoint =
  (wrong: Partial<ReturnType<Policies['endpoint']>>): Planted['policies'] =>
  (policies) => ({ ...policies, endpoint: (id) => ({ ...policies.endpoint(id), ...wrong }) });

/** Every endpoint counts with the state of another one. */
function seenAs(change: (one: RoutableEndpoint) => Partial<RoutableEndpoint>): Planted['route'] {
  const changed = (view: RoutingView): RoutingView => {
    const profiles = new Map(
      [...view.profiles].map(([name, profile]) => [
        name,
        { ...profile, endpoints: profile.endpoints.map((one) => ({ ...one, ...change(one) })) },
      ]),
    );
    const again = (some: RoutingView['ladder']) => some.flatMap(({ name }) => profiles.get(name) ?? []);
    return { ...view, profiles, ladder: again(view.ladder), above: again(view.above) };
  };
  return (view, ...rest) => plan(changed(view), ...rest);
}

class Generous extends InFlight {
  override isHalfOpenPermitFree(): boolean {
    return true;
  }
}

class Forgetful extends SimulatedLog {
  override append(facts: Parameters<SimulatedLog['append']>[0], options: { readonly sync: boolean }): Promise<void> {
    return super.append(this.head > 100 && facts.length > 1 ? facts.slice(0, -1) : facts, options);
  }
}

/** What is planted, what is said of it, and, where it is not among the first, the life in which it shows: the others come after that one. */
const mistakes: Readonly<Record<string, readonly [planted: Partial<Planted>, found: RegExp, soonest?: number]>> = {
  'no hourly limit': [{ policies: priority({ maxPerHour: 1_000 }) }, /failovers within an hour/, 18],
  'no cooldown': [{ policies: priority({ cooldownMs: 0 }) }, /within the cooldown/, 63],
  'no delay of recovery': [{ policies: priority({ recoveryDelayMs: 0 }) }, /before its delay/, 27],
  'no checks of recovery': [{ policies: priority({ recoveryChecks: 0 }) }, /proven \d times/],
  'one report is enough': [{ policies: priority({ failureThreshold: 1 }) }, /reports/],
  'failover though it is off': [{ policies: priority({ auto: true }) }, /failover.auto is off/, 40],
  'recovery though it is off': [{ policies: priority({ autoRecovery: true }) }, /auto_recovery is off/],
  'a recovery that never comes': [{ policies: priority({ autoRecovery: false }) }, /is active still/],
  'out for ever': [{ policies: endpoint({ credentialIntervalMs: 86_400_000 }) }, /out for more than an hour/],
  'timers of any generation': [{ gen: (_, current) => current }, /old generation/],
  'nobody looks at timers': [{ ticks: false }, /is (failed|degraded|recovering|active) still/],
  'permits for all': [{ inFlight: () => new Generous() }, /trials at once/],
  'disabled ones are asked': [
    { route: seenAs(({ state }) => (state === 'disabled' ? { state: 'healthy' } : {})) },
    /disabled by hand/,
  ],
  'failed ones are asked': [
    { route: seenAs(({ state }) => (state === 'failed' ? { state: 'healthy', until: null } : {})) },
    /and is out/,
  ],
  'pauses are not kept': [{ route: seenAs(() => ({ until: null })) }, /and is out/],
  'one endpoint a request': [
    {
      route: (view, ask, ...rest) =>
        ask.tried.size > 0 ? { candidates: [], busy: false, full: [] } : plan(view, ask, ...rest),
    },
    /is healthy and was not asked/,
  ],
  'a pin that holds nothing': [
    { aside: (core) => void core.tellPriority({ type: 'ReleasePin' }, { by: 'gateway' }) },
    /released unasked/,
  ],
  'weights without bounds': [
    {
      weigh: ({ weight, effectiveWeight }) => ({
        type: 'WeightAdjusted',
        data: { from: effectiveWeight, to: 3 * weight, reasons: {} },
      }),
    },
    /was adjusted to/,
  ],
  'weights that leap': [
    {
      weigh: (weighed, policy) => {
        const fact = adjustWeight(weighed, policy);
        const target = fact?.data.reasons['target'] ?? 1;
        return fact && { ...fact, data: { ...fact.data, to: weighed.weight * target } };
      },
    },
    /leapt from/,
  ],
  'weights that nobody knows enough for': [
    { weigh: (weighed, policy) => adjustWeight(weighed, { ...policy, minChecks: 0 }) },
    /adjusted on \d results/,
  ],
  'weights without reasons': [
    {
      weigh: (...asked) => {
        const fact = adjustWeight(...asked);
        return fact && { ...fact, data: { ...fact.data, reasons: {} } };
      },
    },
    /without a reason/,
  ],
  'probes of disabled ones': [
    {
      probes: (endpoints, ...rest) =>
        probesDue(
          endpoints.map((one) => (one.state === 'disabled' ? { ...one, state: 'failed' } : one)),
          ...rest,
        ),
    },
    /is probed .* disabled by hand/,
  ],
  'two probes of one': [
    {
      probes: (endpoints, ...rest) =>
        probesDue(
          endpoints.map((one) => ({ ...one, isRunning: false })),
          ...rest,
        ),
    },
    /probed twice at once|are probed at once/,
  ],
  'probes of a whole fleet': [
    { probes: (endpoints, ...rest) => endpoints.flatMap((one) => probesDue([one], ...rest)) },
    /are probed at once/,
  ],
  'probes without a network': [
    { probes: (endpoints, around, policy) => probesDue(endpoints, { ...around, isOffline: false }, policy) },
    /without a network/,
    12,
  ],
  'probes again and again': [
    { probes: (endpoints, around, policy) => probesDue(endpoints, around, { ...policy, intervalMs: second }) },
    /is probed again \d+ ms after it failed/,
  ],
  'paid probes of who is well': [
    { probes: (...asked) => probesDue(...asked).map((probe) => ({ ...probe, depth: 'conversation' })) },
    /decides nothing|no free probe/,
  ],
  'blame for a network that has gone': [{ network: () => 'counts' }, /network that had gone|slept through/],
  'blame for a sleep': [
    { network: (about, now) => weighFailure(about, { ...now, wokeAt: null }) },
    /blamed for what was slept through/,
  ],
  'excuses for everybody': [{ network: () => 'void' }, /was excused/],
  'nobody is probed': [{ probes: () => [] }, /is (failed|recovering|degraded|active) still/],
  'a log that loses facts': [{ log: () => new Forgetful() }, /gap|lived|version/],
};

const unlucky = new Map<Partial<Planted>, Awaited<ReturnType<typeof look>>>();

async function look(planted: Partial<Planted>, soonest: number) {
  for (const seed of [soonest, ...seeds(80)]) {
    const setup = { seed, requests: 150, planted };
    const { broken } = await simulate(setup);
    if (broken !== null) return { setup, broken };
  }
  return expect.fail('nobody has noticed');
}

/** The first life in which the mistake is noticed: looked for once. */
async function noticed(planted: Partial<Planted>, soonest = 1) {
  const known = unlucky.get(planted) ?? (await look(planted, soonest));
  unlucky.set(planted, known);
  return known;
}

describe('a planted mistake is found:', () => {
  it.each(Object.entries(mistakes))('%s', async (_, [planted, found, soonest]) => {
    expect((await noticed(planted, soonest)).broken).toMatch(found);
  });

  it('and reported as a short run, with its seed', async () => {
    const planted = mistakes['no cooldown']?.[0] ?? {};
    const { setup } = await noticed(planted);
    const story = await storyOf(setup);
    expect(story).toMatch(
      new RegExp(`^seed ${setup.seed}: #(\\d+): a failover within the cooldown\n[^]*#\\1 priority FailedOver`),
    );
    expect(story.split('\n').length).toBeLessThan(45);
  });
});
