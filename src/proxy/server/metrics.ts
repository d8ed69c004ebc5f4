/** Plain counters of the proxy, and the Prometheus page made of them on demand. */
import type { RequestFact } from '../../../events/request.ts';
import type { RoutingView } from '../../../machines/routing-view.ts';
import { later } from '../../platform/later.ts';
import { Quantiles } from '../../projections/quantiles.ts';
import type { ConnectionCounts } from '../request/client-connections.ts';

const states = ['healthy', 'degraded', 'failed', 'recovering', 'disabled'] as const;

const tickMs = 10;
const msPerSecond = 1_000;
// Who scrapes does so each minute or two.
const askedAgainMs = 600_000;

/**
 * How late the loop was: while something holds it, every stream waits. Its clock ticks a hundred times a second, so it begins with
 * the first one who asks, and ends when no caller does any more. Each is told the time since the last.
 */
class LoopDelay {
  #late = new Quantiles();
  #max = 0;
  #timer: NodeJS.Timeout | undefined;
  #tickedAt = 0;
  #askedAt = 0;

  take(): { readonly max: number; readonly p99: number } {
    const told = { max: this.#max / msPerSecond, p99: (this.#late.at(0.99) ?? 0) / msPerSecond };
    this.#late = new Quantiles();
    this.#max = 0;
    this.#askedAt = performance.now();
    if (this.#timer === undefined) {
      this.#tickedAt = this.#askedAt;
      this.#timer = setInterval(() => this.#tick(), tickMs).unref();
    }
    return told;
  }

  #tick(): void {
    const now = performance.now();
    const late = Math.max(0, now - this.#tickedAt - tickMs);
    this.#tickedAt = now;
    this.#late.add(late);
    this.#max = Math.max(this.#max, late);
    if (now - this.#askedAt < askedAgainMs) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

export class Metrics {
  readonly #loopDelay = new LoopDelay();
  total = 0;
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  refused = 0;
  attempts = 0;
  failovers = 0;
  bytes = 0;
  readonly ttfb = new Quantiles();

  count({ type, data }: RequestFact): void {
    this.attempts += data.attempts.length;
    if (data.attempts.length > 1) this.failovers += data.attempts.length - 1;
    if (type === 'RequestCancelled') this.cancelled++;
    else if (type === 'RequestServed' && data.status < 400) this.succeeded++;
    else this.failed++;
    if (type === 'RequestServed' || type === 'AnswerBroken') {
      this.bytes += data.bytes;
      this.ttfb.add(data.ttfbMs);
    }
  }

  /** Loaded on first use: a gateway without a scraper never pays for it. */
  async page(
    view: RoutingView,
    live: {
      readonly inFlight: number;
      readonly waiting: number;
      readonly uncaught: number;
      readonly shortages: number;
      readonly connections: ConnectionCounts;
    },
    version: string,
  ): Promise<string> {
    const { Counter, Gauge, Registry } = await later('prom-client', () => import('prom-client'));
    const registry = new Registry();
    const registers = [registry];
    const counter = (name: string, help: string, value: number) => new Counter({ name, help, registers }).inc(value);
    const gauge = (name: string, help: string, value: number) => new Gauge({ name, help, registers }).set(value);
    new Counter({ name: 'qcc_requests_total', help: 'Requests by how they ended', labelNames: ['outcome'], registers });
    const requests = registry.getSingleMetric('qcc_requests_total') as InstanceType<typeof Counter>;
    for (const outcome of ['succeeded', 'failed', 'cancelled'] as const) requests.inc({ outcome }, this[outcome]);
    counter('qcc_refused_total', 'Requests that the guard turned away', this.refused);
    counter('qcc_connections_dropped_total', 'Connections closed at once, over the limit', live.connections.dropped);
    counter('qcc_clients_stalled_total', 'Clients cut because they took nothing', live.connections.stalled);
    gauge('qcc_connections_open', 'Clients that are connected', live.connections.open);
    counter('qcc_descriptor_shortages_total', 'Times that no open files were left', live.shortages);
    counter('qcc_uncaught_errors_total', 'Unexpected errors', live.uncaught);
    gauge('qcc_connections_max', 'Clients that may be connected at once', live.connections.max);
    counter('qcc_attempts_total', 'Calls of endpoints', this.attempts);
    counter('qcc_failovers_total', 'Further attempts after a failure', this.failovers);
    counter('qcc_answer_bytes_total', 'Bytes of answers', this.bytes);
    const { rss, heapUsed } = process.memoryUsage();
    gauge('qcc_resident_memory_bytes', 'Memory of the process', rss);
    gauge('qcc_heap_used_bytes', 'Of it, objects of the main thread', heapUsed);
    gauge('qcc_requests_in_flight', 'Requests that run now', live.inFlight);
    gauge('qcc_requests_waiting', 'Requests that wait in line', live.waiting);
    const delay = new Gauge({
      name: 'qcc_event_loop_delay_seconds',
      help: 'How late the main loop was since this page was last asked for (quantile 1: at most)',
      labelNames: ['quantile'],
      registers,
    });
    const { max, p99 } = this.#loopDelay.take();
    delay.set({ quantile: '0.99' }, p99);
    delay.set({ quantile: '1' }, max);
    const quantile = new Gauge({
      name: 'qcc_ttfb_ms',
      help: 'Time to the first byte of the upstream, milliseconds',
      labelNames: ['quantile'],
      registers,
    });
    for (const q of [0.5, 0.95, 0.99]) quantile.set({ quantile: String(q) }, this.ttfb.at(q) ?? 0);
    const state = new Gauge({
      name: 'qcc_endpoint_state',
      help: '1 for the state an endpoint is in',
      labelNames: ['endpoint', 'profile', 'state'],
      registers,
    });
    for (const endpoint of view.endpoints.values()) {
      for (const name of states)
        state.set({ endpoint: endpoint.id, profile: endpoint.profile, state: name }, endpoint.state === name ? 1 : 0);
    }
    new Gauge({ name: 'qcc_build_info', help: 'The version', labelNames: ['version'], registers }).set({ version }, 1);
    return registry.metrics();
  }
}
