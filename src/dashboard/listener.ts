/**
 * The page's own listener on this machine. Files are free to read; everything that tells or changes something takes a bearer:
 *
 *   GET  /, /assets/…        the page
 *   POST /ticket             {ticket} → {bearer, scope, language, state}: what the first view shows comes with the bearer
 *   POST /call/NAME          an operation, as over the control socket
 *   GET  /stream?after=SEQ   what has changed, as an event stream
 *   GET  /plain              the state as a document without a script
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { secondMs } from '../../events/units.ts';
import { isSecretSetting, isSettingKey } from '../config/settings/settings.ts';
import { Json } from '../contract/json.ts';
import { contract, type OperationName } from '../contract/operations.ts';
import { QccError } from '../errors/qcc-error.ts';
import { toldOf } from '../errors/told-error.ts';
import { jsonIn } from '../platform/json.ts';
import { Access, type BearerScope, type Grant } from './access.ts';
import { Feed, streamsMax } from './feed.ts';
import type { PageFile } from './files.ts';
import { basicOf, bearerOf, bodyBytesMax, refusalOf } from './guard.ts';
import { missingPage, plainPage } from './plain.ts';
import type { PagePorts } from './ports.ts';

const limits = {
  headersTimeout: 10 * secondMs,
  requestTimeout: 30 * secondMs,
  keepAliveTimeout: 30 * secondMs,
  connectionsCheckingInterval: secondMs,
  maxHeaderSize: 16_384,
  // A request without a Host is refused by the guard, with the headers of every answer.
  requireHostHeader: false,
} as const;
// A browser opens six for a page.
const connectionsMax = 128;

/** Of every answer. The page runs its own files and nothing else, talks to this listener and to nothing else, and is framed by nothing. */
const guarding: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

export interface PageListener {
  readonly port: number;
  ticket(scope: BearerScope): { readonly ticket: string; readonly until: number };
  /** Pages that are open now. */
  pages(): number;
  /** When a page was open, or something was asked, last. */
  lastUsedAt(): number;
  close(): Promise<void>;
}

/**
 * @param port 0 takes a free one
 * @param attacked is called when tickets are guessed: the caller closes the listener
 * @throws the system's error when the port is taken
 */
export async function listenForPages(
  ports: PagePorts,
  files: ReadonlyMap<string, PageFile>,
  port: number,
  attacked: () => void,
): Promise<PageListener> {
  const pages = new Pages(ports, files, attacked);
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', ignored);
    response.on('error', ignored);
    pages.answer(request, response).catch(() => failed(response));
  };
  const server = createServer(limits, answer);
  // Otherwise node:http answers both before the guard has looked at them.
  server.on('checkContinue', answer).on('checkExpectation', answer);
  const sockets = new Set<Socket>();
  server.maxConnections = connectionsMax;
  server.prependListener('connection', (socket: Socket) => {
    // Attached for the socket's whole life: an error without a handler ends the process.
    socket.on('error', ignored);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const refuse = (_: IncomingMessage, socket: Duplex) => socket.destroy();
  server.on('upgrade', refuse).on('connect', refuse);
  server.on('clientError', (_, socket) => socket.destroy());
  await listening(server, port);
  const address = server.address();
  pages.port = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: pages.port,
    ticket: (scope) => pages.access.ticket(scope, ports.now()),
    pages: () => pages.feed.pages,
    lastUsedAt: () => (pages.feed.pages > 0 ? ports.now() : Math.max(pages.lastUsedAt, pages.feed.leftAt)),
    close: () => {
      pages.access.forgetAll();
      pages.feed.close();
      return closed(server, sockets);
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.removeAllListeners('error').on('error', ignored);
      resolve();
    });
  });
}

function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // The last words of a stream are on their way.
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, 100).unref();
    server.closeIdleConnections();
  });
}

function ignored(): void {}

/** An operation met a fault that is no mistake of its caller: the process hears of it as it does from a command. */
function failed(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else fail(response, 500, 'fault');
}

class Pages {
  port = 0;
  readonly access = new Access();
  readonly feed: Feed;
  lastUsedAt: number;
  readonly #ports: PagePorts;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #attacked: () => void;

  constructor(ports: PagePorts, files: ReadonlyMap<string, PageFile>, attacked: () => void) {
    this.#ports = ports;
    this.#files = files;
    this.#attacked = attacked;
    this.feed = new Feed(ports);
    this.lastUsedAt = ports.now();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(guarding)) response.setHeader(name, value);
    const { method = '', url = '', rawHeaders } = request;
    const [path = '', query = ''] = url.split('?', 2);
    const refusal = refusalOf({ method, path, rawHeaders }, this.port);
    if (refusal) {
      // Its body is not read.
      response.setHeader('connection', 'close');
      return fail(response, refusal.status, refusal.code);
    }
    if (method === 'POST' && path === '/ticket') return this.#exchange(request, response);
    if (method !== 'POST' && query === '' && this.#sendFile(request, response, path)) return;
    const grant = this.access.grantOf(bearerOf(rawHeaders), this.#ports.now());
    if (path === '/plain' && method === 'GET') return this.#plain(request, response, grant);
    if (grant === null) return fail(response, 401, 'bearer');
    this.lastUsedAt = this.#ports.now();
    if (path === '/stream' && method === 'GET') this.#stream(response, query, grant);
    else if (path.startsWith('/call/') && method === 'POST')
      await this.#call(request, response, path.slice(6), grant.scope);
    else fail(response, 404, 'unknown');
  }

  /** False: it is no file of the page. */
  #sendFile(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const file = this.#files.get(path);
    if (file) sendFile(request, response, file);
    else if (path === '/') sendHtml(response, 404, missingPage(this.#ports.language));
    return file !== undefined || path === '/';
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = jsonIn((await bodyOf(request)) ?? '');
    const ticket = (given as { ticket?: unknown } | null | undefined)?.ticket;
    const now = this.#ports.now();
    const found = typeof ticket === 'string' ? this.access.exchange(ticket, now) : null;
    if (found) {
      this.lastUsedAt = now;
      const { language } = this.#ports;
      return sendJson(response, 200, JSON.stringify({ ...found, language, state: this.feed.begun() }));
    }
    fail(response, 401, 'ticket');
    if (this.access.isUnderAttack(now)) this.#attacked();
  }

  async #call(request: IncomingMessage, response: ServerResponse, name: string, scope: BearerScope): Promise<void> {
    if (!Object.hasOwn(contract, name)) return fail(response, 404, 'unknown');
    const { page } = contract[name as OperationName];
    if (page === 'never') return fail(response, 403, 'never');
    if (page === 'write' && scope !== 'write') return fail(response, 403, 'readOnly');
    const text = await bodyOf(request);
    if (text === null) return fail(response, 413, 'length');
    const params = text === '' ? {} : jsonIn(text);
    if (name === 'config.set' && isSecret(params)) return fail(response, 403, 'never');
    try {
      const answer = await this.#ports.call(name, params);
      sendJson(response, 200, answer instanceof Json ? `{"answer":${answer.text}}` : JSON.stringify({ answer }));
    } catch (error) {
      if (!(error instanceof QccError)) throw error;
      sendJson(response, 400, JSON.stringify({ error: toldOf(error) }));
    }
  }

  #stream(response: ServerResponse, query: string, { until }: Grant): void {
    if (this.feed.pages >= streamsMax) {
      fail(response, 503, 'streams');
      return;
    }
    const after = Number(new URLSearchParams(query).get('after') ?? Number.NaN);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    this.feed.join(response, after, until);
  }

  /** For a browser without scripts: its password is a ticket, asked for by the browser itself. */
  #plain(request: IncomingMessage, response: ServerResponse, grant: Grant | null): void {
    const now = this.#ports.now();
    const password = basicOf(request.rawHeaders);
    if (grant === null && (password === null || !this.access.opensPlain(password, now))) {
      response.setHeader('www-authenticate', 'Basic realm="qcc: the password is the ticket", charset="UTF-8"');
      fail(response, 401, 'ticket');
      if (this.access.isUnderAttack(now)) this.#attacked();
      return;
    }
    this.lastUsedAt = now;
    sendHtml(response, 200, plainPage(this.#ports.state(), this.#ports.language));
  }
}

/** A secret is typed where keys are: in the terminal. */
function isSecret(params: unknown): boolean {
  const key = (params as { key?: unknown } | null | undefined)?.key;
  return typeof key === 'string' && isSettingKey(key) && isSecretSetting(key);
}

/** Null when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function fail(response: ServerResponse, status: number, code: string): void {
  sendJson(response, status, JSON.stringify({ error: { code } }));
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(text);
}

function sendHtml(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(html);
}

function sendFile(
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  { type, bytes, gzip, brotli, isHashed }: PageFile,
): void {
  const accepted = String(headers['accept-encoding'] ?? '');
  const brotliTaken = brotli !== null && /\bbr\b/.test(accepted);
  const gzipTaken = !brotliTaken && gzip !== null && /\bgzip\b/.test(accepted);
  const chosen = (brotliTaken && brotli) || (gzipTaken && gzip) || bytes;
  response.writeHead(200, {
    'content-type': type,
    'content-length': chosen.length,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(brotliTaken && { 'content-encoding': 'br' }),
    ...(gzipTaken && { 'content-encoding': 'gzip' }),
  });
  response.end(method === 'HEAD' ? undefined : chosen);
}
