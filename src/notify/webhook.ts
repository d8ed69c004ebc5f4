/** One POST of a message: the only file of the notifications that knows undici. No redirect is followed, nothing is kept open. */
import type { Millis } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import { outboundProxy, proxyUrl } from '../config/network/outbound-proxy.ts';
import { later } from '../platform/later.ts';
import type { Post } from './format.ts';

export interface Answer {
  readonly status: number;
  /** Its beginning. */
  readonly text: string;
  /** What `retry-after` asked for; 0 for nothing. */
  readonly waitMs: Millis;
}

// A verdict is a line; what is longer is a page for a browser.
const answerBytesMax = 16_384;
// Whatever NODE_TLS_REJECT_UNAUTHORIZED says: the address of a webhook is a secret of its own.
const verified = { rejectUnauthorized: true };

/** Throws what undici throws, or the signal's reason. */
export async function post({ url, headers, body }: Post, signal: AbortSignal): Promise<Answer> {
  // Every command without a gateway comes by here, and hardly any sends something: undici takes 60 ms to load.
  const { Agent, ProxyAgent, request } = await later('undici', () => import('undici'));
  const proxy = outboundProxy(url, process.env);
  const uri = proxy === null ? null : proxyUrl(proxy)?.href;
  if (uri === undefined) throw new Error('the HTTP proxy of the environment is no URL of one');
  const dispatcher =
    uri === null ? new Agent({ connect: verified }) : new ProxyAgent({ uri, requestTls: verified, proxyTls: verified });
  try {
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher });
    const waited = Number(answer.headers['retry-after']);
    return {
      status: answer.statusCode,
      text: await beginningOf(answer.body),
      waitMs: waited > 0 ? waited * secondMs : 0,
    };
  } finally {
    await dispatcher.destroy();
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= answerBytesMax) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
