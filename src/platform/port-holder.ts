/** The process that holds a port that we wanted, if this machine tells. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { exitCodes, QccError } from '../errors/qcc-error.ts';

const askMs = 1_000;

/** The error for a taken port: who has it, and what to do. */
export async function explainTaken(host: string, port: number): Promise<QccError> {
  const holder = (await isGateway(host, port)) ? 'another qcc gateway' : (holderOf(port) ?? 'another program');
  return new QccError('QCC_PORT_TAKEN', { host, port, holder, list: port + 1 }, exitCodes.conflict);
}

/** A gateway of another home answers its liveness page with a header that only qcc sets. */
function isGateway(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host, port, path: '/healthz', timeout: askMs }, (response) => {
      response.resume();
      resolve(response.headers['x-qcc-request-id'] !== undefined);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

/** From Linux's tables: the listening socket's inode, then the process that has it open. Elsewhere unknown. */
function holderOf(port: number): string | undefined {
  try {
    const inode = listeningInode(port);
    if (inode === undefined) return undefined;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holds(pid, inode)) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  } catch {
    // No such tables here, or no right to read them.
  }
  return undefined;
}

const listening = '0A';

function listeningInode(port: number): string | undefined {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1));
  const fields = rows
    .map((row) => row.trim().split(/\s+/))
    .find(([, local, , state]) => local?.endsWith(wanted) && state === listening);
  return fields?.[9];
}

function holds(pid: string, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}
