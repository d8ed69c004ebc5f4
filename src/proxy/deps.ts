/** What all requests of a data port share. */
import type { FailoverDeps } from '../../machines/failover-commands.ts';
import { plan } from '../../machines/route.ts';
import { DenseSet } from '../platform/dense-set.ts';
import { ThinkingMemory } from './adaptation/thinking-memory.ts';
import { InFlight } from './admission/in-flight.ts';
import type { ProxyPorts } from './ports.ts';
import type { Answer } from './response/answer.ts';
import { Sessions } from './sessions.ts';
import type { StallWatchdog } from './upstream/stall-watchdog.ts';
import { Upstreams } from './upstream/upstream.ts';

export interface Deps {
  readonly ports: ProxyPorts;
  readonly upstreams: Upstreams;
  readonly inFlight: InFlight;
  readonly sessions: Sessions;
  /** What sessions have been refused. */
  readonly thinking: ThinkingMemory;
  /** What the machine of each request reads. */
  readonly failover: FailoverDeps;
  /** Those that are on their way: whatever is kept of each request for a while is kept in such a list, and in no `Set`. */
  readonly answers: DenseSet<Answer>;
  readonly watchdogs: DenseSet<StallWatchdog>;
}

export function depsOf(ports: ProxyPorts): Deps {
  const inFlight = new InFlight(ports.slots);
  const sessions = new Sessions();
  const { view, failover: policy, dice, retryQueue } = ports;
  const patienceMs = () => retryQueue?.parkMs ?? 0;
  return {
    ports,
    upstreams: new Upstreams(),
    inFlight,
    sessions,
    thinking: new ThinkingMemory(),
    failover: { view, policy, inFlight, sessions, patienceMs, route: plan, dice },
    answers: new DenseSet(),
    watchdogs: new DenseSet(),
  };
}
