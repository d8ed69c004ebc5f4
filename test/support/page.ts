/** The page's listener on a free port, and requests to it, byte by byte: no client's library tidies them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { PageState } from '../../src/contract/dashboard.ts';
import type { BearerScope } from '../../src/dashboard/access.ts';
import { pageFiles } from '../../src/dashboard/files.ts';
import { listenForPages } from '../../src/dashboard/listener.ts';
import type { PagePorts } from '../../src/dashboard/ports.ts';
import { FakeWorld } from './world.ts';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The `code` of a refusal. */
  readonly code: string | undefined;
}

const guarding = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** Sends one request on a connection of its own. Null: the connection was closed without an answer. Looks at what every answer promises. */
export async function exchange(port: number, { method, target, headers, body }: Asked): Promise<Answered | null> {
  const head = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
  const text = await bytesOf(port, head.join('\r\n') + body);
  if (text === '') return null;
  const answer = answered(text);
  expectGuarded(answer);
  return answer;
}

const promised = Object.entries(guarding);
const kept = /^(no-store|no-cache|public, max-age=31536000, immutable)$/;

/** One assertion an answer: there are thousands of them. */
function expectGuarded({ headers }: Answered): void {
  const broken = [
    ...promised.filter(([name, value]) => headers.get(name) !== value).map(([name]) => name),
    ...[...headers.keys()].filter((name) => name === 'set-cookie' || name.startsWith('access-control-')),
    ...(kept.test(headers.get('cache-control') ?? '') ? [] : ['cache-control']),
  ];
  expect(broken).toEqual([]);
}

export function bytesOf(port: number, sent: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', () => {});
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('utf8')));
    socket.write(sent);
  });
}

function answered(text: string): Answered {
  const end = text.indexOf('\r\n\r\n');
  const [status = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (headers.has(name)) expect.fail(`${name} is there twice`);
    headers.set(name, line.slice(line.indexOf(':') + 1).trim());
  }
  const rest = text.slice(end + 4);
  const body = headers.get('transfer-encoding') === 'chunked' ? unchunked(rest) : rest;
  const isJson = body !== '' && headers.get('content-type') === 'application/json';
  const code = isJson ? (JSON.parse(body) as { error?: { code: string } }).error?.code : undefined;
  return { status: Number(status.split(' ')[1]), headers, body, code };
}

function unchunked(text: string): string {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, line).toString(), 16);
    pieces.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** An event stream as it comes in. */
export interface Stream {
  readonly socket: Socket;
  /** All that was read. */
  text(): string;
  /** Waits until this was read. */
  said(pattern: RegExp): Promise<string>;
  readonly closed: Promise<void>;
}

/** @param keep so many of the last characters are kept, for a test that reads much */
export function openStream(port: number, bearer: string, after: number | string = 0, keep = 10_000_000): Stream {
  const socket = dial(port, '127.0.0.1');
  let text = '';
  let look = () => {};
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    text = (text + piece.toString('utf8')).slice(-keep);
    look();
  });
  socket.write(
    `GET /stream?after=${after} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${bearer}\r\n\r\n`,
  );
  onTestFinished(() => void socket.destroy());
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      look = () => {
        if (pattern.test(text)) resolve(text);
      };
      look();
      void closed.then(() => reject(new Error(`closed without ${pattern}: ${text.slice(0, 2_000)}`)));
    });
  return { socket, text: () => text, said, closed };
}

/** Facts that the page hears of come from here. */
export class FakeGateway implements PagePorts {
  readonly world = new FakeWorld();
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly listeners = new Set<Parameters<PagePorts['onFacts']>[0]>();
  seq = 1;
  lives = 0;
  /** How long each message is. */
  filling = '';
  answer: (name: string) => unknown = () => ({});
  readonly language = 'en';
  now = () => this.world.at;
  head = () => ({ seq: this.seq, now: new Date(this.world.at).toISOString() });
  state = () => ({ ...emptyState, seq: this.seq, filling: this.filling }) as unknown as PageState;
  live = (): null => {
    this.lives++;
    return null;
  };
  running: PagePorts['running'] = () => [];
  changed: PagePorts['changed'] = (facts, skipped) => ({
    now: this.head().now,
    at: this.head().now,
    state: null,
    endpoints: [],
    queue: null,
    live: null,
    facts: facts.map(({ seq }) => ({ seq, filling: this.filling }) as never),
    skipped,
  });
  onFacts: PagePorts['onFacts'] = (listener) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  call = async (name: string, params: unknown) => {
    this.calls.push({ name, params });
    return this.answer(name);
  };

  happen(facts = 1): void {
    const heard = Array.from({ length: facts }, () => ({ seq: ++this.seq, stream: 'request/r1' }) as never);
    for (const listener of this.listeners) listener(heard);
  }
}

const emptyState = {
  at: '2026-01-01T12:00:00.000Z',
  now: '2026-01-01T12:00:00.000Z',
  network: 'online',
  notReady: [],
  ladder: { active: null, recovery: null, held: null },
  profiles: [],
  queue: { waiting: 0, answered: 0, dead: 0 },
  live: null,
};

/** A page as it is built: a document, and a script by a hashed name, compressed. */
export function builtPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>qcc</title>');
  writeFileSync(join(folder, 'assets', 'app-0a1b2c3d.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'app-0a1b2c3d.js.gz'), 'gzipped');
  writeFileSync(join(folder, 'assets', 'app-0a1b2c3d.js.br'), 'brotli');
  writeFileSync(join(folder, 'notes.txt'), 'not of the page');
  return folder;
}

export async function openPages(folder = builtPage()) {
  const gateway = new FakeGateway();
  let attacks = 0;
  const listener = await listenForPages(gateway, pageFiles(folder), 0, () => {
    attacks++;
  });
  onTestFinished(() => listener.close());
  const { port } = listener;
  const host = ['Host', `127.0.0.1:${port}`] as const;
  const closes = ['Connection', 'close'] as const;
  const post = (target: string, body: unknown, bearer?: string): Asked => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return {
      method: 'POST',
      target,
      headers: [
        host,
        closes,
        ...(bearer === undefined ? [] : [['Authorization', `Bearer ${bearer}`] as const]),
        ['Content-Type', 'application/json'],
        ['Content-Length', String(Buffer.byteLength(text))],
      ],
      body: text,
    };
  };
  const get = (target: string, ...more: readonly (readonly [string, string])[]): Asked => ({
    method: 'GET',
    target,
    headers: [host, closes, ...more],
    body: '',
  });
  const ask = (asked: Asked) => exchange(port, asked);
  const bearer = async (scope: BearerScope): Promise<string> => {
    const answer = await ask(post('/ticket', { ticket: listener.ticket(scope).ticket }));
    return (JSON.parse(answer?.body ?? '{}') as { bearer: string }).bearer;
  };
  return { gateway, listener, port, post, get, ask, bearer, attacks: () => attacks };
}

/** A request with a header more, or with another value of one. */
export function withHeader(asked: Asked, name: string, value: string): Asked {
  return { ...without(asked, name), headers: [...without(asked, name).headers, [name, value]] };
}

export function twice(asked: Asked, name: string, value: string): Asked {
  return { ...asked, headers: [...asked.headers, [name, value]] };
}

export function without(asked: Asked, name: string): Asked {
  return { ...asked, headers: asked.headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase()) };
}
