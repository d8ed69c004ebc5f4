/** One attempt on its way: the head for this endpoint and no other, and the body beside it. */
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { AttemptRequest } from './adaptation/attempt-request.ts';
import type { Deps } from './deps.ts';
import type { Incoming } from './driver.ts';
import type { RequestHead, SentLines } from './request/request-head.ts';
import type { Answer } from './response/answer.ts';
import { fieldLines, headersUp, privateNames } from './upstream/headers.ts';

interface Way {
  readonly endpoint: RoutableEndpoint;
  readonly answer: Answer;
  /** On a connection of its own. */
  readonly fresh: boolean;
}

export function sendUp(
  { ports, upstreams }: Deps,
  { request, head, target }: Incoming,
  { headers, body }: AttemptRequest,
  { endpoint, answer, fresh }: Way,
): void {
  const { id, origin, baseUrl, auth, allowPlaintext } = endpoint;
  const isPrivate = privateNames(ports.settings()['proxy.private_headers']);
  const by = { auth, key: ports.secret(id) ?? '', isPrivate };
  const fields = headers === request.rawHeaders ? sameLines(headers, head, by) : linesOf(headers, head, by);
  if (!allowPlaintext && upstreams.isExposed(origin)) {
    answer.failed({ code: 'CERT_PLAINTEXT', reused: false, proxy: null });
    return;
  }
  const path = baseUrl.slice(origin.length) + target.path + target.query;
  const method = request.method ?? 'GET';
  answer.started(upstreams.send({ origin, path, method, fields, body: body?.bytes ?? null, fresh, by: body }, answer));
}

type By = Omit<SentLines, 'lines'> & Pick<RoutableEndpoint, 'auth'>;

function linesOf(headers: readonly string[], { connection }: RequestHead, { auth, key, isPrivate }: By): string {
  return fieldLines(headersUp(headers, connection, auth, key, isPrivate));
}

/** Of a head that was sent up before: the same lines, where they are for the same key. */
function sameLines(headers: readonly string[], head: RequestHead, by: By): string {
  const before = head.sent;
  if (before?.key === by.key && before.auth === by.auth && before.isPrivate === by.isPrivate) return before.lines;
  // In one piece, which is copied faster than the hundred that it was made of.
  const lines = Buffer.from(linesOf(headers, head, by), 'latin1').toString('latin1');
  head.sent = { ...by, lines };
  return lines;
}
