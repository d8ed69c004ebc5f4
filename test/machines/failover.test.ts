/** The order of endpoints inside one request: each command and its answers, properties of every request, and the ends of queued ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command, Input } from '../../machines/failover-commands.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { FailoverWorld, failoverPolicy, type Saying, saidNo, told } from '../support/failover.ts';
import { later, minute, second } from '../support/given.ts';
import { routable } from '../support/routing-view.ts';

const inputs: readonly Input[] = [
  { type: 'start' },
  { type: 'joined' },
  { type: 'go', expiresAt: later(15 * minute) },
  { type: 'served' },
  { type: 'broken' },
  saidNo('serverError'),
  { type: 'denied' },
  { type: 'waited' },
  { type: 'waitedOut' },
  { type: 'notQueued' },
  { type: 'left' },
];

describe('a command of the failover machine', () => {
  const full = () => {
    const world = new FailoverWorld(routable('a', { maxConcurrent: 1 }));
    world.busy.set('a', 1);
    return world;
  };
  const paused = () => {
    const world = new FailoverWorld(routable('a'));
    world.bound = 'a';
    return world;
  };
  /** How each one is come to, and what it then takes for an answer. */
  const ways: readonly (readonly [Command['do'], () => FailoverWorld, readonly Input[], readonly Input['type'][]])[] = [
    [
      'try',
      () => new FailoverWorld(routable('a')),
      [{ type: 'start' }],
      ['served', 'broken', 'failed', 'denied', 'left'],
    ],
    ['pause', paused, [{ type: 'start' }, saidNo('rateLimited', second)], ['waited', 'left']],
    ['room', full, [{ type: 'start' }], ['waited', 'left']],
    ['park', full, [{ type: 'joined' }], ['go', 'waitedOut', 'notQueued', 'left']],
    ['pass', () => new FailoverWorld(routable('a')), [{ type: 'start' }, saidNo('invalid')], []],
    ['refuse', () => new FailoverWorld(), [{ type: 'start' }], []],
    ['end', () => new FailoverWorld(routable('a')), [{ type: 'start' }, { type: 'served' }], []],
  ];

  it.each(ways)('%s stands until it is answered, and no other input moves it', (kind, world, path, answers) => {
    const come = () => {
      const step = world().request();
      let command = step(path[0] as Input);
      for (const input of path.slice(1)) command = step(input);
      expect(command.do).toBe(kind);
      return { step, command };
    };
    const moved = inputs.filter((input) => {
      const { step, command } = come();
      return step(input) !== command;
    });
    expect(moved.map(({ type }) => type).sort()).toEqual([...answers].sort());
  });

  it.each(inputs.map(({ type }) => type))('is the first one only after an input that begins a request: %s', (type) => {
    const begin = () => new FailoverWorld(routable('a')).request()(inputs.find((one) => one.type === type) as Input);
    if (['start', 'joined', 'go', 'left'].includes(type)) expect(begin().do).toMatch(/try|park|end/);
    else expect(begin).toThrow(`does not begin with ${type}`);
  });
});

describe('a request that belongs to one account', () => {
  it('passes on its endpoint’s answer, and asks no other endpoint', () => {
    const step = new FailoverWorld(routable('a'), routable('b')).request({ isPassthrough: true });
    expect([step('start'), step(saidNo('serverError'))].map(told)).toEqual([
      'try a (failover)',
      'pass on: 503 serverError',
    ]);
  });

  it('is refused when its endpoint gave no answer', () => {
    const step = new FailoverWorld(routable('a'), routable('b')).request({ isPassthrough: true });
    step('start');
    expect(step(saidNo('timeout'))).toMatchObject({ do: 'refuse', reason: { kind: 'nobodyAnswers' } });
  });
});

// ------------------------------------------------------------------------------------------------ every request

const sayings = fc.constantFrom<Saying>(
  'serverError',
  'overloaded',
  'rateLimited',
  'quota',
  'credential',
  'noModel',
  'timeout',
  'unreachable',
  'missing',
);
const condition: fc.Arbitrary<Partial<RoutableEndpoint>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.record({ state: fc.constant('degraded' as const), until: fc.constantFrom(null, later(2_000), later(minute)) }),
  fc.record({
    state: fc.constant('failed' as const),
    until: fc.constantFrom(later(1_000), later(minute)),
    held: fc.boolean(),
    because: fc.constantFrom('timeout' as const, 'quota' as const, 'credential' as const),
  }),
  fc.record({ state: fc.constant('recovering' as const), ramp: fc.constantFrom(0, 0.8) }),
  fc.constant({ state: 'disabled' as const }),
);
const situation = fc.record({
  conditions: fc.array(condition, { maxLength: 5 }),
  full: fc.subarray(['e0', 'e1']),
  bound: fc.constantFrom(null, 'e0'),
  budget: fc.nat(3),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  patienceMs: fc.constantFrom(0, 2 * minute),
  isQueued: fc.boolean(),
  said: fc.array(fc.tuple(sayings, fc.constantFrom(null, second, minute)), { minLength: 8, maxLength: 8 }),
  /** What the queue says, in turn. */
  queue: fc.array(fc.constantFrom('go' as const, 'notQueued' as const, 'waitedOut' as const), { maxLength: 3 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  readonly command: Command;
  readonly round: number;
  readonly isQueued: boolean;
  readonly spent: number;
}

/** Lives until an end, in which every endpoint that is asked says what stands in the situation. */
function lived(given: Situation): { readonly seen: readonly Seen[]; readonly world: FailoverWorld } {
  const world = new FailoverWorld(...given.conditions.map((of, i) => routable(`e${i}`, { maxConcurrent: 2, ...of })));
  Object.assign(world, { bound: given.bound, budget: given.budget, patienceMs: given.patienceMs });
  world.policy = { ...failoverPolicy, maxAttempts: given.maxAttempts };
  for (const id of given.full) world.busy.set(id, 2);
  const step = world.request(given.isQueued ? { awaitedSince: null, session: null } : {});
  const go: Input = { type: 'go', expiresAt: later(15 * minute) };
  const queue = [...given.queue];
  const seen: Seen[] = [];
  let [round, attempts, isQueued] = [0, 0, given.isQueued];
  let command = step(given.isQueued ? go : 'start');
  for (let steps = 0; steps < 2_000; steps++) {
    seen.push({ command, round, isQueued, spent: world.spent });
    if (command.do === 'try') {
      const [what, retryAfterMs] = given.said[attempts++ % given.said.length] as [Saying, number | null];
      world.now += 100;
      command = step(saidNo(what, retryAfterMs));
    } else if (command.do === 'pause' || command.do === 'room') {
      world.now += Math.min(command.ms, second);
      command = step('waited');
    } else if (command.do === 'park') {
      const next = queue.shift() ?? (isQueued ? 'waitedOut' : 'notQueued');
      if (next === 'go') round++;
      isQueued ||= next !== 'notQueued';
      command = step(next === 'go' ? go : next);
    } else return { seen, world };
  }
  return expect.fail('it has no end');
}

const tries = (seen: readonly Seen[]) =>
  seen.flatMap(({ command, round, isQueued }) =>
    command.do === 'try' ? [{ ...command.candidate, round, isQueued, limits: command.limits }] : [],
  );

describe('every request', () => {
  const holds = (promise: (life: ReturnType<typeof lived>, given: Situation) => void) =>
    fc.assert(
      fc.property(situation, (given) => {
        promise(lived(given), given);
      }),
      { numRuns: 300 },
    );

  it('comes to an end', () => {
    holds(({ seen }) => expect(['pass', 'refuse', 'end']).toContain(seen.at(-1)?.command.do));
  });

  it('takes the same course when it is repeated', () => {
    holds(({ seen }, given) =>
      expect(seen.map(({ command }) => told(command))).toEqual(lived(given).seen.map(({ command }) => told(command))),
    );
  });

  it('makes no more attempts in a round than the limit', () => {
    holds(({ seen }, { maxAttempts }) => {
      const rounds = tries(seen).map(({ round }) => round);
      for (const round of new Set(rounds))
        expect(rounds.filter((one) => one === round).length).toBeLessThanOrEqual(maxAttempts);
    });
  });

  it('asks no endpoint twice in a round, unless a pause was waited out there', () => {
    holds(({ seen }) => {
      for (const round of new Set(seen.map((one) => one.round))) {
        const here = seen.filter((one) => one.round === round).map(({ command }) => command);
        const asked = here.flatMap((one) => (one.do === 'try' ? [one.candidate.endpoint.id] : []));
        const pauses = here.filter((one) => one.do === 'pause').length;
        expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(pauses);
      }
    });
  });

  it('pays for each further attempt at an unhealthy endpoint, and never more than the budget has', () => {
    holds(({ seen, world }, { budget }) => {
      const dear = tries(seen).filter((one, i, all) => {
        const isFirst = all[i - 1]?.round !== one.round;
        return !isFirst && (one.endpoint.state !== 'healthy' || one.because === 'lastResort');
      });
      expect(dear.length).toBeLessThanOrEqual(world.spent);
      expect(world.spent).toBeLessThanOrEqual(budget);
    });
  });

  it('waits in the queue when there is one, and nowhere else, and then does not use panic mode', () => {
    holds(({ seen }) => {
      for (const { command, isQueued } of seen) {
        if (!isQueued) continue;
        expect(['pause', 'room']).not.toContain(command.do);
        if (command.do === 'try') expect(command.candidate.because).not.toBe('lastResort');
      }
    });
  });

  it('is refused only after every healthy endpoint with room was asked', () => {
    holds(({ seen, world }, { maxAttempts, full, isQueued }) => {
      const made = tries(seen);
      if (seen.at(-1)?.command.do !== 'refuse' || made.length >= maxAttempts || isQueued) return;
      if (seen.some(({ command }) => command.do === 'room')) return;
      const asked = new Set<string>(made.map(({ endpoint }) => endpoint.id));
      const missed = [...world.view.endpoints.values()].filter(
        ({ id, state }) => state === 'healthy' && !asked.has(id) && !full.includes(id),
      );
      expect(missed).toEqual([]);
    });
  });

  it('has a commit limit while its client waits, and none without one', () => {
    holds(({ seen }, { isQueued }) => {
      for (const { limits } of tries(seen)) expect(limits.commitMs === null).toBe(isQueued);
    });
  });

  it('is not moved by any input after its end', () => {
    for (const last of inputs) {
      const step = new FailoverWorld(routable('a')).request();
      step('start');
      const end = step('served');
      expect(step(last)).toBe(end);
    }
  });
});

// ------------------------------------------------------------------------------------------------ queued requests

describe('a queued request', () => {
  const expiresAt = later(15 * minute);
  const out = (name: string, more: Partial<RoutableEndpoint>) => routable(name, { state: 'failed', ...more });
  const backSoon = out('c', { because: 'timeout', until: later(minute) });
  const backIn = (ms: number) => out('c', { because: 'quota', until: later(ms) });
  const refused = out('c', { because: 'credential', held: true });
  const lacking = (ms: number) => routable('c', { lacks: [{ model: 'm', until: later(ms) }] });

  /** What a and b say, who else is there, and what the queue is told: null is the item's end. */
  const table: readonly (readonly [readonly [Saying, Saying], RoutableEndpoint | null, string | null])[] = [
    [['serverError', 'timeout'], null, 'timeout'],
    [['rateLimited', 'quota'], null, 'rateLimited'],
    [['quota', 'quota'], null, null],
    [['quota', 'credential'], null, null],
    [['quota', 'quota'], backSoon, 'unreachable'],
    [['quota', 'quota'], backIn(10 * minute), 'unreachable'],
    [['quota', 'quota'], backIn(20 * minute), null],
    [['credential', 'credential'], refused, null],
    [['noModel', 'noModel'], lacking(minute), 'unreachable'],
    [['noModel', 'noModel'], lacking(20 * minute), null],
    [['noModel', 'noModel'], null, null],
    [['noModel', 'serverError'], null, 'serverError'],
    [['missing', 'missing'], null, null],
    [['missing', 'serverError'], null, 'serverError'],
    [['invalid', 'quota'], null, null],
  ];

  /** As it is told to the queue, at the end of the round. */
  function whyOf(command: Command): string | null {
    if (command.do === 'pass') return null;
    return command.do === 'park' || command.do === 'refuse' ? command.why.failure : expect.fail(command.do);
  }

  function roundOf(step: (input: Input) => Command, said: readonly [Saying, Saying]): Command {
    let command = step({ type: 'go', expiresAt });
    for (const what of said) if (command.do === 'try') command = step(saidNo(what));
    return command;
  }

  it.each(table)('%j, with %o: meets the same end whether its client waits or has gone', (said, other, why) => {
    const world = new FailoverWorld(out('a', {}), out('b', {}));
    world.patienceMs = 2 * minute;
    const waiting = world.request();
    // Panic mode is for the first round: nothing is left of it in what follows.
    expect(waiting('joined').do).toBe('park');
    world.show(routable('a'), routable('b'), ...(other ? [other] : []));
    const gone = world.request({ session: null, awaitedSince: null });
    expect(whyOf(roundOf(waiting, said))).toBe(why);
    expect(whyOf(roundOf(gone, said))).toBe(why);
  });
});

describe('a model that no endpoint has, by the words of their owners,', () => {
  const without = (name: string) => routable(name, { models: [{ from: '*', to: null }] });

  it('is refused at once, and nobody waits in the queue for it', () => {
    const world = new FailoverWorld(without('a'), without('b'));
    world.patienceMs = 15 * minute;
    expect(world.request()({ type: 'start' })).toMatchObject({ do: 'refuse', reason: { kind: 'modelNowhere' } });
    const queued = world.request();
    expect(queued({ type: 'joined' })).toMatchObject({ do: 'refuse', reason: { kind: 'modelNowhere' } });
  });

  it('is no reason to give up while an endpoint that is out may have it', () => {
    const world = new FailoverWorld(without('a'), routable('b', { state: 'failed', until: later(minute) }));
    world.patienceMs = 15 * minute;
    const step = world.request();
    expect(step({ type: 'start' })).toMatchObject({ do: 'try', candidate: { endpoint: { name: 'b' } } });
    expect(step(saidNo('serverError'))).toMatchObject({ do: 'park' });
  });

  it('is not what an empty ladder says', () => {
    expect(new FailoverWorld().request()({ type: 'start' })).toMatchObject({ reason: { kind: 'nobodyAnswers' } });
  });
});
