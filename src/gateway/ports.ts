/** What the proxy reads and reports, bound to the core. */
import type { EndpointReport } from '../../events/endpoint.ts';
import { type EndpointId, streams } from '../../events/ids.ts';
import { type ReadinessReason, reason } from '../../events/reason.ts';
import { refusesUntil } from '../../machines/endpoint-policy.ts';
import type { Monitor } from '../health/monitor.ts';
import type { Installation } from '../installation/installation.ts';
import { failoverPolicyOf } from '../policies/policies.ts';
import type { ProxyPorts } from '../proxy/ports.ts';
import type { ProxyQueue } from '../proxy/retry-queue.ts';
import type { Core } from '../runtime/core.ts';
import { whyNotReady } from '../runtime/readiness.ts';

/** Callbacks that only the data port's own attempts use. */
interface Hears extends Partial<Pick<ProxyPorts, 'planSeen' | 'refusalUnknown' | 'tokens' | 'slots'>> {
  readonly dialFailed?: (code: string | null) => void;
}

export function proxyPorts(
  { core, vault, settings, world }: Installation,
  monitor: Pick<Monitor, 'attemptFailed'>,
  retryQueue: ProxyQueue | null,
  { dialFailed, planSeen, refusalUnknown, tokens, slots }: Hears = {},
): ProxyPorts {
  const tell = (id: EndpointId, report: EndpointReport) => void core.tellEndpoint(id, report, { by: 'traffic' });
  return {
    retryQueue,
    view: () => core.view(),
    settings,
    failover: failoverPolicyOf(settings),
    secret: (id) => vault.get(core.state.profiles.endpoint(id)?.secret ?? id),
    token: () => vault.token(),
    ...(tokens && { tokens }),
    ...(slots && { slots }),
    now: () => core.now(),
    dice: world.dice,
    attemptFailed: (id, data, call) => {
      dialFailed?.(call.code);
      return monitor.attemptFailed(id, data, call);
    },
    attemptSucceeded: (id, success) => core.attemptSucceeded(id, success),
    modelNotFound: (id, model, request) => core.modelNotFound(id, model, request),
    countRefused: (id, request) =>
      tell(id, { type: 'CountRefused', data: { until: refusesUntil(core.now()), request } }),
    bodyRefused: (id, bytes, request) =>
      tell(id, { type: 'BodyRefused', data: { bytes, until: refusesUntil(core.now()), request } }),
    hasAnswered: (id) => core.state.recent.hasAnswered(id),
    modelFound: (id, model, request) => core.modelFound(id, model, request),
    capabilityMissing: (id, found, request) => core.capabilityMissing(id, found, request),
    limitsSeen: (id, data) => tell(id, { type: 'LimitsSeen', data }),
    planSeen: planSeen ?? (() => {}),
    refusalUnknown: refusalUnknown ?? (() => {}),
    requestEnded: (id, fact) => core.requestEnded(streams.request(id), fact),
    notReady: () => notReady(core, settings()['loadbalancer.health_aware'], core.now()),
  };
}

/** For `/readyz`: it contains no secret. */
export function notReady(core: Core, healthAware: boolean, now: number): readonly ReadinessReason[] {
  const { log, state } = core;
  const reasons: ReadinessReason[] = [];
  if (state.gatewayState === 'offline') reasons.push(reason('offline'));
  if (log.state !== 'open') reasons.push(reason('logIs', { state: log.state }));
  reasons.push(...whyNotReady(state, core.view(), healthAware, now));
  return reasons;
}
