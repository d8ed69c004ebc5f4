/** Whether the fleet can do what it is for. Nothing of it is a fault: requests are served without. */

import { isLoopback } from '../config/network/base-url.ts';
import type { Settings } from '../config/settings/settings.ts';
import { type Check, passed, warning } from '../contract/checks.ts';
import type { FleetLive } from '../contract/fleet.ts';
import { fleetFixes } from '../messages/fleet-fixes.ts';

// Before it, a server that crashed could lose a stream (NATS release notes of 2.10.23). The logs of the gateways have it all the same.
const safeServer = [2, 10, 23] as const;

/** None without a server: who has no fleet need not read of it. */
export function fleetChecks(settings: Settings, hasSecret: boolean, live: FleetLive | undefined): readonly Check[] {
  const url = settings['fleet.url'];
  if (url === '') return [];
  const found: Check[] = [];
  if (!hasSecret) found.push(warning('fleet', { fault: 'noSecret' }, 'qcc config set fleet.secret -'));
  if (live?.state === 'nameTaken')
    found.push(warning('fleet', { fault: 'nameTaken' }, 'qcc config set fleet.name NAME'));
  // Without an error it has only just begun.
  if (live?.state === 'connecting' && live.error !== null) found.push(lost(url, live));
  if (url.startsWith('nats:') && settings['fleet.tls_ca'] === '' && !isLoopback(new URL(url).hostname))
    found.push(warning('fleet', { fault: 'plain', url }, 'qcc config set fleet.url tls://HOST:4222'));
  if (live?.server && isOlder(live.server))
    found.push(warning('fleet', { fault: 'oldServer', version: live.server }, 'qcc fleet status'));
  const refused = live?.refusedNow ?? [];
  if (refused.includes('stranger'))
    found.push(warning('fleet', { fault: 'stranger' }, 'qcc config set fleet.secret -'));
  if (refused.includes('version')) found.push(warning('fleet', { fault: 'newer' }, 'qcc --version'));
  return found.length > 0 ? found : [passed('fleet', 'warning')];
}

function lost(url: string, { fault, error }: FleetLive): Check {
  const why = fault === null || fault === 'other' ? (error ?? '') : fault;
  return warning('fleet', { fault: 'lost', url, why }, (fault && fleetFixes[fault]) ?? 'qcc fleet status');
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  const at = safeServer.findIndex((least, i) => parts[i] !== least);
  return at >= 0 && (parts[at] ?? 0) < (safeServer[at] ?? 0);
}
