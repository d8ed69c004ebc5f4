/** A real nats-server, as a child: on a port that is free, with its store in a folder of its own, ended by its id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const hasNats = spawnSync('nats-server', ['--version']).status === 0;
if (!hasNats) process.emitWarning('nats-server is not installed: the tests of the real engine are skipped');

export interface NatsServer {
  readonly url: string;
  readonly process: ChildProcess;
  kill(): Promise<void>;
  /** Until it is resumed; a signal takes a moment. */
  freeze(): void;
  /** On the same port. */
  start(): Promise<void>;
  /** Its store is gone. */
  forget(): void;
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** @param more lines of the server's file; `jetstream` alone in one of its own takes the place of ours */
export async function natsServer(
  more = '',
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-nats-'));
  const port = await freePort();
  const file = join(folder, 'server.conf');
  const store = join(folder, 'store');
  const jetstream = more.includes('jetstream')
    ? more.replace('STORE', `store_dir: "${store}"`)
    : `jetstream { store_dir: "${store}" }\n${more}`;
  writeFileSync(file, `listen: 127.0.0.1:${port}\n${jetstream}\n`);
  const server = {
    url: `nats://127.0.0.1:${port}`,
    process: undefined as unknown as ChildProcess,
    async start() {
      const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
      server.process = child;
      // It is read to its end: a server whose stderr is closed dies of it.
      await new Promise<void>((resolve, reject) => {
        let said = '';
        child.stderr?.on('data', (text: Buffer) => {
          said += text;
          if (text.includes('Server is ready')) resolve();
        });
        child.once('exit', () => reject(new Error(`nats-server did not start: ${said}`)));
      });
    },
    async kill() {
      if (server.process.exitCode !== null || server.process.signalCode !== null) return;
      const ended = once(server.process, 'exit');
      server.process.kill('SIGKILL');
      await ended;
    },
    freeze() {
      server.process.kill('SIGSTOP');
      const state = () => String(spawnSync('ps', ['-o', 'state=', '-p', String(server.process.pid)]).stdout);
      while (!state().startsWith('T'));
    },
    forget: () => rmSync(store, { recursive: true, force: true }),
  };
  atEnd(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await server.start();
  return server;
}

export interface Relay {
  readonly port: number;
  /** What stands is broken off, and what comes is not let through. */
  cut(): void;
  mend(): void;
}

/** A way to the server that can be cut. */
export async function relayTo(port: number, atEnd: (end: () => void) => void = onTestFinished): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((from) => {
    if (isCut) return void from.destroy();
    const to = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakOff = () => {
    for (const one of sockets) one.destroy();
  };
  atEnd(() => {
    server.close();
    breakOff();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      isCut = true;
      breakOff();
    },
    mend: () => {
      isCut = false;
    },
  };
}

export interface UserKey {
  /** As the server's file names the user. */
  readonly user: string;
  readonly seed: string;
}

/** An nkey of a user (Ed25519): prefix, key, CRC-16 with the polynomial 0x1021, in base 32. */
export function userKey(): UserKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = (key: KeyObject, type: 'spki' | 'pkcs8') =>
    (key.export({ format: 'der', type } as never) as unknown as Buffer).subarray(-32);
  const [seedOfUser, userPrefix] = [Buffer.of(0x95, 0x00), Buffer.of(0xa0)];
  const text = (...parts: readonly Buffer[]) => base32(withSum(Buffer.concat(parts)));
  return {
    user: text(userPrefix, raw(publicKey, 'spki')),
    seed: text(seedOfUser, raw(privateKey, 'pkcs8')),
  };
}

function withSum(bytes: Buffer): Buffer {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let i = 0; i < 8; i++) sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return Buffer.concat([bytes, Buffer.of(sum & 0xff, sum >> 8)]);
}

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
}
