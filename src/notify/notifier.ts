/**
 * Notifies people of facts. It receives each batch once it is folded, and works later and on its own: no request and no command waits for
 * it. Notices that a process could not send before it died stay unsent; the log has the facts.
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
import { hear, type Notice } from './notice.ts';

export interface NotifyPorts extends NotifySettings {
  readonly words: NotifyWords;
  /** Whether it is for this gateway to tell it, where several write to the same webhook. Never rejects, and answers within seconds. */
  isTeller(notice: Notice): Promise<boolean>;
  /** Called with one sentence, without secrets, about a message that could not be delivered. */
  undelivered(sentence: string): void;
}

export interface NotifyLimits {
  /** The pauses between attempts: there is one attempt more than there are pauses. */
  readonly pausesMs: readonly Millis[];
  readonly sendMs: Millis;
  /** The longest that the gateway's end waits. */
  readonly stopMs: Millis;
}

// A webhook that restarts is back within half a minute; one that is down longer may be down for a day.
const limits: NotifyLimits = { pausesMs: [secondMs, 5 * secondMs, 20 * secondMs], sendMs: 10_000, stopMs: 2_000 };
// ±20 %, so that several gateways that lost the same webhook do not return at once.
const jitter = 0.2;
// A server may ask for patience, but not for an hour.
const advisedMsMax = 60_000;

/** @param askedMs the wait that the answer asked for */
export function pauseBefore(pauseMs: Millis, askedMs: Millis, dice: number): Millis {
  return Math.max(pauseMs * (1 - jitter + 2 * jitter * dice), Math.min(askedMs, advisedMsMax));
}

export class Notifier {
  readonly #core: Core;
  readonly #world: World;
  readonly #ports: NotifyPorts;
  readonly #limits: NotifyLimits;
  readonly #digest = new Digest();
  /** Ends the pauses between attempts, and then the attempts themselves. */
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
      // A request's fact is never reported, and is by far the most frequent one.
      if (facts.length > 1 || !facts[0]?.stream.startsWith('request/')) this.#hear(facts);
    });
  }

  /** Sends everything that still waits, once, and abandons what exceeds its limit. */
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

  /** One timer for what waits; during a delivery, the delivery's end sets it. */
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
    const message = (of: readonly Entry[]) => messageOf(of, this.#ports.words, this.#world.now());
    try {
      const channels = channelsOf(this.#ports, this.#limits.sendMs);
      await Promise.all(
        channels.map(async (channel) => {
          // A screen is this machine's own.
          const told = channel.name === 'webhook' ? await this.#ours(entries) : entries;
          if (told.length > 0) await this.#deliver(channel, message(told));
        }),
      );
    } catch (error) {
      // For example, a vault that cannot be opened any more.
      this.#undelivered(message(entries), (error as Error).message);
    }
  }

  async #ours(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const is = await Promise.all(entries.map(({ notice }) => this.#ports.isTeller(notice)));
    return entries.filter((_, n) => is[n]);
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
    // The gateway's end allows one more attempt, now.
    await sleep(ms, undefined, { signal: this.#hurry.signal }).catch(() => {});
  }
}
