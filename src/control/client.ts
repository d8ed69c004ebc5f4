/** How a command reaches the installation: over the control socket while a gateway runs, otherwise in its own process. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnmade, paths } from '../config/files/home.ts';
import type { Answer, Connect, Connection, OperationName, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { errorOf, type ToldError } from '../errors/told-error.ts';
import { answers } from '../platform/listening.ts';

// Two commands at once: the second one waits this long for the log.
const lockWaitMs = 10_000;
const lockPollMs = 50;

export const connect: Connect = async ({ home, needGateway = false }) => {
  const { socket } = paths(home);
  for (const startedAt = Date.now(); ; ) {
    if (await answers(socket)) return overSocket(socket);
    if (needGateway) throw gatewayDown();
    if (isUnmade(home)) return unmade(home);
    try {
      return await inProcess(home);
    } catch (error) {
      // A gateway that is starting holds the log too: at the next attempt its socket may answer.
      const locked = error instanceof QccError && error.code === 'QCC_LOG_LOCKED';
      if (!locked || Date.now() - startedAt > lockWaitMs) throw error;
    }
    await sleep(lockPollMs);
  }
};

export function gatewayDown(): QccError {
  return new QccError('QCC_GATEWAY_DOWN', {}, exitCodes.notRunning);
}

async function inProcess(home: string): Promise<Connection> {
  const { openInstallation } = await import('../installation/installation.ts');
  const { operations } = await import('./table.ts');
  const installation = await openInstallation(home);
  const table = operations(installation, undefined);
  const call = async <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> => {
    const operation = table[name] as ((params: Params<Name>) => Promise<Answer<Name>>) | undefined;
    if (!operation) throw gatewayDown();
    return operation(params);
  };
  return { call, viaGateway: false, close: () => installation.close() };
}

/** A home that does not exist yet: the first operation that stores something creates it; operations that only query do not. */
function unmade(home: string): Connection {
  let made: Promise<Connection> | undefined;
  const really: Connection['call'] = async (name, params) => {
    made ??= inProcess(home);
    return (await made).call(name, params);
  };
  const call = async <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> => {
    const { askOfNothing, NeedsHome } = await import('./empty-installation.ts');
    if (made !== undefined) return really(name, params);
    try {
      return await askOfNothing(home, name, params, () => really(name, params));
    } catch (error) {
      if (error instanceof NeedsHome) return really(name, params);
      throw error;
    }
  };
  return { call, viaGateway: false, close: async () => (await made)?.close() };
}

function overSocket(socket: string): Connection {
  const call = async <Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>> =>
    (await post(socket, name, params)) as Answer<Name>;
  return { call, viaGateway: true, close: () => Promise.resolve() };
}

/**
 * One query to the gateway behind this socket.
 * @param limitMs the deadline; without it, there is none
 * @throws {QccError} the gateway's error; `QCC_GATEWAY_DOWN`, `QCC_GATEWAY_LOST`, `QCC_GATEWAY_MUTE`
 */
export async function askGateway<Name extends OperationName>(
  socket: string,
  name: Name,
  params: Params<Name>,
  limitMs?: number,
): Promise<Answer<Name>> {
  return (await post(socket, name, params, limitMs)) as Answer<Name>;
}

interface Reply {
  readonly answer?: unknown;
  readonly error?: ToldError;
}

function post(socketPath: string, name: string, params: object, limitMs?: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(params);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ socketPath, method: 'POST', path: `/call/${name}`, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => settle(Buffer.concat(chunks).toString('utf8'), resolve, reject));
    });
    const timer = limitMs === undefined ? undefined : setTimeout(() => asked.destroy(mute(limitMs)), limitMs);
    asked.on('close', () => clearTimeout(timer));
    const failed = (error: NodeJS.ErrnoException) => {
      if (error instanceof QccError) return reject(error);
      const gone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      reject(gone ? gatewayDown() : lost(error.code ?? error.message));
    };
    asked.on('error', failed);
    asked.end(body);
  });
}

function settle(text: string, resolve: (answer: unknown) => void, reject: (error: unknown) => void): void {
  try {
    const { answer, error } = JSON.parse(text) as Reply;
    if (error) reject(errorOf(error));
    else resolve(answer);
  } catch {
    reject(lost('half an answer'));
  }
}

function lost(why: string): QccError {
  return new QccError('QCC_GATEWAY_LOST', { why });
}

function mute(limitMs: number): QccError {
  return new QccError('QCC_GATEWAY_MUTE', { limitMs });
}
