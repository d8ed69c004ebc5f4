/** How a gateway is ended from outside: asked, then told by a signal, then killed. Each in bounded time, and each said. */
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../../config/files/home.ts';
import type { Answer } from '../../contract/operations.ts';
import { askGateway, gatewayDown } from '../../control/client.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { isAlive, livingGateway } from '../../installation/life.ts';
import type { Words } from '../../messages/messages.ts';
import { answers } from '../../platform/listening.ts';
import { isListed } from '../../platform/processes.ts';

export type EndSignal = 'SIGTERM' | 'SIGKILL';

interface Ended {
  readonly stopped: Answer<'proxy.stop'>;
  /** What it took; undefined when it ended by itself. */
  readonly forced: EndSignal | undefined;
}

// Beyond the grace of its requests: a gateway has its own deadline of 15 s, and says more than a signal does.
const askMs = 17_000;
// One that starts answers when it has started.
const statusMs = 8_000;
// From its answer, or a signal, to the end of the process.
const endMs = 5_000;
// A gateway that has just got its log is about to open its socket.
const socketMs = 1_000;
const pollMs = 20;
// In a container there may be nobody who asks how a process ended.
const reapMs = 5_000;

/**
 * @param says that a signal was needed, and why
 * @throws {QccError} `QCC_GATEWAY_DOWN` when none runs; `QCC_GATEWAY_UNSTOPPABLE` when the system itself cannot end it
 */
export async function endGateway(
  home: string,
  graceMs: number,
  words: Words,
  says: (signal: EndSignal, pid: number, why: string) => void,
): Promise<Ended> {
  const { run, socket } = paths(home);
  const asked = await ask(socket, run, graceMs, words);
  const { pid, stopped = { stopped: true, drained: 0, cut: 0 } } = asked;
  // A gateway in this very process, as in a test: it has answered, and nothing more is to be ended.
  if (pid === process.pid) return { stopped, forced: undefined };
  if (asked.ends && (await gone(pid, endMs))) return { stopped, forced: undefined };
  const why = asked.why ?? words.stillThere;
  // One that was asked already takes it for "at once"; one that nobody could ask lets its requests end first.
  const patience: readonly (readonly [EndSignal, number])[] = [
    ['SIGTERM', asked.why === undefined ? endMs : graceMs + endMs],
    ['SIGKILL', endMs],
  ];
  for (const [signal, ms] of patience) {
    says(signal, pid, why);
    if (!send(pid, signal) || (await gone(pid, ms))) return { stopped, forced: signal };
  }
  throw new QccError(
    'QCC_GATEWAY_UNSTOPPABLE',
    `process ${pid} does not end, not even by SIGKILL: the system waits for a disk or a device`,
    `ps -o pid,stat,wchan -p ${pid}`,
    exitCodes.failed,
    { pid },
  );
}

interface Asked {
  readonly pid: number;
  readonly stopped?: Answer<'proxy.stop'>;
  /** It has said so, or was on its way already. */
  readonly ends: boolean;
  /** Why it could not be asked. */
  readonly why?: string;
}

async function ask(socket: string, run: string, graceMs: number, words: Words): Promise<Asked> {
  const begun = Date.now();
  while (!(await answers(socket))) {
    const life = livingGateway(run);
    if (life === undefined) throw gatewayDown();
    if (Date.now() - begun > socketMs) return { pid: life.pid, ends: false, why: words.noSocket };
    await sleep(pollMs);
  }
  let pid = livingGateway(run)?.pid;
  try {
    pid = (await askGateway(socket, 'proxy.status', {}, statusMs)).pid;
    const stopped = await askGateway(socket, 'proxy.stop', { graceMs }, graceMs + askMs);
    return { pid, stopped, ends: true };
  } catch (error) {
    if (!(error instanceof QccError) || pid === undefined) throw error;
    const isGone = ['QCC_GATEWAY_DOWN', 'QCC_GATEWAY_LOST', 'QCC_GATEWAY_ENDING'].includes(error.code);
    return isGone ? { pid, ends: true } : { pid, ends: false, why: error.message };
  }
}

/** False when it is gone already. */
function send(pid: number, signal: EndSignal): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Also from the system's table, if whoever inherits the process looks after it: for others, it is there until then. */
async function gone(pid: number, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  while (isAlive(pid)) {
    if (Date.now() > until) return false;
    await sleep(pollMs);
  }
  for (const reapedBy = Date.now() + reapMs; isListed(pid) && Date.now() < reapedBy; ) await sleep(pollMs);
  return true;
}
