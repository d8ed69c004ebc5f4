/** The settings in the form that each machine's rules read: seconds become milliseconds here and nowhere else. */
import { secondMs } from '../../events/units.ts';
import type { EndpointPolicy } from '../../machines/endpoint-policy.ts';
import type { FailoverPolicy } from '../../machines/failover-policy.ts';
import type { PriorityPolicy } from '../../machines/priority-policy.ts';
import type { QueuePolicy } from '../../machines/queue-policy.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import type { Keeping } from '../runtime/maintenance.ts';

const megabyte = 1_000_000;
// The default of an endpoint that was added without a number of its own.
const defaultMaxFailures = 3;

export function endpointPolicy(settings: Settings, endpoint: KnownEndpoint | undefined): EndpointPolicy {
  return {
    maxFailures: endpoint?.maxFailures ?? defaultMaxFailures,
    backoffBaseMs: settings['health.backoff_base'] * secondMs,
    backoffMaxMs: settings['health.backoff_max'] * secondMs,
    slowStartMs: settings['health.ramp'] * secondMs,
    credentialIntervalMs: settings['health.credential_interval'] * secondMs,
    probing: settings['health.enabled'] && settings['health.mode'] !== 'off',
  };
}

export function keeping(settings: Settings): Keeping {
  return { days: settings['history.retention_days'], bytes: settings['history.max_size'] * megabyte };
}

export function priorityPolicy(settings: Settings): PriorityPolicy {
  return {
    auto: settings['failover.auto'],
    autoRecovery: settings['failover.auto_recovery'],
    failureThreshold: settings['failover.failure_threshold'],
    recoveryChecks: settings['failover.recovery_checks'],
    cooldownMs: settings['failover.cooldown'] * secondMs,
    recoveryDelayMs: settings['failover.recovery_delay'] * secondMs,
    maxPerHour: settings['failover.max_per_hour'],
    healthAware: settings['loadbalancer.health_aware'],
  };
}

export function failoverPolicy(settings: Settings): FailoverPolicy {
  return {
    maxAttempts: settings['proxy.max_attempts'],
    rules: { strategy: settings['loadbalancer.strategy'], healthAware: settings['loadbalancer.health_aware'] },
    stickyMs: settings['loadbalancer.sticky_session'] ? settings['loadbalancer.sticky_ttl'] * secondMs : 0,
    timeouts: {
      headersMs: settings['proxy.headers_timeout'] * secondMs,
      firstContentMs: settings['proxy.first_content_timeout'] * secondMs,
      idleMs: settings['proxy.idle_timeout'] * secondMs,
      totalMs: settings['proxy.total_timeout'] * secondMs,
    },
  };
}

/** Read several times a request, and computed when a setting has changed. */
export function failoverPolicyOf(settings: () => Settings): () => FailoverPolicy {
  let of: Settings | undefined;
  let policy: FailoverPolicy | undefined;
  return () => {
    const now = settings();
    if (policy === undefined || of !== now) policy = failoverPolicy(now);
    of = now;
    return policy;
  };
}

export function queuePolicy(settings: Settings): QueuePolicy {
  return {
    enabled: settings['queue.enabled'],
    strategy: settings['queue.strategy'],
    baseDelayMs: settings['queue.base_delay'] * secondMs,
    maxDelayMs: settings['queue.max_delay'] * secondMs,
    maxRetries: settings['queue.max_retries'],
    ttlMs: settings['queue.ttl'] * secondMs,
    maxSize: settings['queue.max_size'],
    healthAware: settings['loadbalancer.health_aware'],
  };
}
