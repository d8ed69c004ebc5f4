/**
 * How a gateway is ended from outside: by a request, then by SIGTERM, then by SIGKILL. Each step is bounded in time, and each is reported.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../../config/files/home.ts';
import type { Answer } from '../../contract/operations.ts';
import { askGateway, gatewayDown } from '../../control/client.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { isAlive, livingGateway } from '../../installation/life.ts';
import type { Words } from '../../messages/messages.ts';
import { answers } from '../../platform/listening.ts';
import { isListed } from '../../platform/processes.ts';

export type EndSignal = 'SIGTERM' | 'SIGKILL';

interface Ended {
  readonly stopped: Answer<'proxy.stop'>;
  /** The signal that was needed; undefined when the gateway ended by itself. */
  readonly forced: EndSignal | undefined;
}

// Time beyond the drain of its requests: a gateway has its own deadline of 15 s, and reports more than a signal does.
const askMs = 17_000;
// A gateway that is starting answers when it has started.
const statusMs = 8_000;
// From its answer, or a signal, to the end of the process.
const endMs = 5_000;
// A gateway that has just opened its log is about to open its socket.
const socketMs = 1_000;
const pollMs = 20;
// The system's process table has an ended process until its parent reaps it: that takes no time, but in containers whose first process reaps late or never.
const reapMs = 100;

/**
 * @param says reports that a signal was needed, and why
 * @throws {QccError} `QCC_GATEWAY_DOWN` when none runs; `QCC_GATEWAY_UNSTOPPABLE` when even the system cannot end it
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
  // The gateway runs in this very process, as in a test: it has answered, and there is no process to end.
  if (pid === process.pid) return { stopped, forced: undefined };
  if (asked.ends && (await gone(pid, endMs))) return { stopped, forced: undefined };
  const why = asked.why ?? words.stillThere;
  // A gateway that was asked before takes the signal for "at once"; one that could not be asked drains its requests first.
  const patience: readonly (readonly [EndSignal, number])[] = [
    ['SIGTERM', asked.why === undefined ? endMs : graceMs + endMs],
    ['SIGKILL', endMs],
  ];
  for (const [signal, ms] of patience) {
    says(signal, pid, why);
    if (!send(pid, signal) || (await gone(pid, ms))) return { stopped, forced: signal };
  }
  throw new QccError('QCC_GATEWAY_UNSTOPPABLE', { pid });
}

interface Asked {
  readonly pid: number;
  readonly stopped?: Answer<'proxy.stop'>;
  /** It has confirmed the request, or was stopping already. */
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

/** False when the process is gone already. */
function send(pid: number, signal: EndSignal): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Waits until the process has ended, and a moment for its parent to reap it: until then the system's process table has it. */
async function gone(pid: number, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  while (isAlive(pid)) {
    if (Date.now() > until) return false;
    await sleep(pollMs);
  }
  for (const reapedBy = Date.now() + reapMs; isListed(pid) && Date.now() < reapedBy; ) await sleep(pollMs);
  return true;
}
