/** One attempt on its way: the head for this endpoint and no other, and the body beside it. */
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import type { AttemptRequest } from './adaptation/attempt-request.ts';
import type { Deps } from './deps.ts';
import type { Incoming } from './driver.ts';
import type { Answer } from './response/answer.ts';
import { headersUp, privateNames } from './upstream/headers.ts';

interface Way {
  readonly endpoint: RoutableEndpoint;
  readonly answer: Answer;
  /** On a connection of its own. */
  readonly fresh: boolean;
}

export function sendUp(
  { ports, upstreams }: Deps,
  { request, head, target }: Incoming,
  { headers: given, body }: AttemptRequest,
  { endpoint, answer, fresh }: Way,
): void {
  const { id, origin, baseUrl, auth, allowPlaintext } = endpoint;
  const isPrivate = privateNames(ports.settings()['proxy.private_headers']);
  const headers = headersUp(given, head.connection, auth, ports.secret(id) ?? '', isPrivate);
  if (!allowPlaintext && upstreams.isExposed(origin)) {
    answer.failed({ code: 'CERT_PLAINTEXT', reused: false, proxy: null });
    return;
  }
  const path = baseUrl.slice(origin.length) + target.path + target.query;
  const method = request.method ?? 'GET';
  answer.started(upstreams.send({ origin, path, method, headers, body: body?.bytes ?? null, fresh, by: body }, answer));
}
