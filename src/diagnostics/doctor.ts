/**
 * Checks the whole installation, from outside as well: its files, its port, its service, and Claude Code. It works when nothing else does:
 * something that cannot be opened is a finding, not an error.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MiB } from '../../events/units.ts';
import { paths } from '../config/files/home.ts';
import { mendHomeFiles } from '../config/files/home-files.ts';
import { checkRemote } from '../config/network/remote-gateway.ts';
import { openVault, renewVault } from '../config/secrets/vault.ts';
import { type Check, fault, passed, warning } from '../contract/checks.ts';
import type { Answer, Connect } from '../contract/operations.ts';
import { QccError } from '../errors/qcc-error.ts';
import { toldOf } from '../errors/told-error.ts';
import { hadFacts } from '../installation/installation.ts';
import { serviceOf } from '../installation/service.ts';
import { answers } from '../platform/listening.ts';
import { explainTaken } from '../platform/port-holder.ts';
import { stampOf } from '../platform/time.ts';
import { version } from '../platform/version.ts';
import { claudeChecks } from './claude-checks.ts';
import { withOwnEnvironment } from './environment-checks.ts';
import { fileChecks } from './inspector.ts';

export interface Patient {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Access to its log, or to the gateway that has the log open. */
  readonly connect: Connect;
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** What was repaired, by the checks that requested it. */
  readonly fixed: readonly Check['id'][];
}

export interface Treatment {
  /** Repair what is safe to repair. */
  readonly fix: boolean;
  /** Call every endpoint, too. */
  readonly connect: boolean;
}

const othersMay = 0o077;
// The log needs a few megabytes a day; below this a busy hour may fill the disk.
const spaceLeast = 200 * MiB;

export async function examine(patient: Patient, treatment: Treatment): Promise<Diagnosis> {
  const { home } = patient;
  const socket = socketCheck(home);
  if (!existsSync(home)) {
    const claude = claudeChecks({ ...patient, port: null, running: false, profile: null });
    return { checks: [nodeCheck(), socket, warning('home', { home }, 'qcc init'), ...claude], fixed: [] };
  }
  const before = fileChecks(home);
  const fixed = treatment.fix ? await mend(home) : [];
  const running = socket.ok && (await answers(paths(home).socket));
  const inside = await fromInside(patient, treatment.connect);
  const known = 'checks' in inside ? inside : undefined;
  const port = known ? portIn(known) : null;
  return {
    checks: [
      nodeCheck(),
      passed('home', 'warning'),
      modesCheck(home),
      socket,
      ...diskChecks(home),
      // If the installation cannot be queried, its files may show why.
      ...(known ? [] : before),
      ...('checks' in inside ? withOwnEnvironment(inside.checks, patient.env) : [inside]),
      ...(known ? [versionCheck(known), await portCheck(known)] : []),
      ...(known ? [await remoteCheck(patient)] : []),
      leftoverCheck(home, running),
      serviceCheck(patient),
      ...claudeChecks({ ...patient, port, running, profile: known?.profile ?? null }),
    ],
    fixed,
  };
}

/** The gateway of another machine, where this one's clients use it. */
async function remoteCheck({ home, connect }: Patient): Promise<Check> {
  const connection = await connect({ home });
  try {
    const { url, token, ca } = await connection.call('client.remote', {});
    if (url !== '') await checkRemote({ url, token, ca: ca === '' ? null : readFileSync(ca, 'utf8') });
    return passed('client.gateway');
  } catch (error) {
    if (error instanceof QccError) return fault('client.gateway', { why: toldOf(error) }, error.hint);
    return fault(
      'client.gateway',
      { why: String((error as NodeJS.ErrnoException).code) },
      'qcc use --gateway URL --ca ca.pem',
    );
  } finally {
    await connection.close();
  }
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return passed('node');
  return fault('node', { version: process.versions.node }, 'install Node 20.19 or newer');
}

function socketCheck(home: string): Check {
  try {
    paths(home);
    return passed('home.socket');
  } catch (error) {
    if (!(error instanceof QccError)) throw error;
    return fault('home.socket', { why: toldOf(error) }, error.hint);
  }
}

// --------------------------------------------------------------------------------------------------------- files

/** Everything that other users may read. */
function openOnes(home: string): readonly string[] {
  if (process.platform === 'win32') return [];
  const all = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
  return [home, ...all].filter((path) => {
    // A running gateway may remove files during the check.
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isSymbolicLink() && (found.mode & othersMay) !== 0;
  });
}

function modesCheck(home: string): Check {
  const open = openOnes(home);
  if (open.length === 0) return passed('home.modes');
  return fault('home.modes', { count: open.length, first: open[0] ?? '' }, 'qcc config doctor --fix');
}

/** Repairs only what has one right answer: file modes, and a socket without a listener. */
async function mend(home: string): Promise<readonly Check['id'][]> {
  const fixed: Check['id'][] = [];
  const open = openOnes(home);
  for (const path of open) chmodSync(path, lstatSync(path).mode & 0o777 & ~othersMay);
  if (open.length > 0) fixed.push('home.modes');
  const { socket, vault } = paths(home);
  // A running gateway uses these files: it must be stopped first.
  if (!(await answers(socket))) {
    const stamp = stampOf(Date.now());
    if (mendHomeFiles(home, stamp).length > 0) fixed.push('home.file');
    if (!existsSync(vault) && hadFacts(home)) {
      await openVault(home);
      fixed.push('home.vault');
    } else if (existsSync(vault) && (await renewVault(home, stamp))) fixed.push('home.vault');
  }
  if (isLeftover(socket) && !(await answers(socket))) {
    rmSync(socket, { force: true });
    fixed.push('gateway.leftover');
  }
  return fixed;
}

function isLeftover(socket: string): boolean {
  return process.platform !== 'win32' && existsSync(socket);
}

function leftoverCheck(home: string, running: boolean): Check {
  const { socket } = paths(home);
  if (running || !isLeftover(socket)) return passed('gateway.leftover', 'warning');
  return warning('gateway.leftover', { socket }, 'qcc config doctor --fix');
}

function diskChecks(home: string): readonly Check[] {
  const { bavail, bsize } = statfsSync(home);
  const free = bavail * bsize;
  const space =
    free >= spaceLeast
      ? passed('disk.space')
      : fault('disk.space', { free: Math.floor(free / MiB), home }, `df -h ${home}`);
  try {
    accessSync(home, constants.W_OK);
    return [space, passed('disk.writable')];
  } catch {
    return [space, fault('disk.writable', { home }, `ls -ld ${home}`)];
  }
}

// ------------------------------------------------------------------------------------------------------- inside

/** The findings of the gateway, or of the log when no gateway runs; or why neither can be queried. */
async function fromInside({ home, connect }: Patient, all: boolean): Promise<Answer<'config.validate'> | Check> {
  try {
    const connection = await connect({ home });
    try {
      return await connection.call('config.validate', { whole: true, connect: all });
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof QccError)) throw error;
    // An invalid value of the environment is not the log's fault.
    const id = idOf(error.code);
    return fault(id, { why: toldOf(error), folder: 'log' }, error.hint);
  }
}

function idOf(code: string): Check['id'] {
  if (code.startsWith('QCC_SETTING')) return 'settings';
  return code.startsWith('QCC_VAULT') ? 'home.vault' : 'log';
}

function portIn({ gateway, port }: Answer<'config.validate'>): number {
  return gateway === null ? port : Number(new URL(gateway).port || port);
}

function versionCheck({ gateway, version: theirs }: Answer<'config.validate'>): Check {
  if (gateway === null || theirs === version) return passed('gateway.version', 'warning');
  return warning('gateway.version', { theirs, ours: version }, 'qcc proxy restart');
}

/** While no gateway runs: whether one could start. */
async function portCheck({ gateway, host, port }: Answer<'config.validate'>): Promise<Check> {
  if (gateway !== null || port === 0 || (await isFree(host, port))) return passed('gateway.port');
  const taken = await explainTaken(host, port);
  return fault('gateway.port', { why: toldOf(taken), host, port }, taken.hint);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** An update may have removed the Node that the service was installed with. */
function serviceCheck({ home, env }: Patient): Check {
  const service = serviceOf({
    platform: process.platform,
    env,
    home,
    command: ['', ''],
    language: 'en',
    uid: process.getuid?.() ?? 0,
  });
  if (!service || !existsSync(service.file)) return passed('service.node');
  const text = readFileSync(service.file, 'utf8');
  const named = /^ExecStart="((?:[^"\\]|\\.)+)"/m.exec(text) ?? /<array>\s*<string>([^<]+)<\/string>/.exec(text);
  const node = (named?.[1] ?? '').replaceAll('%%', '%').replaceAll('$$', '$').replaceAll('\\\\', '\\');
  if (node === '' || existsSync(node)) return passed('service.node');
  return fault('service.node', { file: service.file, node }, 'qcc proxy install-service');
}
