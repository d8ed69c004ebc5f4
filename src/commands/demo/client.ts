/** A client that behaves like Claude Code: it streams a turn through the gateway and reports the outcome. */
import { type IncomingMessage, request } from 'node:http';

/** One request, from the client's point of view. */
export interface Seen {
  /** `cut`: the answer broke off in the middle. `refused`: the gateway answered 503. `failed`: any other failure. */
  readonly outcome: 'answered' | 'cut' | 'refused' | 'failed';
  readonly status: number;
  readonly endpoint: string | null;
  readonly attempts: number;
  /** What the endpoint was asked for, where it calls the model by another name. */
  readonly askedFor: string | null;
  readonly durationMs: number;
  readonly retryAfterS: number | null;
  /** The message of an error. */
  readonly message: string | null;
}

// Nothing in the demo takes longer; a gateway that hangs must not make the demo hang.
const patienceMs = 10_000;

export function askOnce(gateway: string, session: string, prompt: string): Promise<Seen> {
  const began = performance.now();
  const body = JSON.stringify({
    model: 'claude-simulated',
    max_tokens: 256,
    messages: [{ role: 'user', content: prompt }],
    stream: true,
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'anthropic-version': '2023-06-01',
    authorization: 'Bearer proxy-managed',
    'x-claude-code-session-id': session,
  };
  const durationMs = () => Math.round(performance.now() - began);
  return new Promise((resolve) => {
    const target = `${gateway}/v1/messages?beta=true`;
    const options = { method: 'POST', headers, agent: false, timeout: patienceMs } as const;
    const sent = request(target, options, (response) => {
      void read(response).then(({ text, whole }) =>
        resolve({ ...judged(response, text, whole), durationMs: durationMs() }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', ({ message }) =>
      resolve({
        outcome: 'failed',
        status: 0,
        endpoint: null,
        attempts: 0,
        askedFor: null,
        durationMs: durationMs(),
        retryAfterS: null,
        message,
      }),
    );
    sent.end(body);
  });
}

async function read(response: IncomingMessage): Promise<{ text: string; whole: boolean }> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

function judged(response: IncomingMessage, text: string, whole: boolean): Omit<Seen, 'durationMs'> {
  const { statusCode: status = 0, headers } = response;
  const retryAfter = headers['retry-after'];
  return {
    outcome: outcomeOf(status, text, whole),
    status,
    endpoint: oneOf(headers['x-qcc-endpoint']),
    attempts: Number(oneOf(headers['x-qcc-attempts']) ?? 0),
    askedFor: oneOf(headers['x-qcc-model'])?.split('>')[1] ?? null,
    retryAfterS: retryAfter === undefined ? null : Number(retryAfter),
    message: status === 200 ? null : text,
  };
}

function outcomeOf(status: number, text: string, whole: boolean): Seen['outcome'] {
  if (status === 503) return 'refused';
  if (status !== 200) return 'failed';
  if (!whole) return 'cut';
  return text.includes('event: message_stop') ? 'answered' : 'failed';
}

function oneOf(header: string | string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null;
}
