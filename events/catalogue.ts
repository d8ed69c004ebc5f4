/** The version of each fact's shape. Older shapes pass an upcaster on their way in. */
import type { Fact, Recorded } from './fact.ts';
import { callReasonOf, ladderReasonOf, queueReasonOf, reasonGiven } from './old-sentences.ts';
import { factTraits } from './traits.ts';

/** The version that new facts of a type are written with, where it is not 1. */
const currentVersions: Readonly<Record<string, number>> = {
  EndpointDegraded: 2,
  RetrySucceeded: 2,
  FactsLost: 2,
  GatewayFoundDead: 2,
  FailedOver: 2,
  Recovered: 2,
  SwitchedByHand: 2,
  PinReleased: 2,
  RecoveryStopped: 2,
  LadderDegraded: 2,
  AllOut: 2,
  AttemptFailed: 2,
  ProbeFailed: 2,
  ProbeNoted: 2,
  RequestQueued: 2,
  RetryFailed: 2,
  QueuedRequestDied: 2,
  QueuedRequestCancelled: 2,
};

type Upcaster = (data: object) => object;

/** A field that held an English sentence, or null. */
const sentenceIn =
  <Field extends string>(field: Field, coded: (sentence: string) => unknown): Upcaster =>
  (data) => {
    const sentence = (data as Readonly<Record<string, string | null>>)[field] ?? null;
    return sentence === null ? data : { ...data, [field]: coded(sentence) };
  };
const ladderSentence = sentenceIn('because', ladderReasonOf);

/** `Type@1` turns the data of version 1 into that of version 2, and so on, one step each. */
const upcasters: Readonly<Record<string, Upcaster>> = {
  // The instant at which limits are reset was not read: a quiet minute ended it.
  'EndpointDegraded@1': (data) => ({ ...data, until: null }),
  // What tries without a client took was not written down.
  'RetrySucceeded@1': (data) => ({ ...data, own: null }),
  'FactsLost@1': (data) => ({ ...data, since: null }),
  'GatewayFoundDead@1': (data) => ({ ...data, certainUntil: null }),
  // Reasons were English sentences.
  'FailedOver@1': ladderSentence,
  'Recovered@1': ladderSentence,
  'PinReleased@1': ladderSentence,
  'RecoveryStopped@1': ladderSentence,
  'LadderDegraded@1': ladderSentence,
  'AllOut@1': ladderSentence,
  'SwitchedByHand@1': sentenceIn('reason', reasonGiven),
  'AttemptFailed@1': sentenceIn('detail', callReasonOf),
  'ProbeFailed@1': sentenceIn('detail', callReasonOf),
  'ProbeNoted@1': sentenceIn('detail', callReasonOf),
  'RequestQueued@1': sentenceIn('because', queueReasonOf),
  'RetryFailed@1': sentenceIn('detail', queueReasonOf),
  'QueuedRequestDied@1': sentenceIn('detail', queueReasonOf),
  'QueuedRequestCancelled@1': sentenceIn('because', queueReasonOf),
};

export function versionOf(type: string): number {
  return currentVersions[type] ?? 1;
}

/** A fact that a newer qcc wrote: nothing may be concluded from it, and nothing written after it. */
export class NewerFact extends Error {
  constructor(what: Recorded | string) {
    const told = typeof what === 'string' ? what : `fact #${what.seq} (${what.type}, version ${what.v})`;
    super(`${told} was written by a newer qcc`);
  }
}

/** What a snapshot says of the facts that were folded into it, which are not looked at again. */
export function catalogue(): Readonly<Record<string, number>> {
  return currentVersions;
}

/** @param written what the snapshot says; those of former versions say nothing. Throws `NewerFact`. */
export function refuseNewerCatalogue(written: unknown, seq: number): void {
  for (const [type, v] of Object.entries((written ?? {}) as Readonly<Record<string, number>>))
    if (v > versionOf(type)) throw new NewerFact(`the snapshot of #${seq} (${type}, version ${v})`);
}

/** Of a log that is to be written on: neither a version nor a type that is not known. Throws `NewerFact`. */
export function refuseNewer(fact: Recorded): void {
  if (fact.v > versionOf(fact.type) || !Object.hasOwn(factTraits, fact.type)) throw new NewerFact(fact);
}

/** Brings a fact to the current version of its type. Throws `NewerFact`. */
export function upcast(fact: Recorded): Recorded<Fact> {
  const current = versionOf(fact.type);
  if (fact.v === current) return fact;
  if (fact.v > current) throw new NewerFact(fact);
  let data = fact.data;
  for (let v = fact.v; v < current; v++) data = upcasters[`${fact.type}@${v}`]?.(data) ?? data;
  return { ...fact, v: current, data };
}
