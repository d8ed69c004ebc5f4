/** Where the data port listens, for how long it waits for a client, and what it needs of the rest of the process. */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { secondMs } from '../../../events/units.ts';
import type { OpenFiles } from '../request/client-connections.ts';
import type { Patience } from './fast-path.ts';

// The kernel cuts it to what it allows (4,096 with Linux's own settings), and keeps nothing for it.
const backlogMax = 65_535;
const limits = {
  headersTimeout: 10 * secondMs,
  requestTimeout: 60 * secondMs,
  // The client keeps its connection for minutes; a shorter time would race with it.
  keepAliveTimeout: 75 * secondMs,
  connectionsCheckingInterval: secondMs,
} as const;
// A client that begins no request has no longer than that to show that it can speak TLS.
const tlsLimits = { minVersion: 'TLSv1.2', handshakeTimeout: limits.headersTimeout } as const;

export const patience: Patience = {
  first: limits.headersTimeout / secondMs,
  body: limits.requestTimeout / secondMs,
  idle: limits.keepAliveTimeout / secondMs,
};

export interface Uncaught {
  readonly count: number;
  take(error: unknown): void;
}

export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly accessLog: (line: string) => void;
  /** Open files of this process, where they are watched. */
  readonly files?: OpenFiles;
  /** Hears, in one sentence, what goes wrong with many clients at once. */
  readonly tell?: (sentence: string) => void;
  /** Hears of unexpected errors, and counts them. */
  readonly uncaught?: Uncaught;
  readonly version: string;
}

export function createServer({ tls }: Listen, handler: RequestListener): Server {
  const server = tls ? createHttps({ ...limits, ...tlsLimits, ...tls }, handler) : createHttp(limits, handler);
  // 0 is no limit: dropping what is over it silently is worse than refusing it.
  server.maxHeadersCount = 0;
  return server;
}

/** Resolves when it listens. */
export function listening(server: Server, { host, port, files }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: backlogMax }, () => {
      server.off('error', reject);
      // A connection that could not be accepted: for want of open files, when libuv has lost the one that it keeps for this.
      server.on('error', ({ code }: NodeJS.ErrnoException) => files?.heard(code ?? null));
      resolve();
    });
  });
}

export function urlOf({ host, tls }: Listen, port: number): string {
  // The literal address: another user of this machine may own [::1].
  const shown = host === '0.0.0.0' || host === 'localhost' ? '127.0.0.1' : host;
  return `${tls ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
