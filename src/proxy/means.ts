/** What all requests of a data port share. */
import type { FailoverDeps } from '../../machines/failover.ts';
import { plan } from '../../machines/route.ts';
import { Running } from '../platform/dense-set.ts';
import { LiveLoads } from './admission/in-flight.ts';
import type { ProxyPorts } from './ports.ts';
import type { Answer } from './response/answer.ts';
import { Sessions } from './sessions.ts';
import type { Transfer } from './upstream/stall-watchdog.ts';
import { Upstreams } from './upstream/upstream.ts';

export interface Means {
  readonly ports: ProxyPorts;
  readonly upstreams: Upstreams;
  readonly loads: LiveLoads;
  readonly sessions: Sessions;
  /** What the machine of each request reads. */
  readonly failover: FailoverDeps;
  /** Those that are on their way: whatever is kept of each request for a while is kept in such a list, and in no `Set`. */
  readonly answers: Running<Answer>;
  readonly transfers: Running<Transfer>;
}

export function meansOf(ports: ProxyPorts): Means {
  const loads = new LiveLoads();
  const sessions = new Sessions();
  const { view, failover: policy, dice, retryQueue } = ports;
  const patienceMs = () => retryQueue?.parkMs ?? 0;
  return {
    ports,
    upstreams: new Upstreams(),
    loads,
    sessions,
    failover: { view, policy, loads, sessions, patienceMs, route: plan, dice },
    answers: new Running(),
    transfers: new Running(),
  };
}
