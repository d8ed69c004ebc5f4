/** An upstream that gives each session its own answer, and clients that repeat a request with the same bytes. */
import { createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const askMs = 30_000;
const host = '127.0.0.1';
const sse = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const usage = { input_tokens: 12, output_tokens: 8 };

/** The upstream's answer to a session, the same for every request. */
export function answerTo(session) {
  return `QCC-OK for ${session}`;
}

export async function startAnswering() {
  const upstream = new Upstream();
  await upstream.listen();
  return upstream;
}

class Upstream {
  key = 'sk-ant-questions-0123456789abcdef';
  /** `{ session, at, whole }` of each call that is no probe. */
  calls = [];
  probes = 0;
  #isOut = false;
  #asked = () => {};
  #delayMs = () => 0;
  #server = createServer((incoming, response) => this.#take(incoming, response));

  async listen() {
    this.#server.keepAliveTimeout = 75_000;
    await new Promise((resolve) => this.#server.listen(0, host, resolve));
    this.url = `http://${host}:${this.#server.address().port}`;
  }

  goOut() {
    this.#isOut = true;
  }

  /** @param delayMs called for each answer */
  comeBack(delayMs = () => 0) {
    this.#isOut = false;
    this.#delayMs = delayMs;
  }

  /** Resolves when it receives a request that it will answer, or at the time limit. */
  isAsked(ms) {
    return new Promise((resolve) => {
      this.#asked = resolve;
      setTimeout(resolve, ms).unref();
    });
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(incoming, response) {
    response.on('error', () => undefined);
    incoming.on('error', () => undefined);
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    const isHere = await new Promise((resolve) => {
      incoming.once('end', () => resolve(true));
      incoming.once('close', () => resolve(false));
    });
    if (!isHere) return;
    const { stream = false } = parsed(Buffer.concat(chunks));
    const isProbe = incoming.headers['user-agent'] === 'qcc-probe';
    const session = incoming.headers['x-claude-code-session-id'] ?? 'probe';
    const call = { session, at: Date.now(), wasOut: this.#isOut, whole: false };
    if (isProbe) this.probes++;
    else this.calls.push(call);
    if (this.#isOut) {
      const error = { type: 'api_error', message: 'out' };
      response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error }));
      return;
    }
    if (!isProbe) {
      this.#asked();
      await sleep(this.#delayMs());
    }
    response.once('finish', () => {
      call.whole = true;
    });
    say(response, answerTo(session), stream);
  }
}

function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return {};
  }
}

function say(response, text, stream) {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test', usage };
  const content = [{ type: 'text', text }];
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content, stop_reason: 'end_turn' }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(
    [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
      { type: 'message_stop' },
    ]
      .map(sse)
      .join(''),
  );
}

/** The bytes of a request: the same each time it is sent. `bytes`: their approximate number. */
export function question(session, { stream = true, bytes = 0 } = {}) {
  const text = `what is for ${session}? ${'x'.repeat(bytes)}`;
  return Buffer.from(
    JSON.stringify({ model: 'claude-test', max_tokens: 64, stream, messages: [{ role: 'user', content: text }] }),
  );
}

/** Sends a request once; never fails. `status` 0: no complete answer. `ms`: until its end. */
export function askAs(
  port,
  session,
  body,
  { path = '/v1/messages', headers = {}, timeout = askMs, agent = false } = {},
) {
  const began = performance.now();
  const all = {
    authorization: 'Bearer proxy-managed',
    'anthropic-version': '2023-06-01',
    'content-type': 'application/json',
    'content-length': body.length,
    'x-claude-code-session-id': session,
    ...headers,
  };
  return new Promise((resolve) => {
    const over = (answer) => resolve({ ...answer, ms: performance.now() - began });
    const none = { status: 0, headers: {}, body: Buffer.alloc(0) };
    const options = { host, port, path, method: 'POST', headers: all, agent, timeout };
    const sent = request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.on('close', () => {
        if (!response.complete) over(none);
        else over({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => over(none));
    sent.end(body);
  });
}
