/**
 * This gateway's slices of the budgets that tokens of one name share in the fleet. They are taken ahead, in the background: the door only looks
 * at a number. The rule is in `machines/budget-slices.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';
import { minuteMs, secondMs } from '../../events/units.ts';
import { firstSlice, type MicroUsd, type Slice, sliceOf, taking, withSlice } from '../../machines/budget-slices.ts';
import type { FleetBudgetRow } from '../contract/fleet.ts';
import type { Engine } from './engine.ts';
import { aboutBudget, type FleetKeys } from './identity.ts';
import { membersMax, opened, sealed } from './message.ts';

/** A budget as this gateway knows it. */
export interface Budget {
  readonly token: string;
  readonly limitUsd: number;
  /** `2026-11-30`, or `2026-11`: another one is another budget. */
  readonly period: string;
  /** Here. */
  readonly spentUsd: number;
}

interface Has {
  readonly period: string;
  readonly limitUsd: number;
  readonly taken: MicroUsd;
  /** When it was last seen in its place, and in which store: both may be lost. */
  readonly seenAt: Millis;
  readonly era: Millis;
}

const tendEveryMs = 2 * secondMs;
const lookEveryMs = 10 * minuteMs;
const budgetsMax = 64;
const micro = 1_000_000;

export class Slices {
  readonly #budgets: () => readonly Budget[];
  readonly #now: () => Millis;
  /** By the token's name. */
  readonly #has = new Map<string, Has>();
  #dueAt: Millis = 0;
  #gateways = 2;

  constructor(budgets: () => readonly Budget[], now: () => Millis) {
    this.#budgets = budgets;
    this.#now = now;
  }

  /** What this gateway may spend of the budget in its period. */
  allowedUsd(budget: Budget): number {
    return this.#hasOf(budget).taken / micro;
  }

  rows(): readonly FleetBudgetRow[] {
    return this.#budgets().map((budget) => {
      const { token, limitUsd, period, spentUsd } = budget;
      return { token, period, limitUsd, allowedUsd: this.allowedUsd(budget), spentUsd };
    });
  }

  /** It has left the fleet: then each budget is its own again. */
  forget(): void {
    this.#has.clear();
    this.#dueAt = 0;
  }

  /** @param gateways that are there, this one included. Rejects when the engine does not answer: what is taken stays. */
  async tend(engine: Engine, keys: FleetKeys, who: Parameters<typeof sealed>[1], gateways: number): Promise<void> {
    if (this.#now() < this.#dueAt) return;
    this.#dueAt = this.#now() + tendEveryMs;
    this.#gateways = Math.max(2, gateways);
    const budgets = this.#budgets().slice(0, budgetsMax);
    const tokens = new Set(budgets.map(({ token }) => token));
    for (const token of this.#has.keys()) if (!tokens.has(token)) this.#has.delete(token);
    for (const budget of budgets) await this.#take(budget, engine, keys, who);
  }

  async #take(budget: Budget, engine: Engine, keys: FleetKeys, who: Parameters<typeof sealed>[1]): Promise<void> {
    const { token, limitUsd, period, spentUsd } = budget;
    const about = aboutBudget(keys, token, limitUsd, period);
    const limit = Math.round(limitUsd * micro);
    const slice = sliceOf(limit, this.#gateways);
    const sums = { limit, spent: Math.round(spentUsd * micro), slice };
    const has = this.#hasOf(budget);
    // There is nothing to ask for while a slice lies ahead.
    const isSeen = has.era === engine.era && this.#now() - has.seenAt < lookEveryMs;
    if (isSeen && has.taken - sums.spent >= slice / 2) return;
    const register = `kept.budget-${about}` as const;
    const found = await engine.read(register);
    const slices = found === null ? [] : slicesIn(keys, found.bytes, about);
    const mine = slices.find(({ member }) => member === who.member)?.taken ?? 0;
    const known = Math.max(mine, has.seenAt > 0 ? has.taken : 0);
    const takes = taking(withSlice(slices, who.member, known), who.member, sums) ?? known;
    const takenNow = { period, limitUsd, seenAt: this.#now(), era: engine.era, taken: takes };
    if (takes === mine) return void this.#has.set(token, takenNow);
    const head = { seq: 0, id: randomUUID(), at: this.#now() };
    const body = { kind: 'budget' as const, ...head, about, slices: [...withSlice(slices, who.member, takes)] };
    if (body.slices.length > membersMax) return;
    const revision = await engine.swap(register, found?.revision ?? 0, sealed(keys, who, body));
    // Another gateway was quicker: once more at the next look.
    if (revision !== null) this.#has.set(token, takenNow);
  }

  /** Before anything was taken, or in a new period: one slice. */
  #hasOf({ token, limitUsd, period, spentUsd }: Budget): Has {
    const known = this.#has.get(token);
    if (known?.period === period && known.limitUsd === limitUsd) return known;
    const limit = Math.round(limitUsd * micro);
    const taken = firstSlice(limit, Math.round(spentUsd * micro), sliceOf(limit, this.#gateways));
    const made = { period, limitUsd, taken, seenAt: 0, era: 0 };
    this.#has.set(token, made);
    return made;
  }
}

/** What no member has written counts as nothing. */
function slicesIn(keys: FleetKeys, bytes: Uint8Array, about: string): readonly Slice[] {
  const one = opened(keys, null, bytes);
  return typeof one !== 'string' && one.kind === 'budget' && one.about === about ? one.slices : [];
}
