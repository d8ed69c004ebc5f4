/** One POST of a message: the only file of the notifications that knows undici. It follows no redirect and keeps no connection. */
import type { Millis } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import { outboundProxy, proxyUrl } from '../config/network/outbound-proxy.ts';
import { later } from '../platform/later.ts';
import type { Post } from './format.ts';

export interface Answer {
  readonly status: number;
  /** Its beginning. */
  readonly text: string;
  /** The wait of `retry-after`; 0 for none. */
  readonly waitMs: Millis;
}

// An error message is one line; longer text is a page for a browser.
const answerBytesMax = 16_384;
// Regardless of NODE_TLS_REJECT_UNAUTHORIZED: the address of a webhook is itself a secret.
const verified = { rejectUnauthorized: true };

/** Throws undici's error, or the signal's reason. */
export async function post({ url, headers, body }: Post, signal: AbortSignal): Promise<Answer> {
  // Every command without a gateway loads this file, and hardly any sends something: undici takes 60 ms to load.
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
