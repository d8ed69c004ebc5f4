/**
 * Tells people what the facts say. It hears each batch once it is folded, and does the rest later, by itself: no request and
 * no command waits for it. What a process that dies had not yet told stays untold; the log has it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis, Recorded } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import type { NotifyWords } from '../messages/notify.ts';
import type { World } from '../platform/clock.ts';
import type { Core } from '../runtime/core.ts';
import { type Channel, channelsOf, type NotifySettings } from './channel.ts';
import { Digest, type Entry } from './digest.ts';
import { type Message, messageOf } from './message.ts';
import { hear } from './notice.ts';

export interface NotifyPorts extends NotifySettings {
  readonly words: NotifyWords;
  /** Hears, in one sentence without secrets, what could not be delivered. */
  undelivered(sentence: string): void;
}

export interface NotifyLimits {
  /** The pauses between the tries: as many tries as there are pauses, and one. */
  readonly pausesMs: readonly Millis[];
  readonly sendMs: Millis;
  /** All that the end of the gateway waits for. */
  readonly stopMs: Millis;
}

// A webhook that restarts is back within half a minute; what is away longer may be away for a day.
const limits: NotifyLimits = { pausesMs: [secondMs, 5 * secondMs, 20 * secondMs], sendMs: 10_000, stopMs: 2_000 };
// ±20 %, so that several gateways that lost the same webhook do not come back at once.
const jitter = 0.2;
// A server may ask for patience, not for an hour of it.
const advisedMsMax = 60_000;

/** @param askedMs what the answer asked to wait */
export function pauseBefore(pauseMs: Millis, askedMs: Millis, dice: number): Millis {
  return Math.max(pauseMs * (1 - jitter + 2 * jitter * dice), Math.min(askedMs, advisedMsMax));
}

export class Notifier {
  readonly #core: Core;
  readonly #world: World;
  readonly #ports: NotifyPorts;
  readonly #limits: NotifyLimits;
  readonly #digest = new Digest();
  /** Ends the pauses between tries, and then the tries themselves. */
  readonly #hurry = new AbortController();
  readonly #end = new AbortController();
  #refused: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;

  constructor(core: Core, world: World, ports: NotifyPorts, limited: Partial<NotifyLimits> = {}) {
    this.#core = core;
    this.#world = world;
    this.#ports = ports;
    this.#limits = { ...limits, ...limited };
    core.onFacts((facts) => {
      // A request's fact is nothing to tell, and is by far the most frequent one.
      if (facts.length > 1 || !facts[0]?.stream.startsWith('request/')) this.#hear(facts);
    });
  }

  /** Tells what still waits, once, and lets go of what takes longer than its limit. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#hurry.abort();
    const limit = setTimeout(() => this.#end.abort(), this.#limits.stopMs);
    await this.#telling;
    await this.#tell(this.#digest.takeAll(this.#world.now()));
    clearTimeout(limit);
  }

  #hear(facts: readonly Recorded[]): void {
    const settings = this.#ports.settings();
    if (this.#hurry.signal.aborted || (settings['notify.webhook'] === '' && !settings['notify.desktop'])) return;
    const { profiles } = this.#core.state;
    const { notices, refused } = hear(facts, this.#refused, (id) => profiles.endpoint(id));
    this.#refused = refused;
    const wanted = new Set(settings['notify.on'].split(','));
    const now = this.#world.now();
    for (const notice of notices) if (wanted.has(notice.kind)) this.#digest.add(notice, now);
    this.#arm();
  }

  /** One timer for what waits; while something is being told, its end arms it. */
  #arm(): void {
    clearTimeout(this.#timer);
    const dueAt = this.#digest.dueAt(this.#windowMs());
    if (dueAt === null || this.#telling || this.#hurry.signal.aborted) return;
    const waitMs = Math.min(Math.max(0, dueAt - this.#world.now()), this.#windowMs());
    this.#timer = setTimeout(() => {
      this.#telling = this.#tell(this.#digest.take(this.#world.now(), this.#windowMs())).finally(() => {
        this.#telling = undefined;
        this.#arm();
      });
    }, waitMs);
    this.#timer.unref();
  }

  #windowMs(): Millis {
    return this.#ports.settings()['notify.window'] * secondMs;
  }

  async #tell(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const message = messageOf(entries, this.#ports.words, this.#world.now());
    try {
      const channels = channelsOf(this.#ports, this.#limits.sendMs);
      await Promise.all(channels.map((channel) => this.#deliver(channel, message)));
    } catch (error) {
      // A vault that cannot be opened any more, for one.
      this.#undelivered(message, (error as Error).message);
    }
  }

  async #deliver(channel: Channel, message: Message): Promise<void> {
    for (const pauseMs of [...this.#limits.pausesMs, null]) {
      const outcome = await channel.send(message, this.#end.signal);
      if (outcome.ok) return;
      if (pauseMs === null || !outcome.retry || this.#hurry.signal.aborted) {
        return this.#undelivered(message, `${channel.name} ${channel.target}: ${outcome.error}`);
      }
      await this.#pause(pauseBefore(pauseMs, outcome.waitMs, this.#world.dice()));
    }
  }

  #undelivered({ title }: Message, why: string): void {
    this.#ports.undelivered(`not delivered: "${title}" (${why})`);
  }

  async #pause(ms: Millis): Promise<void> {
    // The end of the gateway is worth one more try, now.
    await sleep(ms, undefined, { signal: this.#hurry.signal }).catch(() => {});
  }
}
