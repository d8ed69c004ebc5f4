/** A JSON answer that takes very long: 200 is committed, and white space keeps the client waiting. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Answer, type Limits, type Outcome } from '../../src/proxy/answer.ts';
import { errorBody, message } from './upstreams.ts';

const patient: Limits = { headersMs: 60_000, firstContentMs: 60_000, idleMs: 60_000, totalMs: 60_000, commitMs: 20 };

interface Seen {
  readonly text: string;
  readonly whole: boolean;
  readonly outcome: Outcome;
}

/** One answer for a real client; the upstream speaks when the client has seen the first newline. */
async function committed(speak: (answer: Answer) => void, limits: Partial<Limits> = {}): Promise<Seen> {
  let answer: Answer | undefined;
  const server = createServer((_, client) => {
    const asked = {
      wantsStream: false,
      isMessages: true,
      model: null,
      now: Date.now,
      added: () => ['x-qcc-attempts', '1'],
    };
    answer = new Answer(client, asked, { ...patient, ...limits });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', agent: false, method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        if (text === '' && answer) speak(answer);
        text += chunk;
      });
      response.on('error', () => undefined);
      response.on('close', async () => {
        const outcome = (await answer?.outcome) as Outcome;
        resolve({ text, whole: response.complete, outcome });
      });
    });
    sent.end();
  });
}

const pairs = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));
const says = (status: number, body: string) => (answer: Answer) => {
  answer.head(status, pairs('content-type', 'application/json'), () => undefined);
  answer.data(Buffer.from(body));
  answer.end();
};

describe('a JSON answer after its 200 was committed', () => {
  it('comes after the white space, and is JSON as a whole', async () => {
    const { text, whole, outcome } = await committed(says(200, message));
    expect([text, whole]).toEqual([`\n${message}`, true]);
    expect(JSON.parse(text)).toEqual(JSON.parse(message));
    expect(outcome).toEqual({ kind: 'served', status: 200 });
  });

  it.each([
    ['fails', says(500, errorBody('api_error'))],
    ['is refused', says(401, errorBody('authentication_error'))],
    ['is the client’s own affair', says(400, errorBody('invalid_request_error'))],
    ['is an error in an envelope', says(200, errorBody('overloaded_error'))],
    ['is no JSON', says(200, 'half of')],
    ['loses its connection', (answer: Answer) => answer.failed({ code: 'ECONNRESET', reused: false })],
  ])('cuts the client’s connection when it %s', async (_, speak) => {
    const { text, whole, outcome } = await committed(speak);
    expect([text, whole, outcome.kind]).toEqual(['\n', false, 'broken']);
  });

  it('cuts the client’s connection when its time is over', async () => {
    const { whole, outcome } = await committed(() => undefined, { totalMs: 80 });
    expect([whole, outcome.kind]).toEqual([false, 'broken']);
  });
});
