/** One line of the access log: what came and how it ended. Built field by field: nothing gets in by accident. */
import type { Millis } from '../../../events/fact.ts';
import type { Served } from '../../../events/request.ts';
import { iso } from '../../platform/time.ts';
import { visibleJson } from '../../platform/visible.ts';
import type { Ended } from '../request-record.ts';

const outcomes = {
  RequestServed: 'served',
  RequestFailed: 'failed',
  RequestCancelled: 'cancelled',
  AnswerBroken: 'broken',
} as const;

/** Least first: what a level holds, the ones after it hold too. */
const levels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof levels)[number];

/** @param most `proxy.log_level`; a line of less weight is not written, and then there is none. `debug` tells each attempt. */
export function accessLine(
  id: string,
  startedAt: Millis,
  method: string,
  { fact, profile }: Ended,
  most: LogLevel,
): string | null {
  const { path, status, session, model, stream, durationMs, attempts, token } = fact.data;
  const { endpoint = null, bytes = 0, ttfbMs = null, ttftMs = null } = fact.data as Partial<Served>;
  const outcome = outcomes[fact.type];
  const isFine = outcome === 'served' || outcome === 'cancelled';
  const fineLevel = attempts.length > 1 ? 'warn' : 'info';
  const level = isFine ? fineLevel : 'error';
  if (levels.indexOf(level) > levels.indexOf(most)) return null;
  const tries = most === 'debug' ? `,"tries":${visibleJson(attempts)}` : '';
  const whose = token === undefined ? '' : `"token":${quoted(token)},`;
  // By hand, because it is made once a request; what strangers choose is quoted as JSON asks.
  return (
    `{"time":"${iso(startedAt)}","level":"${level}","request":"${id}","method":${quoted(method)},` +
    `"path":${quoted(path)},"status":${status},"outcome":"${outcome}","endpoint":${quoted(endpoint)},` +
    `"profile":${quoted(profile)},${whose}"attempts":${attempts.length},"model":${quoted(model)},"session":${quoted(session)},` +
    `"stream":${stream},"bytes":${bytes},"durationMs":${durationMs},"ttfbMs":${ttfbMs},"ttftMs":${ttftMs}${tries}}`
  );
}

// Needs neither an escape nor a look at what is invisible.
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return plain.test(text) ? `"${text}"` : visibleJson(text);
}
