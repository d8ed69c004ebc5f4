/** An endpoint that speaks the Messages API on a loopback port, and fails on demand. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type SimulatedRequest, takeRequest } from './exchange.ts';
import type { Fault } from './faults.ts';

/** Faults to come: by time since the script began, or one per request; the last one stays. */
export interface Script {
  readonly timeline?: readonly { readonly atMs: number; readonly fault: Fault }[];
  readonly perRequest?: readonly Fault[];
}

export interface SimulatedEndpointOptions extends Script {
  readonly name?: string;
  readonly port?: number;
  readonly key?: string;
  readonly auth?: 'x-api-key' | 'bearer';
  /** Between two events of a stream. Default 0. */
  readonly paceMs?: number;
  /** The text of an answer to a turn without tools. */
  readonly text?: string;
}

export interface SimulatedEndpoint {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly auth: 'x-api-key' | 'bearer';
  /** In the order in which they came, each recorded once its body had arrived. */
  readonly requests: readonly SimulatedRequest[];
  /** Ended ones, except for the newest, are dropped: a run of hours would accumulate them all. */
  forget(newest?: number): void;
  /** From now on, overriding any script. Running exchanges end only when connections are to be refused. */
  play(fault: Fault): Promise<void>;
  /** Replaces earlier scripts and faults. */
  script(script: Script): void;
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const well: Fault = { kind: 'none' };
// A client's pool may keep a connection for long; closing it from here would look like a fault.
const keepAliveMs = 75_000;

/** Resolves when it listens. */
export async function startSimulatedEndpoint(options: SimulatedEndpointOptions = {}): Promise<SimulatedEndpoint> {
  const { name = 'simulated', auth = 'x-api-key', paceMs = 0 } = options;
  const key = options.key ?? `sk-ant-${name}-${randomBytes(12).toString('hex')}`;
  const text = options.text ?? `QCC-OK - said by ${name}, word after word.`;
  const faults = new FaultPlan();
  const requests: SimulatedRequest[] = [];
  const server = createServer((request, response) => {
    void takeRequest(request, response, {
      name,
      key,
      auth,
      text,
      paceMs,
      fault: () => faults.next(),
      record: (record) => requests.push(record),
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  server.requestTimeout = 0;
  const door = new Door(server, options.port ?? 0);
  await door.open();
  faults.onChange = (fault) => (fault.kind === 'refuse' ? door.close() : door.open());
  faults.follow(options);
  return {
    name,
    auth,
    key,
    requests,
    forget: (newest = 0) => {
      const old = requests.length - newest;
      const running = requests.filter(({ ended }, place) => ended === 'running' || place >= old);
      requests.splice(0, requests.length, ...running);
    },
    port: door.port,
    url: `http://${host}:${door.port}`,
    play: (fault) => faults.set(fault),
    script: (script) => faults.follow(script),
    stopListening: () => door.close(),
    listenAgain: () => door.open(),
    close: () => {
      faults.stop();
      return door.close();
    },
  };
}

/** The next fault. */
class FaultPlan {
  onChange: (fault: Fault) => Promise<void> = () => Promise.resolve();
  #current: Fault = well;
  #perRequest: readonly Fault[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  next(): Fault {
    const [fault, ...later] = this.#perRequest;
    if (!fault) return this.#current;
    if (later.length > 0) this.#perRequest = later;
    return fault;
  }

  set(fault: Fault): Promise<void> {
    this.stop();
    this.#perRequest = [];
    this.#current = fault;
    return this.onChange(fault);
  }

  follow({ timeline = [], perRequest = [] }: Script): void {
    this.stop();
    this.#perRequest = perRequest;
    this.#current = well;
    for (const { atMs, fault } of timeline) {
      const timer = setTimeout(() => {
        this.#current = fault;
        void this.onChange(fault);
      }, atMs);
      this.#timers.add(timer);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Starts and stops listening, always on the same port; one step after the other. */
class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;
  #last: Promise<void> = Promise.resolve();

  constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      // Resets are expected.
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return this.#port;
  }

  open(): Promise<void> {
    return this.#then(async () => {
      if (this.#server.listening) return;
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#port, host, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
      this.#port = (this.#server.address() as AddressInfo).port;
    });
  }

  close(): Promise<void> {
    return this.#then(async () => {
      if (!this.#server.listening) return;
      const closed = new Promise((resolve) => this.#server.close(resolve));
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    });
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step, step);
    return this.#last;
  }
}
