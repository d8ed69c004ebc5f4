/** A fleet in memory: real gateways' cores around an engine that drops, doubles, delays and reorders as it is told. */
import { expect, onTestFinished } from 'vitest';
import type { AttemptFailure, Failure } from '../../events/endpoint.ts';
import type { Fact, Recorded } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { ownUsage, usedOf } from '../../src/commands/history/gateway-stats.ts';
import { type Channel, type Delivered, type Engine, leaseMs, type Registered } from '../../src/fleet/engine.ts';
import { Fleet, type FleetPorts, type FleetSettings } from '../../src/fleet/fleet.ts';
import { openNats } from '../../src/fleet/nats-engine.ts';
import type { Budget } from '../../src/fleet/slices.ts';
import type { Installation } from '../../src/installation/installation.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Core } from '../../src/runtime/core.ts';
import { coreWithLadder, FakeWorld, first, openCore } from './world.ts';

interface Stored {
  readonly name: string;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
  readonly at: number;
}

type Receive = (one: Delivered) => void;

/** What stands between the gateways. It has a clock of its own. */
export class Exchange {
  readonly world: FakeWorld;
  stored: Stored[] = [];
  readonly #ids = new Set<string>();
  readonly #listeners = new Map<Receive, string>();
  readonly #changed = new Map<(register: string) => void, string>();
  readonly #registers = new Map<string, Omit<Registered, 'ageMs'> & { readonly at: number }>();
  #revision = 0;
  #era = 1;
  /** Nothing can be reached. */
  isDown = false;
  /** Those whose way to it is cut. */
  readonly cut = new Set<string>();
  /** What is published is never acknowledged. */
  isFrozen = false;
  /** Those who publish well, and hear nothing: their subscription has died unnoticed. */
  readonly deaf = new Set<string>();
  /** What becomes of a live message on its way to one listener. */
  way: (one: Stored) => readonly Stored[] = (one) => [one];

  constructor(world = new FakeWorld()) {
    this.world = world;
  }

  async open(owner = ''): Promise<Engine> {
    const refuse = () => this.#refuse(owner);
    refuse();
    return {
      version: null,
      era: this.#era,
      closed: new Promise(() => {}),
      publish: async (name, channel, id, bytes) => {
        refuse();
        if (this.isFrozen) await new Promise(() => {});
        if (this.#ids.has(id)) return;
        this.#ids.add(id);
        const one = { name, channel, bytes, at: this.world.now() };
        this.stored.push(one);
        for (const [listener, of] of [...this.#listeners])
          if (!this.deaf.has(of) && !this.cut.has(of))
            for (const each of this.way(one)) listener(this.#delivered(each));
      },
      newest: async (name, channel) => {
        refuse();
        const one = this.stored.findLast((each) => each.name === name && each.channel === channel);
        return one ? this.#delivered(one) : null;
      },
      subscribe: async (sinceMs, receive, changed) => {
        refuse();
        this.deaf.delete(owner);
        const from = this.world.now() - sinceMs;
        for (const one of this.stored.filter(({ at }) => at >= from)) receive(this.#delivered(one));
        this.#listeners.set(receive, owner);
        this.#changed.set(changed, owner);
        return () => {
          this.#listeners.delete(receive);
          this.#changed.delete(changed);
        };
      },
      swap: async (register, after, bytes) => {
        refuse();
        if ((this.#registered(register)?.revision ?? 0) !== after) return null;
        this.#registers.set(register, { revision: ++this.#revision, bytes, at: this.world.now() });
        if (register.startsWith('kept.'))
          for (const [changed, of] of this.#changed) if (!this.cut.has(of)) changed(register.slice('kept.'.length));
        return this.#revision;
      },
      read: async (register) => {
        refuse();
        return this.#registered(register);
      },
      close: async () => {},
    };
  }

  /** Its data folder was replaced. */
  forget(): void {
    this.stored = [];
    this.#ids.clear();
    this.#registers.clear();
    this.#revision = 0;
    this.#era++;
  }

  /** Anything at all, on anybody's subject. */
  async inject(name: string, bytes: Uint8Array): Promise<void> {
    await (await this.open()).publish(name, 'fact', String(this.stored.length), bytes);
  }

  #delivered({ name, bytes, at }: Stored): Delivered {
    return { name, bytes, ageMs: this.world.now() - at };
  }

  #registered(register: string): Registered | null {
    const found = this.#registers.get(register);
    if (!found) return null;
    const ageMs = this.world.now() - found.at;
    return register.startsWith('lease.') && ageMs >= leaseMs ? null : { ...found, ageMs };
  }

  #refuse(owner: string): void {
    if (this.isDown || this.cut.has(owner)) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
  }
}

export const fleetSecret = 'a secret of the whole fleet';

const ofNats = { name: 'x', secret: fleetSecret, user: '', password: '', nkey: '', tlsCa: '', followsSwitch: true };

/** What a gateway connects to by these settings. */
export const onNats = (url: string, more: Partial<FleetSettings> = {}) => ({
  open: () => openNats({ ...ofNats, url, ...more }),
});

/** A gateway with two endpoints, whose first has a key that others have, too. */
export async function gatewayIn(
  exchange: { open(owner: string): Promise<Engine> },
  name: string,
  {
    world = new FakeWorld(),
    secret = fleetSecret,
    seed = name,
    opened,
    budgets = [],
    slots = { limits: () => [], running: () => 0 },
  }: {
    world?: FakeWorld;
    secret?: string;
    seed?: string;
    opened?: { core: Core; log: MemoryLog };
    budgets?: readonly Budget[];
    slots?: FleetPorts['slots'];
  } = {},
) {
  const { core, log } = opened ?? (await coreIn(world));
  const settings: { now: FleetSettings | null } = {
    now: { url: 'nats://x', name, secret, user: '', password: '', nkey: '', tlsCa: '', followsSwitch: true },
  };
  const fleet = new Fleet({
    core,
    dice: () => 0.5,
    budgets: () => budgets,
    settings: () => settings.now,
    slots,
    usage: async (since, until) => usedOf(await ownUsage({ core } as Installation, { since, until }, undefined)),
    secretOf: (id) => (id === first ? 'sk-shared-by-all' : `sk-of-${name}`),
    derive: (purpose) => Buffer.from(`${seed} ${purpose}`),
    open: () => exchange.open(name),
  });
  onTestFinished(() => fleet.stop());
  await fleet.step();
  return {
    core,
    log,
    world,
    fleet,
    settings,
    /** Time goes by, a second at a time, for the gateway's timers and for the fleet's loop. */
    pass: async (seconds: number, others: readonly FakeWorld[] = []) => {
      for (let i = 0; i < seconds; i++) {
        for (const one of new Set([world, ...others])) one.pass(1_000);
        core.tick();
        await fleet.step();
      }
    },
    fails: async (failure: Failure, more: Partial<AttemptFailure> = {}, id: EndpointId = first) => {
      const silent = {
        status: 429,
        request: null,
        retryAfterMs: null,
        resetAt: null,
        maybeBilled: false,
        detail: null,
      };
      core.tellEndpoint(id, { type: 'AttemptFailed', data: { failure, ...silent, ...more } }, { by: 'traffic' });
      await fleet.step();
    },
    answers: async (id: EndpointId = first) => {
      const success = { responseMs: 0, ttftMs: 1, score: 90, model: 'm', tokens: 1 };
      core.tellEndpoint(id, { type: 'ProbeSucceeded', data: success }, { by: 'probe' });
      await fleet.step();
    },
    hearsay: (id: EndpointId = first) => endpointStatus(core.state.endpoint(id)).hearsay,
    facts: async (type: string): Promise<readonly Recorded<Fact<string, Record<string, unknown>>>[]> => {
      const found: Recorded[] = [];
      for await (const facts of log.read(1)) found.push(...facts.filter((one) => one.type === type));
      return found as never;
    },
  };
}

async function coreIn(world: FakeWorld) {
  const opened = await coreWithLadder();
  // A ladder of its own, in the world that is asked for.
  const log = new MemoryLog();
  for await (const facts of opened.log.read(1)) await log.append(facts, { sync: true });
  return openCore(log, world);
}

/** The words of all gateways but one's own, without whose clock they were heard by. */
export const wordsOf = ({ hearsay }: Pick<Awaited<ReturnType<typeof gatewayIn>>, 'hearsay'>) =>
  hearsay()
    .words.filter(({ until }) => until !== null)
    .map(({ member, seq, because }) => `${member} ${seq} ${because}`);

/** Every engine keeps these promises. */
export async function keepsPromises(open: () => Promise<Engine>): Promise<void> {
  const [one, other] = [await open(), await open()];
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  expect(await one.newest('a', 'beat')).toBeNull();
  await one.publish('a', 'fact', 'a:1', Buffer.from('before'));
  const heard: string[] = [];
  const came = { until: (_: string) => {} };
  const changed: string[] = [];
  const receive = ({ name, bytes, ageMs }: Delivered) => {
    expect(ageMs).toBeLessThan(60_000);
    heard.push(`${name} ${text(bytes)}`);
    came.until(text(bytes));
  };
  const stop = await other.subscribe(60_000, receive, (register) => changed.push(register));
  const whenCame = (last: string) =>
    new Promise<void>((resolve) => {
      came.until = (said) => said === last && resolve();
      if (heard.some((said) => said.endsWith(last))) resolve();
    });
  const lastCame = whenCame('last');
  await one.publish('a', 'fact', 'a:2', Buffer.from('live'));
  await one.publish('a', 'fact', 'a:2', Buffer.from('live, told twice'));
  await one.publish('b', 'beat', 'b:1', Buffer.from('first beat'));
  await keepRegisters(one, other);
  await one.publish('b', 'beat', 'b:2', Buffer.from('last'));
  await lastCame;
  // What is leased is renewed all the time: it is no news.
  expect(changed).toEqual(['x', 'x']);
  expect(one.era).toBe(other.era);
  expect(heard).toEqual(['a before', 'a live', 'b first beat', 'b last']);
  expect(text((await other.newest('b', 'beat'))?.bytes ?? Buffer.alloc(0))).toBe('last');
  stop();
  await one.publish('a', 'fact', 'a:3', Buffer.from('after'));
  // It is stored, and was not heard by who does not listen any more.
  const again: string[] = [];
  await new Promise<void>((resolve) => {
    const receiveAgain = ({ bytes }: Delivered) => {
      again.push(text(bytes));
      if (text(bytes) === 'after') resolve();
    };
    void other.subscribe(60_000, receiveAgain, () => {});
  });
  expect(again).toEqual(['before', 'live', 'first beat', 'last', 'after']);
  expect(heard).not.toContain('a after');
  await Promise.all([one.close(), other.close()]);
}

/** Who writes knows what was there; nobody is overwritten. */
async function keepRegisters(one: Engine, other: Engine): Promise<void> {
  for (const register of ['lease.x', 'kept.x'] as const) {
    expect(await one.read(register)).toBeNull();
    const first = await one.swap(register, 0, Buffer.from('one'));
    expect(first).toBeGreaterThan(0);
    expect(await other.swap(register, 0, Buffer.from('other'))).toBeNull();
    expect(await other.read(register)).toMatchObject({ revision: first, ageMs: expect.any(Number) });
    const second = await other.swap(register, first ?? 0, Buffer.from('other'));
    expect(second).toBeGreaterThan(first ?? 0);
    expect(await one.swap(register, first ?? 0, Buffer.from('one again'))).toBeNull();
    expect(Buffer.from((await one.read(register))?.bytes ?? []).toString()).toBe('other');
  }
}
