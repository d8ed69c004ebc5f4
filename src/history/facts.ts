/** Facts by filter: where a query begins, and the pages from there. */
import type { Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { FactRow } from '../contract/history.ts';
import type { Filters, GapRow } from '../contract/moment.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import type { ReadableLog } from '../log/log.ts';
import { toldLosses } from '../runtime/losses.ts';
import { factRow } from '../runtime/rows.ts';

// Without a limit a query ends where a person stops reading; a query with an explicit beginning returns everything from there.
const limitDefault = 1_000;
const pageDefault = 1_000;
// A page with few matches ends all the same: its reader may have gone, and other queries wait for the worker.
const scannedMax = 50_000;
const backwards = 5_000;
// Batches are small: the cause of a decision is among this many facts before it.
const batchMost = 64;

/** Whether a fact matches the query. One instance per query, in order: a decision follows its cause. */
export class Sieve {
  readonly #filters: Filters;
  /** The numbers of facts about the request: decisions name them as their cause. */
  readonly #told = new Set<number>();

  constructor(filters: Filters) {
    this.#filters = filters;
  }

  keeps(fact: Recorded): boolean {
    const { type, stream, endpoint, profile, session, request, token, fleet } = this.#filters;
    if (fleet && fact.by !== 'fleet') return false;
    if (request !== undefined && !this.#tellsOf(request, fact)) return false;
    if (type !== undefined && fact.type !== type) return false;
    if (stream !== undefined && fact.stream !== stream && kindOf(fact.stream) !== stream) return false;
    if (endpoint !== undefined && !isAboutEndpoint(fact, endpoint)) return false;
    if (profile !== undefined && !isAboutProfile(fact, profile)) return false;
    if (token !== undefined && !isAboutToken(fact, token)) return false;
    return session === undefined || (fact.data as { session?: unknown }).session === session;
  }

  #tellsOf(request: string, fact: Recorded): boolean {
    const isIts =
      fact.stream === `request/${request}` ||
      (fact.data as { request?: unknown }).request === request ||
      (fact.cause !== null && this.#told.has(fact.cause));
    if (isIts) this.#told.add(fact.seq);
    return isIts;
  }
}

function isAboutEndpoint({ stream, data }: Recorded, id: string): boolean {
  const said = data as { endpoint?: unknown; attempts?: readonly { endpoint: string }[] };
  return (
    stream === `endpoint/${id}` || said.endpoint === id || (said.attempts ?? []).some((one) => one.endpoint === id)
  );
}

const profileFields = ['profile', 'within', 'from', 'to', 'wanted', 'active'] as const;

function isAboutProfile({ stream, data }: Recorded, name: string): boolean {
  if (stream === `profile/${name}`) return true;
  // A setting's `from` and `to` are values, not names.
  if (stream === 'config') return false;
  return profileFields.some((field) => (data as Readonly<Record<string, unknown>>)[field] === name);
}

/** What became of a named token, and its requests. */
function isAboutToken({ stream, data }: Recorded, name: string): boolean {
  return stream === `token/${name}` || (data as { token?: unknown }).token === name;
}

/** The beginning and the end of the range that contains the requested facts. */
export async function startOfLook(log: ReadableLog, params: Params<'history.start'>): Promise<Answer<'history.start'>> {
  const { since, until, fromSeq, toSeq, limit: given, ...filters } = params;
  let from = Math.max(log.tail, fromSeq ?? 0);
  if (since !== undefined) from = Math.max(from, await log.seqAt(since));
  let to = Math.min(log.head + 1, toSeq ?? Number.POSITIVE_INFINITY);
  if (until !== undefined) to = Math.min(to, await log.seqAt(until));
  const limit = given ?? (since === undefined && fromSeq === undefined ? limitDefault : undefined);
  if (limit === undefined) return { from, to };
  if (limit === 0) return { from: to, to };
  // Without a filter, the last `limit` numbers are the last `limit` facts.
  if (Object.keys(filters).length === 0) return { from: Math.max(from, to - limit), to };
  return { from: await lastOnes(log, from, to, limit, filters), to };
}

/** Goes back until so many are found. */
async function lastOnes(log: ReadableLog, from: number, to: number, limit: number, filters: Filters): Promise<number> {
  let left = limit;
  for (let end = to; end > from; end -= backwards) {
    const begin = Math.max(from, end - backwards);
    const kept = await keptBetween(log, begin, end, filters);
    if (kept.length >= left) return kept[kept.length - left] ?? begin;
    left -= kept.length;
  }
  return from;
}

async function keptBetween(log: ReadableLog, from: number, to: number, filters: Filters): Promise<readonly number[]> {
  const sieve = new Sieve(filters);
  const kept: number[] = [];
  for await (const facts of log.read(warmFrom(log, from, filters), to - 1)) {
    for (const fact of facts) if (sieve.keeps(fact) && fact.seq >= from) kept.push(fact.seq);
  }
  return kept;
}

/** A decision at the very beginning is recognised by its cause, which precedes it. */
function warmFrom(log: ReadableLog, from: number, { request }: Filters): number {
  return request === undefined ? from : Math.max(log.tail, from - batchMost);
}

export async function pageOfLook(log: ReadableLog, params: Params<'history.page'>): Promise<Answer<'history.page'>> {
  const { from, to, most = pageDefault, ...filters } = params;
  const sieve = new Sieve(filters);
  const kept: FactRow[] = [];
  for await (const facts of log.read(warmFrom(log, from, filters), Math.min(to - 1, from + scannedMax))) {
    for (const fact of facts) {
      if (!sieve.keeps(fact) || fact.seq < from) continue;
      kept.push(factRow(fact));
      if (kept.length === most)
        return { facts: kept, next: fact.seq + 1 < to ? fact.seq + 1 : null, ...(await gapsIn(log, from, fact.seq)) };
    }
  }
  const next = from + scannedMax + 1;
  const last = Math.min(to - 1, from + scannedMax);
  return { facts: kept, next: next < to ? next : null, ...(await gapsIn(log, from, last)) };
}

/** Facts in the range that could not be read. */
export async function gapsIn(
  log: ReadableLog,
  from: number,
  to: number,
): Promise<{ readonly gaps?: readonly GapRow[] }> {
  const met = log.damage.filter((one) => one.to >= from && one.from <= to);
  if (met.length === 0) return {};
  const told = (await toldLosses(log)).map(rangeOf);
  const gaps = met.map(({ from: first, to: last, why }) => {
    const range: Range = [Math.max(first, from), Math.min(last, to)];
    return { from: range[0], to: range[1], because: why, told: without(range, told).length === 0 };
  });
  return { gaps };
}

/** The whole result at once, for small queries. */
export async function readFacts(log: ReadableLog, params: Params<'history.read'>): Promise<Answer<'history.read'>> {
  const { since: _, until: __, fromSeq: ___, toSeq: ____, limit: _____, ...filters } = params;
  const { from, to } = await startOfLook(log, params);
  const facts: FactRow[] = [];
  for (let next: number | null = from; next !== null && next < to; ) {
    const page: Answer<'history.page'> = await pageOfLook(log, { ...filters, from: next, to });
    facts.push(...page.facts);
    next = page.next;
  }
  return { facts };
}
