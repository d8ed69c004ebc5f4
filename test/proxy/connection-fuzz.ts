/**
 * Connections that break off at every byte, towards every side of the gateway: what is sent to it, what it is answered, and what a proxy
 * on the way says. Each case is one of a list, so that a seed, or all of them, can be asked for again.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export type Fault = 'reset' | 'halfClose' | 'stall' | 'resetWhenAnswered';
const faults: readonly Fault[] = ['reset', 'halfClose', 'stall', 'resetWhenAnswered'];

export interface Case {
  readonly of: string;
  /** So many bytes come before it breaks off. */
  readonly at: number;
  readonly fault: Fault;
}

/** A stream that breaks off is one of these bytes, as `at` cuts them. */
export function casesOf(scenarios: Readonly<Record<string, number>>): readonly Case[] {
  return Object.entries(scenarios).flatMap(([of, length]) =>
    Array.from({ length: length + 1 }, (_, at) => faults.map((fault) => ({ of, at, fault }))).flat(),
  );
}

/** Deterministic: mulberry32. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many of them, each one at most once. */
export function sample<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const rest = [...all];
  const roll = dice(seed);
  for (let i = 0; i < Math.min(count, rest.length); i++) {
    const j = i + Math.floor(roll() * (rest.length - i));
    [rest[i], rest[j]] = [rest[j] as T, rest[i] as T];
  }
  return rest.slice(0, count);
}

// As many at once as a browser with several frames has.
const atOnce = 16;

/** In groups: connections that stall, or have sent their half, are closed with their group. */
export async function play(
  cases: readonly Case[],
  one: (it: Case, over: Promise<void>) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < cases.length; from += atOnce) {
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const group = cases.slice(from, from + atOnce);
    let open = group.filter(({ fault }) => fault === 'reset').length;
    const played = group.map(async (it) => {
      await one(it, over);
      if (it.fault === 'reset' && --open === 0) end();
    });
    if (open === 0) setImmediate(end);
    await Promise.all(played);
  }
}

/** Breaks the connection off, now that its bytes are gone. Resolves when it is closed. */
export function breakOff(socket: Socket, fault: Fault, over: Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    // Node tells no close of a socket that is reset after its end, but an error.
    else socket.once('close', () => resolve()).once('error', () => resolve());
  });
  if (fault === 'reset') reset(socket);
  if (fault === 'halfClose') socket.end();
  if (fault === 'resetWhenAnswered') socket.once('data', () => reset(socket));
  socket.resume();
  void over.then(() => socket.destroy());
  return closed;
}

/** A Unix socket knows none: there an end in the middle is all there is. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Sends the beginning of these bytes to a place and breaks off. */
export async function send(
  port: number | string,
  bytes: Buffer,
  { at, fault }: Case,
  over: Promise<void>,
): Promise<void> {
  const socket = typeof port === 'string' ? connect(port) : connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('connect', () => (at === 0 ? resolve() : void socket.write(bytes.subarray(0, at), () => resolve())));
  });
  await breakOff(socket, fault, over);
}

/** The same through TLS, where what breaks off is a byte of TLS: of its handshake too. */
export async function sendOverTls(port: number, bytes: Buffer, it: Case, over: Promise<void>): Promise<void> {
  const relay = await cutting(port, it, over);
  const socket = connectTls({ port: relay.port, host: '127.0.0.1', rejectUnauthorized: false });
  // What was longer than its bytes of TLS breaks off when it is answered.
  socket.on('error', () => undefined).once('data', () => relay.breakNow());
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(bytes);
  void over.then(() => socket.destroy());
  await closed;
  await relay.over;
}

interface Relay {
  readonly port: number;
  readonly over: Promise<void>;
  breakNow(): void;
}

/** One connection to that port, which breaks off after so many bytes of the side that began it. */
async function cutting(port: number, { at, fault }: Case, over: Promise<void>): Promise<Relay> {
  const server = createServer();
  let breakNow = () => {};
  const ended = new Promise<void>((resolve) => {
    server.once('connection', (near) => {
      server.close();
      const far = connect(port, '127.0.0.1');
      let passed = 0;
      breakNow = () => void breakOff(far, fault, over).then(() => near.destroy());
      for (const socket of [near, far]) socket.on('error', () => undefined);
      far.on('data', (piece) => near.write(piece)).on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      near.on('data', (piece) => {
        const left = at - passed;
        if (left < 0) return;
        passed += piece.length;
        if (piece.length < left) far.write(piece);
        else {
          passed = at + 1;
          far.write(piece.subarray(0, left), breakNow);
        }
      });
      far.once('close', () => resolve()).once('error', () => resolve());
    });
  });
  return { port: await listening(server), over: ended, breakNow: () => breakNow() };
}

/** What a server answers to a client that names this case: one part for each request. */
export interface Told {
  readonly parts: readonly Buffer[];
  readonly cut: Case;
  readonly over: Promise<void>;
}

/** Hears who comes for which case, and says its bytes as far as they go. */
export class BreakingServer {
  readonly #server = createServer((socket) => this.#hear(socket));
  readonly sockets = new Set<Socket>();
  /** By the number of the case, as `case-12` stands in what is said. */
  readonly told = new Map<number, Told>();

  listen(): Promise<number> {
    return listening(this.#server);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }

  #hear(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    let part = 0;
    let left: number | undefined;
    socket.on('data', (piece) => {
      const name = /case-(\d+)/.exec(piece.toString('latin1'))?.[1];
      const told = name === undefined ? undefined : this.told.get(Number(name));
      const bytes = told?.parts[part];
      if (!told || !bytes) return;
      part++;
      left ??= told.cut.at;
      const now = Math.min(left, bytes.length);
      left -= now;
      const fault = told.cut.fault === 'resetWhenAnswered' ? 'reset' : told.cut.fault;
      const isLast = left === 0 || part === told.parts.length;
      const said = () => (isLast ? void breakOff(socket, fault, told.over) : undefined);
      if (now === 0) said();
      else socket.write(bytes.subarray(0, now), said);
    });
  }
}

export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
