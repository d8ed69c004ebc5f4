/**
 * The queue against a simple model of it: whatever is done in whatever order, with crashes in between, the core over its log
 * says what the model says. The model knows nothing of facts, charts, timers or snapshots.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type QueueId, queueIdOf } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import type { QueueItemState } from '../../machines/queue-item.ts';
import { keptMs } from '../../machines/queue-policy.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Ordering } from '../../src/retry-queue/ordering.ts';
import type { Core } from '../../src/runtime/core.ts';
import { queued } from '../support/queue.ts';
import { FakeWorld, openCore, queuePolicy } from '../support/world.ts';

const maxAttempts = 2;
const { ttlMs } = queuePolicy;
const endpoint = '11111111';

interface Item {
  state: QueueItemState;
  tries: number;
  /** When it is given up, or forgotten. */
  until: number;
  /** Its body is destroyed. */
  gone: boolean;
}

/** What ought to be. */
class Model {
  readonly items = new Map<number, Item>();
  now = 0;
}

/** What is: the core, and what the world behind it has seen. */
class Real {
  readonly log = new MemoryLog();
  readonly world = new FakeWorld();
  readonly line = new Ordering();
  core!: Core;
  life = 0;

  get epoch(): string {
    return `life ${this.life}`;
  }

  tell(n: number, ask: Parameters<Core['tellQueue']>[1]): number {
    return this.core.tellQueue(idOf(n), ask, { by: 'retry' }).facts.length;
  }

  async restart(): Promise<void> {
    this.life++;
    ({ core: this.core } = await openCore(this.log, this.world));
    for (const [id] of [...this.core.state.queue.snapshots()])
      this.core.tellQueue(id, { type: 'Found', data: { epoch: this.epoch } }, { by: 'retry' });
  }
}

const requestOf = (n: number) => `019adf00-0000-7000-8000-${String(n).padStart(12, '0')}`;
const idOf = (n: number): QueueId => queueIdOf(requestOf(n));

type Command = fc.AsyncCommand<Model, Real>;

abstract class About implements Command {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
  abstract readonly name: string;
  check(_: Readonly<Model>): boolean {
    return true;
  }
  toString(): string {
    return `${this.name}(${this.n})`;
  }
  async run(model: Model, real: Real): Promise<void> {
    this.act(model.items.get(this.n), model, real);
    agree(model, real);
  }
  abstract act(item: Item | undefined, model: Model, real: Real): void;
}

class Enqueue extends About {
  readonly name = 'enqueue';
  act(item: Item | undefined, model: Model, real: Real): void {
    const at = real.core.now();
    const data = queued({ request: requestOf(this.n), maxAttempts, nextRetryAt: at, expiresAt: at + ttlMs });
    real.tell(this.n, { type: 'RequestQueued', data });
    if (!item) model.items.set(this.n, { state: 'waiting', tries: 0, until: model.now + ttlMs, gone: false });
  }
}

class Start extends About {
  readonly name = 'start';
  act(item: Item | undefined, _: Model, real: Real): void {
    const sent = item ? real.tell(this.n, { type: 'Start', data: { endpoint, epoch: real.epoch } }) > 0 : false;
    expect(sent).toBe(item?.state === 'waiting' || item?.state === 'retrying');
    if (item?.state !== 'waiting') return;
    item.state = 'retrying';
    item.tries++;
  }
}

/** The attempt that runs in the core now, or one that is over. */
const named = (real: Real, n: number, isLate: boolean) => {
  const item = real.core.state.queue.item(idOf(n));
  return { attempt: (item?.attempt ?? 0) - (isLate ? 1 : 0), epoch: item?.epoch ?? real.epoch };
};

class Answer extends About {
  readonly name = 'answer';
  act(item: Item | undefined, model: Model, real: Real): void {
    const data = { ...named(real, this.n, false), answer: 'blob', bytes: 1, status: 200, own: null };
    real.tell(this.n, { type: 'Answered', data });
    if (item?.state !== 'retrying') return;
    Object.assign(item, { state: 'answered', until: model.now + ttlMs });
  }
}

class AnswerLate extends About {
  readonly name = 'answer of an earlier attempt';
  act(_: Item | undefined, __: Model, real: Real): void {
    const data = { ...named(real, this.n, true), answer: 'blob', bytes: 1, status: 200, own: null };
    expect(real.tell(this.n, { type: 'Answered', data })).toBe(0);
  }
}

class Fail extends About {
  readonly name = 'fail';
  act(item: Item | undefined, model: Model, real: Real): void {
    const how = { failure: 'serverError', retryAfterMs: null, detail: null } as const;
    real.tell(this.n, { type: 'Failed', data: { ...named(real, this.n, false), ...how, isAwaited: false } });
    if (item?.state !== 'retrying') return;
    const isLate = model.now >= item.until;
    if (!isLate && item.tries < maxAttempts) item.state = 'waiting';
    else Object.assign(item, { state: 'dead', until: model.now + keptMs, gone: isLate });
  }
}

/** Its client sends it again: joins what waits, makes what is unknown go once more, changes nothing else. */
class ReSend extends About {
  readonly name = 're-send';
  act(item: Item | undefined, model: Model, real: Real): void {
    if (item?.state === 'unknown') {
      real.tell(this.n, { type: 'Ask', data: { by: 'client' } });
      Object.assign(item, { state: 'waiting', until: model.now + ttlMs });
    } else if (item?.state === 'answered')
      expect(real.tell(this.n, { type: 'AnswerCollected', data: { by: 'r' } })).toBe(1);
  }
}

class Retry extends About {
  readonly name = 'retry by hand';
  act(item: Item | undefined, model: Model, real: Real): void {
    if (!item) return;
    const asked = real.tell(this.n, { type: 'Ask', data: { by: 'user' } }) > 0;
    expect(asked).toBe(['waiting', 'dead', 'unknown'].includes(item.state) && !item.gone);
    if (asked) Object.assign(item, { state: 'waiting', tries: 0, until: model.now + ttlMs });
  }
}

class Clear extends About {
  readonly name = 'clear';
  act(item: Item | undefined, model: Model, real: Real): void {
    if (!item) return;
    const isOver = ['answered', 'dead', 'cancelled'].includes(item.state);
    if (isOver) real.tell(this.n, { type: 'QueuedRequestForgotten', data: { because: 'cleared' } });
    else real.tell(this.n, { type: 'QueuedRequestCancelled', data: { because: reason('cleared') } });
    if (isOver) model.items.delete(this.n);
    else Object.assign(item, { state: 'cancelled', until: model.now + keptMs });
  }
}

class Pass implements Command {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `pass(${this.#ms} ms)`;
  }
  async run(model: Model, real: Real): Promise<void> {
    model.now += this.#ms;
    real.world.pass(this.#ms);
    real.core.tick();
    for (const [n, item] of [...model.items]) {
      if (model.now < item.until || item.state === 'retrying') continue;
      if (item.state === 'waiting') Object.assign(item, { state: 'dead', until: model.now + keptMs, gone: true });
      else model.items.delete(n);
    }
    agree(model, real);
  }
}

class Crash implements Command {
  readonly #withSnapshot: boolean;
  constructor(withSnapshot: boolean) {
    this.#withSnapshot = withSnapshot;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `crash(${this.#withSnapshot ? 'a snapshot before' : 'no snapshot'})`;
  }
  async run(model: Model, real: Real): Promise<void> {
    if (this.#withSnapshot) await real.core.snapshot();
    await real.restart();
    for (const item of model.items.values())
      if (item.state === 'retrying') Object.assign(item, { state: 'unknown', until: model.now + keptMs });
    agree(model, real);
  }
}

function agree(model: Model, real: Real): void {
  const { queue } = real.core.state;
  const shown = [...queue.snapshots()].map(([id, { value, context }]) => [id, value, context.tries]);
  const meant = [...model.items].map(([n, { state, tries }]) => [idOf(n), state, tries]);
  expect(shown.sort()).toEqual(meant.sort());
  expect(real.core.state.drift).toEqual([]);
  for (const [, { value, context }] of queue.snapshots()) {
    // Nothing hangs: whatever is kept is looked at again, by its attempt's end or by time.
    if (value !== 'retrying') expect(context.timer).not.toBeNull();
    expect(context.nextRetryAt !== null).toBe(value === 'waiting');
  }
  // What is looked up is what a look through all of them would find.
  const all = [...queue.snapshots()];
  const waiting = all.filter(([, { value }]) => value === 'waiting').map(([id]) => id);
  expect([...queue.waiting()].sort()).toEqual(waiting.sort());
  const line = [...real.line.of(queue, real.core.now())];
  expect(line).toEqual([...new Ordering().of(queue, real.core.now())]);
  expect(line.map(({ id }) => id).sort()).toEqual(waiting);
  expect(queue.isNobodys).toBe(all.every(([, { value }]) => value === 'dead' || value === 'cancelled'));
  const dueAt = all.map(([, { context }]) => context.timer?.dueAt ?? Number.POSITIVE_INFINITY);
  expect(queue.nextDueAt()).toBe(Math.min(Number.POSITIVE_INFINITY, ...dueAt));
  for (const session of new Set(all.map(([, { context }]) => context.asked?.session ?? ''))) {
    const ids = all.filter(([, { context }]) => context.asked?.session === session).map(([id]) => id);
    expect([...queue.ofSession(session)].sort()).toEqual(ids.sort());
  }
}

/** A request that was sent and interrupted is sent again only when the user asks for it. */
async function neverTwiceUnasked(log: MemoryLog): Promise<void> {
  const cutOff = new Set<string>();
  for await (const facts of log.read(1)) {
    for (const { stream, type } of facts) {
      if (type === 'RetryAbandoned') cutOff.add(stream);
      if (type === 'RetryAsked' || type === 'QueuedRequestForgotten') cutOff.delete(stream);
      if (type === 'RetryStarted') expect([...cutOff]).not.toContain(stream);
    }
  }
}

const which = fc.nat(3);
const commands = [
  which.map((n) => new Enqueue(n)),
  which.map((n) => new Start(n)),
  which.map((n) => new Start(n)),
  which.map((n) => new Answer(n)),
  which.map((n) => new AnswerLate(n)),
  which.map((n) => new Fail(n)),
  which.map((n) => new ReSend(n)),
  which.map((n) => new Retry(n)),
  which.map((n) => new Clear(n)),
  fc.constantFrom(1_000, ttlMs / 2, ttlMs, keptMs).map((ms) => new Pass(ms)),
  fc.boolean().map((withSnapshot) => new Crash(withSnapshot)),
];

it('the queue behaves as its model, for any events in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (some) => {
      const real = new Real();
      await real.restart();
      await fc.asyncModelRun(() => ({ model: new Model(), real }), some);
      await neverTwiceUnasked(real.log);
    }),
    { numRuns: 150 },
  );
});
