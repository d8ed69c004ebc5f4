/** What the words of the history are: facts as sentences, failures, the rules of routing, and what comes next. */
import type { SettingValue } from '../../../events/config.ts';
import type { CallReason, ReasonOrWord } from '../../../events/reason.ts';
import type { AnyFact } from '../../../events/traits.ts';
import type { NextParams, NextRule } from '../../../machines/moment.ts';
import { shortSpan } from '../../platform/time.ts';

/** What a sentence may need besides the fact. */
export interface Telling {
  /** What an endpoint is called. */
  readonly name: (endpoint: string) => string;
  /** Of the fact. */
  readonly at: number;
}

/** Every fact has one; losses are told by words of their own. What a newer qcc wrote is told by its fields. */
type Sentences = {
  readonly [Type in Exclude<AnyFact['type'], 'FactsLost'>]: (
    data: Extract<AnyFact, { type: Type }>['data'],
    telling: Telling,
  ) => string;
};

/** What a fact says, and why something is so. */
export interface ToldWords {
  readonly sentences: Sentences;
  /** Failures, and what else an endpoint can be in its state for. */
  readonly failures: Readonly<Record<string, string>>;
  readonly reason: (reason: ReasonOrWord) => string;
  /** A failure, and what is known of it. */
  readonly withDetail: (failure: string, detail: string) => string;
  /** Why an endpoint was taken, or left out. */
  readonly rules: Readonly<Record<string, string>>;
  readonly moves: MoveWords;
  /** Why a machine would move. */
  readonly next: { readonly [Rule in NextRule]: (params: NextParams[Rule] & Named) => string };
}

export interface StoryWords extends ToldWords {
  readonly lines: LineWords;
  readonly whatIf: WhatIfWords;
  readonly capsule: {
    readonly written: (file: string, facts: number) => string;
    readonly pageWritten: (file: string, facts: number) => string;
  };
}

/** The machine of an endpoint does not know what it is called. */
export interface Named {
  readonly profile: string;
  readonly endpoint: string;
}

/** What a machine goes to, when, and what moves it. */
interface MoveWords {
  /** Without a span its instant has passed, and no gateway has looked. */
  readonly goesAt: (state: string, span: string | null, why: string) => string;
  readonly goes: (state: string, why: string) => string;
}

interface LineWords extends MoveWords {
  readonly servedAlike: (count: number, endpoint: string, until: string, ms: number) => string;
  /** Of facts that say the same as one that is shown. */
  readonly moreLike: (count: number, shown: string, until: string) => string;
  readonly nothingChanged: string;
  readonly whyNot: (rule: string, failure: string | null) => string;
  readonly believes: (until: string, belief: string) => string;
  readonly beliefs: Readonly<Record<string, string>>;
  readonly strikes: (count: number) => string;
  readonly lastError: (error: string) => string;
  /** Of an endpoint: which model it has said to lack, and until when that is believed. */
  readonly lacks: (model: string, until: string) => string;
  readonly countsNot: (until: string) => string;
  readonly tooLarge: (size: string, until: string) => string;
  /** What a machine goes to, and when, where there is little room. */
  readonly goesIn: (state: string, span: string) => string;
  /** By the name of the timer; of one that a newer qcc brought there is only its name. */
  readonly timers: Readonly<Record<string, string>>;
  readonly candidates: (view: number) => string;
  /** Behind the rule: the endpoint's own name of the model. */
  readonly sentAs: (rule: string, model: string) => string;
  readonly madeSo: (what: string) => string;
  readonly itsFacts: string;
  readonly switchesAround: string;
  readonly running: (count: number) => string;
  readonly permitTaken: string;
  readonly budget: (left: string, most: number) => string;
  readonly lastFacts: string;
  readonly quits: string;
  readonly more: (count: number) => string;
  readonly unreached: (why: string) => string;
  readonly needsTerminal: string;
}

export interface WhatIfWords {
  readonly asItWas: string;
  readonly under: (settings: string) => string;
  readonly range: (from: number, to: number, requests: number) => string;
  readonly recorded: string;
  readonly replayed: string;
  readonly unknown: string;
  readonly switches: string;
  readonly failures: string;
  readonly attempts: string;
  readonly outages: string;
  readonly moved: string;
  readonly cacheLost: string;
  readonly timeIn: (tier: string) => string;
  readonly tiers: Readonly<Record<string, string>>;
  readonly only: Readonly<Record<'recorded' | 'replayed', string>>;
  readonly kinds: Readonly<Record<'failover' | 'recovery', string>>;
  readonly guess: string;
  readonly otherModel: (count: number) => string;
  readonly needsValue: (given: string) => string;
}

export const value = (one: SettingValue | null, otherwise: string) => (one === null ? otherwise : JSON.stringify(one));
export const span = (until: number | null, at: number) => (until === null ? '' : shortSpan(until - at));
/** `1 strike`, `3 strikes`. */
export const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
export const percent = (share: number) => `${Math.round(share * 100)}%`;

export function failed(words: ToldWords, failure: string, status: number | null, detail: CallReason | null): string {
  const what = words.failures[failure] ?? failure;
  const more = detail === null ? String(status ?? '') : words.reason(detail);
  return more === '' ? what : words.withDetail(what, more);
}
