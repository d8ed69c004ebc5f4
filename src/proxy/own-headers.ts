/** What the gateway tells its client of an attempt, as flat pairs of headers. */
import type { Millis } from '../../events/fact.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';

interface Told {
  readonly request: string;
  readonly attempts: number;
  /** How long the request was in the gateway's hands. */
  readonly ours: Millis;
  readonly ttfbMs: Millis;
}

export function ownHeaders({ id, profile }: RoutableEndpoint, { request, attempts, ours, ttfbMs }: Told): string[] {
  return [
    'x-qcc-request-id',
    request,
    'x-qcc-endpoint',
    id,
    'x-qcc-profile',
    encodeURIComponent(profile),
    'x-qcc-attempts',
    String(attempts),
    'server-timing',
    `qcc;dur=${ours}, upstream;dur=${ttfbMs}`,
  ];
}
