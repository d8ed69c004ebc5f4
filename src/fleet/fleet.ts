/**
 * This gateway in its fleet: it connects, tells, listens, and looks after the connection. No request, no health decision and no command waits
 * for any of it, and readiness does not contain it: an engine that is away or silent is a matter of this loop alone.
 */
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, streams } from '../../events/ids.ts';
import { minuteMs, secondMs } from '../../events/units.ts';
import type { FleetFault, FleetLive } from '../contract/fleet.ts';
import { isoOrNull } from '../platform/time.ts';
import type { Core } from '../runtime/core.ts';
import type { Engine } from './engine.ts';
import { codeOf, faultOf } from './fault.ts';
import { heardRows } from './heard-rows.ts';
import { type FleetKeys, fleetKeys } from './identity.ts';
import { admitted, joined, replayMs } from './joining.ts';
import { Membership, silenceMs } from './membership.ts';
import { SharedSwitch } from './shared-switch.ts';
import { type Budget, Slices } from './slices.ts';
import { type SlotPorts, Slots } from './slots.ts';
import { Subjects } from './subjects.ts';
import { OwnUsage, type UsagePorts, UsageTold, type UsedSince } from './usage.ts';

export const stepEveryMs = secondMs;
export const beatEveryMs = 20 * secondMs;
const reconcileEveryMs = 10 * minuteMs;
const lostAfterMs = minuteMs;
// A notice may wait for so long, and nothing waits for a notice.
const tellerMs = 2 * secondMs;
const retryMs = { least: secondMs, most: 30 * secondMs };

export interface FleetSettings {
  readonly url: string;
  readonly name: string;
  readonly secret: string;
  readonly user: string;
  readonly password: string;
  readonly nkey: string;
  readonly tlsCa: string;
  /** A switch by hand at one gateway is one at all. */
  readonly followsSwitch: boolean;
}

export interface FleetPorts {
  readonly core: Core;
  readonly dice: () => number;
  /** Null while none is set up. */
  readonly settings: () => FleetSettings | null;
  readonly secretOf: (id: EndpointId) => string | undefined;
  /** A seed that is this installation's alone. */
  readonly derive: (purpose: string) => Buffer;
  /** Of tokens, with what is spent of them here. */
  readonly budgets: () => readonly Budget[];
  /** Of endpoints, with what runs there. */
  readonly slots: Pick<SlotPorts, 'limits' | 'running'>;
  readonly usage: UsagePorts['read'];
  readonly open: (settings: FleetSettings) => Promise<Engine>;
}

interface Session {
  readonly engine: Engine;
  readonly membership: Membership;
  readonly keys: FleetKeys;
  stopListening: () => void;
  listeningAt: Millis;
  beatAt: Millis;
}

export class Fleet {
  readonly #ports: FleetPorts;
  readonly #unlisten: () => void;
  readonly #switch: SharedSwitch;
  readonly #slices: Slices;
  readonly #slots: Slots;
  readonly #ownUsage: OwnUsage;
  readonly #usage = new UsageTold();
  #settings: FleetSettings | null = null;
  #subjects: Subjects | undefined;
  #session: Session | undefined;
  #stepping: Promise<void> | undefined;
  #isStopped = false;
  #isAsked = false;
  #retryAt: Millis = 0;
  #waitMs: Millis = retryMs.least;
  #lostAt: Millis | null = null;
  #isLossTold = false;
  #error: { readonly fault: FleetFault; readonly code: string } | null = null;

  constructor(ports: FleetPorts) {
    this.#ports = ports;
    this.#switch = new SharedSwitch(ports.core);
    this.#slices = new Slices(ports.budgets, () => ports.core.now());
    this.#slots = new Slots({ ...ports.slots, now: () => ports.core.now(), isShort: () => void this.step() });
    this.#ownUsage = new OwnUsage({ now: () => ports.core.now(), read: ports.usage });
    this.#unlisten = ports.core.onFacts((facts) => this.#heard(facts));
  }

  /** Looks what is to be done, and does it. Called each second, and when there is something to tell; one at a time. Never rejects. */
  step(): Promise<void> {
    this.#isAsked = true;
    this.#stepping ??= this.#steps().finally(() => {
      this.#stepping = undefined;
    });
    return this.#stepping;
  }

  /** Does not wait for what is asked of the engine just now: it may be frozen. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unlisten();
    await this.#drop();
  }

  /** Another gateway probes this endpoint's key. False while apart: then each probes for itself. */
  isLedElsewhere(id: EndpointId): boolean {
    return this.#lostAt === null && this.#session?.membership.isLedElsewhere(id) === true;
  }

  /** What this gateway may spend of a budget: its slice, in a fleet; connected or not. Nothing is asked for it. */
  allowedUsd(budget: Budget): number {
    return this.#settings === null ? budget.limitUsd : this.#slices.allowedUsd(budget);
  }

  /** What this gateway may have at once at an endpoint, of all that have its key. Nothing is asked for it. */
  slots(id: EndpointId, count: number): number {
    return this.#settings === null ? Number.POSITIVE_INFINITY : this.#slots.most(id, count);
  }

  /** Whether it is this gateway that tells a person of this. Each does so for itself while apart, or when there is no answer at once. */
  async isTeller(what: string, endpoint: EndpointId | null): Promise<boolean> {
    if (this.#lostAt !== null || !this.#session) return true;
    const patience = new Promise<true>((resolve) => {
      setTimeout(resolve, tellerMs, true).unref();
    });
    return await Promise.race([this.#session.membership.isTeller(what, endpoint).catch(() => true), patience]);
  }

  /** What the other gateways have used, as they have told; also while the server is away. */
  used(since: Millis | null): readonly UsedSince[] {
    return this.#settings === null ? [] : this.#usage.since(since, this.#settings.name);
  }

  row(): FleetLive {
    const { core } = this.#ports;
    const { inbox, outbox, who } = this.#session?.membership ?? {};
    const state = this.#state();
    // Of a server that is not wanted any more.
    const error = state === 'off' ? null : this.#error;
    return {
      state,
      member: who?.member ?? null,
      since: state === 'off' ? null : isoOrNull(this.#lostAt),
      behind: outbox === undefined ? null : core.state.seq - outbox.position,
      published: outbox?.published ?? 0,
      ...heardRows(inbox, core.now()),
      fault: error?.fault ?? null,
      error: error?.code ?? null,
      server: this.#session?.engine.version ?? null,
      budgets: this.#settings === null ? [] : this.#slices.rows(),
      slots: this.#settings === null ? [] : this.#slotRows(),
    };
  }

  #slotRows(): FleetLive['slots'] {
    return this.#slots.rows().map((row) => {
      const { profile = '', name = '' } = this.#ports.core.state.profiles.endpoint(row.endpoint) ?? {};
      return { ...row, profile, name };
    });
  }

  #state(): FleetLive['state'] {
    if (this.#ports.settings() === null) return 'off';
    if (this.#error?.fault === 'nameTaken') return 'nameTaken';
    return this.#session && this.#lostAt === null ? 'connected' : 'connecting';
  }

  #heard(facts: readonly Recorded[]): void {
    this.#subjects?.heard(facts);
    const isSwitched = this.#switch.heard(facts);
    if (this.#session && facts.some(({ stream }) => kindOf(stream) === 'request')) this.#ownUsage.heard();
    // Who has just set a server up looks at once.
    const isSet = facts.some(({ stream }) => stream === streams.config);
    if (this.#session?.membership.heard(facts) || (this.#session && isSwitched) || isSet) void this.step();
  }

  async #steps(): Promise<void> {
    while (this.#isAsked && !this.#isStopped) {
      this.#isAsked = false;
      await this.#step().catch((error: unknown) => this.#lose(error));
      if (!this.#isStopped) this.#tellLoss();
    }
  }

  async #step(): Promise<void> {
    const wanted = this.#ports.settings();
    if (JSON.stringify(wanted) !== JSON.stringify(this.#settings)) await this.#begin(wanted);
    if (wanted === null) return;
    if (!this.#session && this.#ports.core.now() >= this.#retryAt) await this.#connect(wanted);
    if (this.#session) await this.#tend(this.#session);
  }

  /** The others are told that it leaves, while the engine takes it: no command waits for that. */
  async #begin(wanted: FleetSettings | null): Promise<void> {
    await this.#session?.membership.sayLeft().catch(() => {});
    await this.#drop();
    this.#settings = wanted;
    this.#slices.forget();
    this.#slots.forget();
    this.#subjects = undefined;
    this.#knowSlots(wanted);
    this.#usage.clear();
    this.#retryAt = 0;
    this.#lostAt = null;
    this.#isLossTold = false;
    this.#error = null;
  }

  /** Which of its endpoints are shared is known before the server is reached. */
  #knowSlots(wanted: FleetSettings | null): void {
    if (wanted === null) return;
    this.#subjects ??= new Subjects(this.#ports.core, this.#ports.secretOf, fleetKeys(wanted.secret));
    const subjects = this.#subjects;
    this.#slots.know((id) => subjects.credential(id));
  }

  async #connect(wanted: FleetSettings): Promise<void> {
    const { core, secretOf } = this.#ports;
    this.#lostAt ??= core.now();
    const engine = await this.#ports.open(wanted);
    try {
      const keys = fleetKeys(wanted.secret);
      const admission = await admitted(this.#ports, engine, keys, wanted.name);
      if (!admission) throw Object.assign(new Error('the name is taken'), { code: 'nameTaken' });
      const membership = new Membership({ core, engine, keys, secretOf, usage: this.#usage }, admission);
      const session: Session = {
        engine,
        membership,
        keys,
        stopListening: () => {},
        listeningAt: core.now(),
        beatAt: 0,
      };
      await this.#listen(session);
      if (this.#isStopped) throw new Error('stopped');
      this.#session = session;
      this.#switch.isDue = true;
      this.#ownUsage.isReached();
      void engine.closed.then(() => {
        if (this.#session === session) session.beatAt = 0;
        void this.step();
      });
    } catch (error) {
      await engine.close().catch(() => {});
      throw error;
    }
  }

  /** What is told is told before the beat says so. A beat that is not stored, or does not come back, is how a dead connection is noticed. */
  async #tend(session: Session): Promise<void> {
    const { core } = this.#ports;
    const { membership } = session;
    if (membership.isDoubled) return this.#rejoin(session);
    await membership.outbox.pump();
    if (core.now() - session.beatAt >= beatEveryMs) {
      await membership.beat();
      session.beatAt = core.now();
      // A knock may have been lost.
      this.#switch.isDue = true;
    }
    if (this.#settings?.followsSwitch) await this.#switch.tend(session.engine, session.keys, membership.who);
    const isSilent = core.now() - Math.max(membership.inbox.lastAt, session.listeningAt) >= silenceMs;
    if (isSilent || core.now() - session.listeningAt >= reconcileEveryMs) await this.#listen(session);
    await membership.tendLeases();
    const gateways = 1 + membership.present().length;
    await this.#slices.tend(session.engine, session.keys, membership.who, gateways);
    this.#knowSlots(this.#settings);
    await this.#slots.tend(session.engine, session.keys, membership.who, gateways - 1);
    this.#ownUsage.tend((usage) => membership.sayUsage(usage));
    if (!this.#isStopped) this.#found();
  }

  /** From an hour ago on: what is known is no news, and what a silent subscription has missed is found. */
  async #listen(session: Session): Promise<void> {
    session.stopListening();
    session.listeningAt = this.#ports.core.now();
    const { inbox } = session.membership;
    const changed = (register: string) => {
      if (register !== 'switch' || this.#session !== session) return;
      this.#switch.isDue = true;
      void this.step();
    };
    session.stopListening = await session.engine.subscribe(replayMs, (one) => inbox.receive(one), changed);
  }

  async #rejoin({ membership }: Session): Promise<void> {
    await this.#drop();
    await joined(this.#ports, membership.who.name);
    void this.step();
  }

  #found(): void {
    const { core } = this.#ports;
    if (this.#isLossTold)
      core.report(streams.gateway, [{ type: 'FleetBack', data: { afterMs: core.now() - (this.#lostAt ?? 0) } }], {
        by: 'fleet',
      });
    this.#lostAt = null;
    this.#isLossTold = false;
    this.#error = null;
    this.#waitMs = retryMs.least;
  }

  async #lose(error: unknown): Promise<void> {
    const { core, dice } = this.#ports;
    await this.#drop();
    this.#lostAt ??= core.now();
    const code = codeOf(error);
    this.#error = { fault: faultOf(error, code), code };
    // Gateways that lost the same server do not come back to it in the same moment.
    this.#retryAt = core.now() + this.#waitMs * (0.5 + dice() / 2);
    this.#waitMs = Math.min(retryMs.most, this.#waitMs * 2);
  }

  #tellLoss(): void {
    const { core } = this.#ports;
    if (this.#lostAt === null || this.#isLossTold || core.now() - this.#lostAt < lostAfterMs) return;
    this.#isLossTold = true;
    core.report(streams.gateway, [{ type: 'FleetLost', data: {} }], { by: 'fleet' });
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    session?.stopListening();
    await session?.engine.close().catch(() => {});
  }
}
