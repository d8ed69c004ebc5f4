/** Batches and files belong to one account: one endpoint, no failover, and bytes that stream through both ways unbuffered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Millis } from '../../events/fact.ts';
import type { RequestId } from '../../events/ids.ts';
import type { Attempt } from '../../events/request.ts';
import { isProxyDown } from '../../machines/network.ts';
import type { RoutableEndpoint } from '../../machines/roster.ts';
import type { Ended, Means } from './exchange.ts';
import { headersUp, headOf } from './headers.ts';
import { sendError } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import type { Target } from './target.ts';
import type { AnswerSink } from './upstream.ts';

interface Incoming {
  readonly id: RequestId;
  readonly startedAt: Millis;
  readonly request: IncomingMessage;
  readonly head: RequestHead;
  readonly client: ServerResponse;
  readonly target: Extract<Target, { kind: 'forward' }>;
}

/** Resolves when it is over; undefined when there was no endpoint to ask. */
export function passPinned({ ports, upstreams, loads }: Means, incoming: Incoming): Promise<Ended | undefined> {
  const { id, request, head, client, target, startedAt } = incoming;
  const view = ports.view();
  const endpoint = pinnedEndpoint(
    target.within === null ? view.ladder[0]?.endpoints : view.profiles.get(target.within)?.endpoints,
  );
  if (!endpoint) {
    sendError(
      client,
      {
        status: 503,
        type: 'api_error',
        message: 'qcc: the active profile has no endpoint - run: qcc endpoint add PROFILE',
        headers: ['retry-after', '60'],
      },
      id,
    );
    request.resume();
    return Promise.resolve(undefined);
  }
  const key = ports.secret(endpoint.id) ?? '';
  const headers = headersUp(request.rawHeaders, head.connection, endpoint.auth, key);
  const { length } = head;
  if (length !== undefined) headers.push('content-length', length);
  const hasBody = length !== undefined ? Number(length) > 0 : head.coding !== undefined;
  const done = loads.begin(endpoint.id, 'pinned', startedAt);
  return new Promise((resolve) => {
    let status = 0;
    let bytes = 0;
    let ttfbMs: Millis | null = null;
    const over = (outcome: Attempt['outcome']) => {
      done();
      const attempt: Attempt = {
        endpoint: endpoint.id,
        at: startedAt,
        outcome,
        status: status || null,
        ttfbMs,
        because: 'pinned',
      };
      const ended = {
        session: null,
        model: null,
        stream: false,
        path: target.path,
        within: target.within,
        attempts: [attempt],
        status,
        durationMs: ports.now() - startedAt,
        view: view.seq,
      };
      const { profile } = endpoint;
      if (outcome === 'cancelled') resolve({ fact: { type: 'RequestCancelled', data: ended }, profile });
      else if (outcome !== 'answered')
        resolve({ fact: { type: 'RequestFailed', data: { ...ended, because: outcome } }, profile });
      else
        resolve({
          fact: {
            type: 'RequestServed',
            data: { ...ended, endpoint: endpoint.id, profile, ttfbMs: ttfbMs ?? 0, ttftMs: null, bytes, usage: null },
          },
          profile,
        });
    };
    let resume = () => {};
    const sink: AnswerSink = {
      head(code, raw, go) {
        status = code;
        resume = go;
        ttfbMs = ports.now() - startedAt;
        const head = headOf(code, raw);
        client.sendDate = false;
        const framing = head.length === null ? [] : ['content-length', String(head.length)];
        client.writeHead(code, [
          ...head.pairs,
          ...framing,
          'x-qcc-request-id',
          id,
          'x-qcc-endpoint',
          endpoint.id,
          'x-qcc-profile',
          encodeURIComponent(endpoint.profile),
          'x-qcc-attempts',
          '1',
        ]);
      },
      data(chunk) {
        bytes += chunk.length;
        if (client.write(Buffer.from(chunk))) return true;
        client.once('drain', resume);
        return false;
      },
      end() {
        client.end();
        over('answered');
      },
      failed({ code }) {
        if (client.headersSent) client.destroy();
        else
          sendError(
            client,
            {
              status: 502,
              type: 'api_error',
              message: `qcc: ${endpoint.name} did not answer (${code}) - run: qcc endpoint test ${endpoint.profile}`,
            },
            id,
          );
        over(isProxyDown(code) ? 'noNetwork' : 'unreachable');
      },
    };
    const path = endpoint.baseUrl.slice(endpoint.origin.length) + target.path + target.query;
    const abort = upstreams.send(
      {
        origin: endpoint.origin,
        path,
        method: request.method ?? 'GET',
        headers,
        body: hasBody ? request : null,
        fresh: false,
      },
      sink,
    );
    client.on('close', () => {
      if (client.writableFinished) return;
      abort();
      over('cancelled');
    });
  });
}

/** The first one by priority; which account that is must not depend on the weather. */
function pinnedEndpoint(endpoints: readonly RoutableEndpoint[] | undefined): RoutableEndpoint | undefined {
  return [...(endpoints ?? [])].filter(({ state }) => state !== 'disabled').sort((a, b) => a.priority - b.priority)[0];
}
