/** The control socket: HTTP on a Unix socket that only the owner can open. One route: `POST /call/NAME`, JSON in both directions. */

import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { notInput } from '../contract/inputs.ts';
import { Json } from '../contract/json.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { type ToldError, toldOf } from '../errors/told-error.ts';

// The largest message is an endpoint with its key.
const bodyBytesMax = 1_048_576;
// Queries from before the stop are answered within this time.
const closeMs = 1_000;

type Handlers = Readonly<Record<string, ((params: never) => unknown) | undefined>>;

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * The caller holds the log, so that no other process serves this home: an existing socket is a dead gateway's.
 * @param handlers may resolve later: queries before that are answered then
 * @throws {QccError} `QCC_SOCKET_BLOCKED` when something else stands in its place
 */
export async function serveControl(path: string, handlers: () => Handlers | Promise<Handlers>): Promise<ControlServer> {
  if (process.platform !== 'win32') removeStale(path);
  const server = createServer((request, response) => {
    request.on('error', ignored);
    response.on('error', ignored);
    answer(request, response, handlers).catch(() => response.destroy());
  });
  const sockets = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    // Attached for the socket's whole life: an error without a handler ends the process.
    socket.on('error', ignored);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // The control socket does not support upgrades.
  server.on('upgrade', (_: IncomingMessage, socket: Duplex) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(blocked(path, error)));
    server.listen(path, resolve);
  });
  // A later error of the listener, as when file descriptors run out, belongs to no query.
  server.removeAllListeners('error').on('error', ignored);
  try {
    if (process.platform !== 'win32') chmodSync(path, 0o600);
  } catch (error) {
    await closed(server, sockets);
    throw blocked(path, error as NodeJS.ErrnoException);
  }
  return { close: () => closed(server, sockets) };
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw blocked(path, error as NodeJS.ErrnoException);
  }
}

function blocked(path: string, { code, message }: NodeJS.ErrnoException): QccError {
  const why = code ?? message;
  return new QccError('QCC_SOCKET_BLOCKED', { path, why });
}

/** Queries that are being answered finish; a client that has begun a query and does not go on must not keep the gateway from stopping. */
function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, closeMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function ignored(): void {}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  known: () => Handlers | Promise<Handlers>,
): Promise<void> {
  try {
    const handlers = await known();
    const name = request.url?.slice('/call/'.length) ?? '';
    const handler = request.method === 'POST' && Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (!handler) throw unknownOperation(name);
    const params = parsed(name, await bodyOf(request));
    const given: unknown = await handler(params as never);
    if (given instanceof Json) sendText(response, 200, `{"answer":${given.text}}`);
    else send(response, 200, { answer: given });
  } catch (error) {
    send(response, 400, { error: told(error) });
  }
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notInput(name);
  }
}

/** After an update, a newer command line may call an operation that this running gateway does not know. */
function unknownOperation(name: string): QccError {
  return new QccError('QCC_OPERATION_UNKNOWN', { name });
}

function told(error: unknown): ToldError {
  if (error instanceof QccError) return toldOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'QCC_GATEWAY_FAULT', message, hint: 'QCC_DEBUG=1 qcc proxy run', exit: exitCodes.failed };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new QccError('QCC_CONTROL_TOO_LARGE', {}, exitCodes.usage);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8') || '{}';
}

function send(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}
