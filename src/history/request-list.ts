/** Requests as a list, newest first, a page at a time. */
import { upcast } from '../../events/catalogue.ts';
import type { Failure } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { RequestFact, Served } from '../../events/request.ts';
import { pageRowsMax, type RequestRow } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { hasMoved } from './bands.ts';
import { gapsIn } from './facts.ts';

const atOnce = 1_000;
// A page with few matches ends all the same: its reader may have gone, and other queries wait for the worker.
const scannedMax = 50_000;

type Filters = Omit<Params<'dashboard.requests'>, 'before' | 'limit'>;

export async function listRequests(
  log: ReadableLog,
  { before, limit, ...filters }: Params<'dashboard.requests'>,
): Promise<Answer<'dashboard.requests'>> {
  const first = Math.min(before ?? log.head + 1, log.head + 1);
  const most = Math.max(1, limit ?? pageRowsMax);
  const rows: RequestRow[] = [];
  const lowest = Math.max(log.tail, first - scannedMax);
  for (let end = first; end > lowest; end -= atOnce) {
    for (const row of await rowsBetween(log, Math.max(lowest, end - atOnce), end, filters)) {
      rows.push(row);
      if (rows.length === most) return page(log, rows, row.seq, first);
    }
  }
  return page(log, rows, lowest, first);
}

/** With the facts that are missing among those that it was made from: a request may be one of them. */
async function page(
  log: ReadableLog,
  rows: readonly RequestRow[],
  lowest: number,
  end: number,
): Promise<Answer<'dashboard.requests'>> {
  return { rows, next: lowest > log.tail ? lowest : null, ...(await gapsIn(log, lowest, end - 1)) };
}

/** Newest first. */
async function rowsBetween(
  log: ReadableLog,
  from: number,
  to: number,
  filters: Filters,
): Promise<readonly RequestRow[]> {
  const rows: RequestRow[] = [];
  for await (const facts of log.read(from, to - 1)) {
    for (const fact of facts) {
      if (kindOf(fact.stream) !== 'request') continue;
      const known = upcast(fact);
      const row = requestRow(known);
      if (keeps(row, known, filters)) rows.push(row);
    }
  }
  return rows.reverse();
}

export function requestRow(fact: Recorded): RequestRow {
  const { type, data } = fact as Recorded & RequestFact;
  const served = type === 'RequestServed' || type === 'AnswerBroken' ? (data as Served) : null;
  const last = data.attempts.at(-1);
  return {
    seq: fact.seq,
    request: nameOf(fact.stream),
    startedAt: iso(fact.at - data.durationMs),
    outcome: outcomes[type],
    status: data.status,
    durationMs: data.durationMs,
    ttftMs: served?.ttftMs ?? null,
    session: data.session,
    model: data.model,
    stream: data.stream,
    path: data.path,
    endpoint: served?.endpoint ?? last?.endpoint ?? null,
    profile: served?.profile ?? null,
    attempts: data.attempts.length,
    failures: data.attempts.map(({ outcome }) => outcome).filter(isFailure),
    because: type === 'RequestFailed' ? data.because : (last?.because ?? null),
    usage: served?.usage ?? null,
  };
}

const outcomes: Readonly<Record<RequestFact['type'], RequestRow['outcome']>> = {
  RequestServed: 'answered',
  RequestFailed: 'failed',
  RequestCancelled: 'cancelled',
  AnswerBroken: 'broken',
};

function isFailure(outcome: Served['attempts'][number]['outcome']): outcome is Failure | 'noNetwork' {
  return outcome !== 'answered' && outcome !== 'cancelled';
}

function keeps(row: RequestRow, { type, data }: Recorded, filters: Filters): boolean {
  const { endpoint, profile, session, model, outcome, moved, slowerThan } = filters;
  if (outcome !== undefined && row.outcome !== outcome) return false;
  if (endpoint !== undefined && row.endpoint !== endpoint) return false;
  if (profile !== undefined && row.profile !== profile) return false;
  if (session !== undefined && row.session !== session) return false;
  if (model !== undefined && row.model !== model) return false;
  if (moved !== undefined && moved !== (type === 'RequestServed' && hasMoved(data as Served))) return false;
  return slowerThan === undefined || row.durationMs >= slowerThan;
}
