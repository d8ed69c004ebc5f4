/** A request's fact as a row: of a list that the gateway makes, and of the live list that the page makes of what it hears. */
import type { Failure } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { nameOf } from '../../events/ids.ts';
import type { RequestFact, Served } from '../../events/request.ts';
import type { RequestRow } from '../contract/dashboard.ts';
import type { Params } from '../contract/operations.ts';
import { iso } from '../platform/time.ts';
import { hasMoved } from '../projections/moved.ts';

/** What the page hears of a fact is enough. */
type RequestEnd = Pick<Recorded, 'seq' | 'at' | 'stream' | 'type' | 'data'>;

export function requestRow(fact: RequestEnd): RequestRow {
  const { type, data } = fact as unknown as RequestFact;
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

export type RequestFilters = Omit<Params<'dashboard.requests'>, 'before' | 'limit'>;

/** Whether a list with these filters shows the row. */
export function keeps(
  row: RequestRow,
  { type, data }: Pick<RequestEnd, 'type' | 'data'>,
  filters: RequestFilters,
): boolean {
  const { endpoint, profile, session, model, outcome, moved, slowerThan } = filters;
  if (outcome !== undefined && row.outcome !== outcome) return false;
  if (endpoint !== undefined && row.endpoint !== endpoint) return false;
  if (profile !== undefined && row.profile !== profile) return false;
  if (session !== undefined && row.session !== session) return false;
  if (model !== undefined && row.model !== model) return false;
  if (moved !== undefined && moved !== (type === 'RequestServed' && hasMoved(data as Served))) return false;
  return slowerThan === undefined || row.durationMs >= slowerThan;
}
