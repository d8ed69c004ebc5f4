/** A real nats-server, as a child: on a port that is free, with its store in a folder of its own, ended by its id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
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

/** @param authorization as the server's file has it */
export async function natsServer(
  authorization = '',
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-nats-'));
  const port = await freePort();
  const file = join(folder, 'server.conf');
  const store = join(folder, 'store');
  writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${store}" }\n${authorization}\n`);
  const server = {
    url: `nats://127.0.0.1:${port}`,
    process: undefined as unknown as ChildProcess,
    async start() {
      const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
      server.process = child;
      // It is read to its end: a server whose stderr is closed dies of it.
      await new Promise<void>((resolve, reject) => {
        child.stderr?.on('data', (text: Buffer) => text.includes('Server is ready') && resolve());
        child.once('exit', () => reject(new Error('nats-server did not start')));
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
