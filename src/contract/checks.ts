import type { CallReason } from '../../events/reason.ts';
import type { ToldError } from '../errors/told-error.ts';
/** The subjects and results of checks: data, which the command line puts into words. */

export type CheckId =
  | 'profiles'
  | 'ladder.serves'
  | 'ladder.outside'
  | 'endpoint.address'
  | 'endpoint.loop'
  | 'endpoint.key'
  | 'endpoint.twin'
  | 'endpoint.models'
  | 'endpoint.rules'
  | 'endpoint.refusals'
  | 'endpoint.connects'
  | 'policy.backoff'
  | 'policy.probes'
  | 'policy.timeouts'
  | 'policy.queue'
  | 'policy.recovery'
  | 'policy.failovers'
  | 'proxy.tls'
  | 'proxy.expiry'
  | 'proxy.open'
  | 'proxy.plaintext'
  | 'settings'
  | 'node'
  | 'home'
  | 'home.file'
  | 'home.vault'
  | 'home.modes'
  | 'home.socket'
  | 'disk.space'
  | 'disk.writable'
  | 'log'
  | 'log.damage'
  | 'log.tables'
  | 'queue.bodies'
  | 'clock'
  | 'gateway.version'
  | 'gateway.port'
  | 'gateway.leftover'
  | 'service.node'
  | 'client.gateway'
  | 'claude.settings'
  | 'claude.gateway'
  | 'claude.shadowed'
  | 'claude.credentials'
  | 'claude.address'
  | 'claude.cloud'
  | 'claude.overridden'
  | 'claude.takeover'
  | 'env.proxy'
  | 'files'
  | 'env.outbound'
  | 'env.certificates'
  | 'fleet';

export interface Check {
  readonly id: CheckId;
  readonly ok: boolean;
  /** A warning is worth knowing, and prevents nothing. */
  readonly severity: 'fault' | 'warning';
  /** The parameters of this check's message. */
  readonly about: Readonly<Record<string, string | number | CallReason | ToldError>>;
  /** The command that helps; null when the check passed. */
  readonly fix: string | null;
}

type About = Check['about'];

/** The check passed: reported once, however many subjects it has. */
export function passed(id: CheckId, severity: Check['severity'] = 'fault'): Check {
  return { id, ok: true, severity, about: {}, fix: null };
}

export function fault(id: CheckId, about: About, fix: string): Check {
  return { id, ok: false, severity: 'fault', about, fix };
}

export function warning(id: CheckId, about: About, fix: string): Check {
  return { id, ok: false, severity: 'warning', about, fix };
}

/** The findings, or one row for a check that passed. */
export function orPassed(id: CheckId, found: readonly Check[]): readonly Check[] {
  return found.length > 0 ? found : [passed(id)];
}
