/** How a serving gateway ends: its parts, in order, each with a deadline. */
import type { Answer } from '../contract/operations.ts';
import type { ControlServer } from '../control/server.ts';
import type { Dashboard } from '../dashboard/dashboard.ts';
import type { Inspector } from '../diagnostics/inspector.ts';
import type { Monitor } from '../health/monitor.ts';
import type { Installation } from '../installation/installation.ts';
import { endLife } from '../installation/life.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { AccessLogFile } from '../platform/access-log-file.ts';
import { deferred } from '../platform/deferred.ts';
import type { Descriptors } from '../platform/descriptors.ts';
import { iso } from '../platform/time.ts';
import type { Pool, ReplayPool } from '../pool/pool.ts';
import type { ClientTokens } from '../proxy/client-tokens.ts';
import type { ProxyServer } from '../proxy/ports.ts';
import type { Maintenance } from '../runtime/maintenance.ts';
import type { Scheduler } from '../runtime/scheduler.ts';
import { type StepFault, step } from './end.ts';
import type { FleetSide } from './fleet-side.ts';
import type { GatewayNews } from './gateway.ts';
import type { LastServed } from './last-served.ts';
import { tellStop } from './lifecycle.ts';
import type { openQueue } from './queue.ts';

// Beyond the drain of requests: for the remaining steps, most of which take no time at all.
const endMs = 15_000;
// A step that misses its deadline is aborted; that takes a moment.
const abortMs = 2_000;
// Notifications have a limit of their own, of half of it.
const notifyMs = 4_000;

/** The parts of a serving gateway. */
export interface Open {
  readonly installation: Installation;
  readonly control: ControlServer;
  readonly proxy: ProxyServer;
  readonly queue: Awaited<ReturnType<typeof openQueue>>;
  readonly scheduler: Scheduler;
  readonly maintenance: Maintenance;
  readonly inspector: Inspector;
  readonly monitor: Monitor;
  readonly notifier: Notifier;
  readonly pool: Pool;
  readonly replay: ReplayPool;
  readonly accessLog: AccessLogFile;
  readonly descriptors: Descriptors;
  readonly dashboard: Dashboard;
  readonly served: LastServed;
  readonly tokens: ClientTokens;
  readonly fleet: FleetSide;
}

/** The end, in order: each step has a deadline, and a step that fails is reported and stops no other. */
export function endOf(
  {
    installation,
    control,
    proxy,
    queue,
    scheduler,
    maintenance,
    inspector,
    monitor,
    notifier,
    pool,
    replay,
    accessLog,
    descriptors,
    dashboard,
    fleet,
  }: Open,
  tell: ((news: GatewayNews) => void) | undefined,
) {
  const {
    core,
    paths: { run },
  } = installation;
  const end = deferred<void>();
  let stopping: Promise<Answer<'proxy.stop'>> | undefined;
  const fault = (one: StepFault) => tell?.({ type: 'fault', ...one });
  const stop = (graceMs: number) => {
    stopping ??= (async () => {
      tell?.({ type: 'stopping', graceMs });
      // If even the steps below hang, another process must end this one.
      const overdue = setTimeout(() => tell?.({ type: 'overdue' }), graceMs + endMs);
      overdue.unref();
      void end.promise.then(() => clearTimeout(overdue));
      const drained = () => Promise.all([proxy.drain(graceMs), queue.close(graceMs)]);
      const [counted = { drained: 0, cut: 0 }] = (await step('requests', drained, fault, graceMs + abortMs)) ?? [];
      scheduler.stop();
      await step('probes', () => monitor.stop(), fault);
      await step('probes', () => pool.close(), fault);
      await step('snapshots', () => maintenance.stop(), fault);
      inspector.stop();
      // The process holds the log until its second reader, too, has closed it.
      await step('questions', () => replay.close(), fault);
      await step('dashboard', () => dashboard.close(), fault);
      await step('fleet', () => fleet.stop(), fault);
      await step('notifications', () => notifier.stop(), fault, notifyMs);
      await step('log', () => tellStop(installation, 'asked'), fault);
      await step('snapshot', () => core.snapshot(), fault);
      // Before the log is released: the next owner repeats the same record.
      endLife(run);
      await step('log', () => installation.close(), fault);
      const { unwritten } = core.log;
      if (unwritten) tell?.({ type: 'unwritten', ...unwritten });
      // The answer to the stop request goes out over this socket, so that the rest is released only after it.
      setImmediate(() => void released());
      return {
        stopped: true as const,
        ...counted,
        ...(unwritten ? { unwritten: { facts: unwritten.facts, since: iso(unwritten.since) } } : {}),
      };
    })();
    return stopping;
  };
  const released = async () => {
    await step('control socket', () => control.close(), fault);
    descriptors.stop();
    await step('access log', () => accessLog.close(), fault);
    end.resolve();
  };
  return { stop, stopped: end.promise, hasBegun: () => stopping !== undefined };
}
