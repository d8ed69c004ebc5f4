/**
 * Groups facts into incidents. An incident begins with a failure while everything was healthy, and continues until every endpoint that it
 * concerns, the ladder and the network are healthy again. Only the log is read, so that an incident file gives the same answer.
 */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { AnyFact } from '../../events/traits.ts';
import { minuteMs } from '../../events/units.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';
import { factRow } from '../runtime/rows.ts';
import { IncidentStory, isTrouble } from './incident-story.ts';
import { partsOf, rareOf } from './parts.ts';

// A failure this soon after another one belongs to the same incident. An endpoint whose key was refused may be ejected for days, and takes
// no part in later incidents.
const relatedMs = 5 * minuteMs;
// Older ones are requested with `since`.
const scannedMax = 100_000;
// How long before `since` an incident may have begun and is still found.
const leadFacts = 20_000;
const limitDefault = 20;
// A decision's cause is shortly before it; a request does not outlast this many other ends.
const rememberedMax = 20_000;

export class Incidents {
  readonly #all: IncidentStory[] = [];
  #open: IncidentStory[] = [];
  /** By the numbers of facts, and by the names of requests and items of the queue. */
  readonly #of = new Map<number | string, IncidentStory>();

  get all(): readonly IncidentStory[] {
    return this.#all;
  }

  apply(recorded: Recorded): void {
    const fact = upcast(recorded) as Recorded<AnyFact>;
    const isBad = isTrouble(fact);
    const incident = this.#knownFor(fact) ?? (isBad ? (this.#relatedTo(fact) ?? this.#begin(fact)) : undefined);
    if (!incident) return;
    incident.add(fact, isBad);
    for (const key of [fact.seq, ...keysOf(fact)]) this.#remember(key, incident);
    if (!this.#open.includes(incident)) this.#open.push(incident);
    this.#open = this.#open.filter((one) => !one.isOver(fact.at));
  }

  /** The incident of a fact's cause, or of its endpoint, request or item. */
  #knownFor(fact: Recorded<AnyFact>): IncidentStory | undefined {
    const byCause = fact.cause === null ? undefined : this.#of.get(fact.cause);
    if (byCause) return byCause;
    const kind = kindOf(fact.stream);
    if (kind === 'endpoint') return this.#open.find((one) => !one.isOver(fact.at) && one.concerns(nameOf(fact.stream)));
    if (kind === 'priority' || kind === 'gateway') return settledBy(fact, this.#open);
    if (fact.type === 'EndpointRemoved') return this.#open.find(({ unwell }) => unwell.has(fact.data.endpoint));
    for (const key of keysOf(fact)) {
      const known = this.#of.get(key);
      if (known) return known;
    }
    return undefined;
  }

  /** Newest first: the incident of a failure that follows another one, or that comes while no endpoint or no network is available. */
  #relatedTo({ at, stream }: Recorded<AnyFact>): IncidentStory | undefined {
    const isRequest = kindOf(stream) === 'request';
    return this.#open.findLast(({ to, lastTroubleAt, unwell }) => {
      if (to !== null) return false;
      return at - lastTroubleAt <= relatedMs || (isRequest && (unwell.has('allOut') || unwell.has('network')));
    });
  }

  #begin(fact: Recorded<AnyFact>): IncidentStory {
    const begun = new IncidentStory(fact);
    this.#all.push(begun);
    return begun;
  }

  #remember(key: number | string, incident: IncidentStory): void {
    this.#of.set(key, incident);
    forgetOldest(this.#of, rememberedMax);
  }
}

/** Facts of the ladder and the network belong to the incident in which these are not healthy. */
function settledBy(fact: Recorded<AnyFact>, open: readonly IncidentStory[]): IncidentStory | undefined {
  const about = kindOf(fact.stream) === 'gateway' ? ['network'] : ['ladder', 'allOut'];
  const isAbout = fact.type !== 'GatewayStarted' && fact.type !== 'GatewayStopped' && fact.type !== 'GatewayFoundDead';
  return isAbout ? open.findLast(({ unwell }) => about.some((one) => unwell.has(one))) : undefined;
}

/** The request of a fact, and the item of the queue. */
function keysOf({ stream, data }: Recorded<AnyFact>): readonly string[] {
  const { request } = data as { request?: unknown };
  const named = typeof request === 'string' ? [`request/${request}`] : [];
  const kind = kindOf(stream);
  return kind === 'request' || kind === 'queue' ? [stream, ...named] : named;
}

export async function listIncidents(
  log: ReadableLog,
  params: Params<'incidents.list'>,
): Promise<Answer<'incidents.list'>> {
  const { since, until, fromSeq, toSeq, limit = limitDefault } = params;
  let from = fromSeq ?? 0;
  if (since !== undefined) from = Math.max(from, await log.seqAt(since));
  let to = Math.min(log.head + 1, toSeq ?? Number.POSITIVE_INFINITY);
  if (until !== undefined) to = Math.min(to, await log.seqAt(until));
  const hasBegin = since !== undefined || fromSeq !== undefined;
  const { incidents, now } = await groupedBetween(log, hasBegin ? from - leadFacts : to - scannedMax, to);
  const kept = incidents.filter((one) => one.to === null || !hasBegin || (one.seqs.at(-1) ?? 0) >= from);
  const newest = limit === 0 ? [] : kept.slice(-limit).reverse();
  return { incidents: newest.map((one) => one.row(now)) };
}

export async function showIncident(
  log: ReadableLog,
  { number }: Params<'incidents.show'>,
): Promise<Answer<'incidents.show'>> {
  const begin = number === undefined ? log.head - scannedMax : number - leadFacts;
  const { incidents, now } = await groupedBetween(log, begin, log.head + 1);
  const found = number === undefined ? incidents.at(-1) : incidentAt(incidents, number);
  if (!found) throw new QccError('QCC_INCIDENT_UNKNOWN', { number: number ?? '' }, exitCodes.notFound);
  const wanted = new Set(found.seqs);
  const facts: Recorded[] = [];
  for await (const some of log.read(found.began.seq, found.seqs.at(-1) ?? found.began.seq))
    facts.push(...some.filter(({ seq }) => wanted.has(seq)));
  return { ...found.row(now), facts: facts.map(factRow) };
}

/** By the number of its first fact, or of any of its facts. */
function incidentAt(incidents: readonly IncidentStory[], number: number): IncidentStory | undefined {
  return incidents.find(({ began }) => began.seq === number) ?? incidents.find(({ seqs }) => seqs.includes(number));
}

async function groupedBetween(
  log: ReadableLog,
  from: number,
  to: number,
): Promise<{ readonly incidents: readonly IncidentStory[]; readonly now: Millis }> {
  const grouped = new Incidents();
  let now = 0;
  for await (const part of partsOf(log, [Math.max(log.tail, from), to - 1])) {
    if ('facts' in part) {
      for (const fact of part.facts) grouped.apply(fact);
      now = part.facts.at(-1)?.at ?? now;
      continue;
    }
    const { block } = part;
    for await (const facts of rareOf(log, block, () => true, block.told)) for (const fact of facts) grouped.apply(fact);
    now = block.last;
  }
  return { incidents: grouped.all, now };
}
