/** The server of a fleet's benchmarks, and a member of it that has a long log to look through. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { source } from '../source.mjs';
import { gatewayFlags, program, startPinned, startProcess, temporaryFolder } from './processes.mjs';

const secret = 'a secret of the bench alone';
// The first look at a member's progress is soon enough after it has begun.
const pollMs = 20;
const patienceMs = 120_000;

export async function startServer({ core, port, folder = temporaryFolder() }) {
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${join(folder, 'nats')}" }\n`);
  const server = startPinned(core, 'nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  // It is read to its end: a server whose stderr is closed dies of it.
  await new Promise((resolve, reject) => {
    server.stderr.on('data', (text) => String(text).includes('Server is ready') && resolve());
    server.once('exit', () => reject(new Error('nats-server did not start')));
  });
  return { url: `nats://127.0.0.1:${port}`, process: server };
}

/** It has joined before its log began, as the server is told each time: all of the log is to be looked through. */
export class LaggingMember {
  #home;
  #port;
  #beat;
  #name;

  static async in(home, { name, port, upstream }) {
    const member = new LaggingMember();
    Object.assign(process.env, { QCC_KEYCHAIN: 'off' });
    member.#home = home;
    member.#port = port;
    member.#name = name;
    const { openInstallation } = await source('src/installation/installation.ts');
    const { fleetKeys, identityOf } = await source('src/fleet/identity.ts');
    const { sealed } = await source('src/fleet/message.ts');
    const { realWorld } = await source('src/platform/clock.ts');
    const installation = await openInstallation(home, realWorld);
    const { core, vault } = installation;
    const epoch = 1;
    const who = identityOf(vault.derive(`fleet/${epoch}`), name, epoch);
    const joined = { type: 'FleetJoined', data: { member: who.member, name, epoch, from: 0 } };
    await core.report('gateway', [joined], { by: 'fleet', sync: true }).done;
    for await (const [{ seq, id }] of core.log.read(core.log.tail)) {
      member.#beat = sealed(fleetKeys(secret), who, { kind: 'beat', seq, id, at: Date.now() });
      break;
    }
    await installation.close();
    const target = ['--base-url', upstream, '--auth', 'x-api-key', '--api-key-stdin'];
    member.#qcc(['config', 'set', 'fleet.name', name]);
    member.#qcc(['config', 'set', 'fleet.url', `nats://127.0.0.1:${port}`]);
    member.#qcc(['config', 'set', 'health.mode', 'off']);
    member.#qcc(['add', 'measured']);
    member.#qcc(['endpoint', 'add', 'measured', ...target], 'sk-bench-0123456789');
    member.#qcc(['priority', 'switch', 'measured']);
    return member;
  }

  start({ core }) {
    const args = [...gatewayFlags, program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'];
    return startProcess(args, { core, env: this.#env() });
  }

  /** Its newest beat there is of the log's first fact. */
  async serverThatKnowsLittle({ core }) {
    const folder = temporaryFolder();
    const elsewhere = await startServer({ core, folder, port: this.#port + 1 });
    const { openNats } = await source('src/fleet/nats-engine.ts');
    const nothing = { user: '', password: '', nkey: '', tlsCa: '', followsSwitch: false };
    const engine = await openNats({ url: elsewhere.url, name: this.#name, secret, ...nothing });
    await engine.publish(this.#name, 'beat', '1', this.#beat);
    await engine.close();
    const ended = once(elsewhere.process, 'exit');
    elsewhere.process.kill('SIGTERM');
    await ended.catch(() => {});
    return await startServer({ core, folder, port: this.#port });
  }

  /** When it began to look through its log and when it had, and how many facts that were. */
  async caughtUp() {
    const { connect } = await source('src/control/client.ts');
    const { call } = await connect({ home: this.#home, needGateway: true });
    let [facts, began] = [0, 0];
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(pollMs)) {
      const { live } = await call('fleet.status', {});
      const behind = live?.behind ?? null;
      if (behind !== null && behind > facts) [facts, began] = [behind, began || Date.now()];
      if (began > 0 && behind !== null && behind < 100) return { facts, began, ended: Date.now() };
    }
    throw new Error('the member does not come to the end of its log');
  }

  #env() {
    return {
      PATH: process.env.PATH,
      HOME: this.#home,
      QCC_HOME: this.#home,
      QCC_KEYCHAIN: 'off',
      QCC_FLEET_SECRET: secret,
    };
  }

  #qcc(args, input = '') {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env: this.#env(), input });
    if (status !== 0) throw new Error(`qcc ${args.join(' ')}: ${stderr}`);
  }
}
