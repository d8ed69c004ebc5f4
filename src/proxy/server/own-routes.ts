/** The routes that the gateway answers by itself. */
import type { ServerResponse } from 'node:http';
import type { ReadinessReason } from '../../../events/reason.ts';
import { reasonsAsSentences } from '../../messages/reasons.ts';
import { sendError } from '../response/refusal.ts';
import type { Target } from '../upstream/target.ts';
import { closes } from './refusals.ts';

interface Pages {
  readonly url: string;
  /** Why no request can be answered at this moment; empty when one can. */
  notReady(): readonly ReadinessReason[];
  metrics(): Promise<string>;
}

interface Asked {
  readonly client: ServerResponse;
  readonly id: string;
  /** Its connection ends with the answer. */
  readonly isLast: boolean;
}

export async function answerOwn(target: Target, { client, id, isLast }: Asked, pages: Pages): Promise<void> {
  client.req.resume();
  const head = ['x-qcc-request-id', id, 'cache-control', 'no-store', ...(isLast ? closes : [])];
  const say = (status: number, type: string, text: string) => {
    client.writeHead(status, ['content-type', type, 'content-length', String(Buffer.byteLength(text)), ...head]);
    client.end(text);
  };
  switch (target.kind) {
    case 'hello':
      client.writeHead(200, ['content-length', '0', ...head]);
      client.end();
      return;
    case 'healthz':
      return say(200, 'application/json', '{"status":"ok"}\n');
    case 'readyz': {
      const reasons = pages.notReady();
      return say(
        reasons.length === 0 ? 200 : 503,
        'application/json',
        `${JSON.stringify({ ready: reasons.length === 0, reasons }, reasonsAsSentences)}\n`,
      );
    }
    case 'metrics':
      return say(200, 'text/plain; version=0.0.4; charset=utf-8', await pages.metrics());
    default:
      sendError(
        client,
        {
          status: 404,
          type: 'not_found_error',
          message: `qcc: nothing is served there - set ANTHROPIC_BASE_URL to ${pages.url}, or run: qcc env`,
        },
        id,
      );
  }
}
