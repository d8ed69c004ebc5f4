/** Requests as a list, newest first, a page at a time. */
import { upcast } from '../../events/catalogue.ts';
import { kindOf } from '../../events/ids.ts';
import { pageRowsMax, type RequestRow } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { keeps, type RequestFilters, requestRow } from '../page/request-row.ts';
import { gapsIn } from './facts.ts';

const atOnce = 1_000;
// A page with few matches ends all the same: its reader may have gone, and other queries wait for the worker.
const scannedMax = 50_000;

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
  filters: RequestFilters,
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
