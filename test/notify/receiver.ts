/** A webhook's server: answers as a test says, one after the other, and keeps what it was sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** `hang` never answers, `stall` sends a head and no end, `drop` closes the connection; an answer is 200 unless it says. */
export type Behaviour =
  | 'hang'
  | 'stall'
  | 'drop'
  | { readonly status?: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly origin: string;
  readonly received: readonly Received[];
  /** Resolves with the n-th post, the first is 0. */
  post(n: number): Promise<Received>;
}

/** @param behaviours the last one stays */
export async function receiver(...behaviours: readonly Behaviour[]): Promise<Receiver> {
  const received: Received[] = [];
  let heard = () => {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const behaviour = behaviours[Math.min(received.length, behaviours.length - 1)] ?? {};
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      heard();
      if (behaviour === 'hang') return;
      if (behaviour === 'drop') return void request.socket.destroy();
      if (behaviour === 'stall') return void response.writeHead(200).flushHeaders();
      response.writeHead(behaviour.status ?? 200, behaviour.headers).end(behaviour.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const post = async (n: number): Promise<Received> => {
    for (;;) {
      const one = received[n];
      if (one) return one;
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, post };
}

/** An address without a listener. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
