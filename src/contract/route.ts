/** Where the next request would go, by the log alone. */
import * as v from 'valibot';
import type { Seen } from './endpoint.ts';
import { instant, name, optional, sentenceMax, text } from './fields.ts';
import type { RouteRow } from './history.ts';
import type { WithGaps } from './moment.ts';
import { asks } from './operation.ts';

export interface NextRouteRow extends Omit<RouteRow, 'chosen' | 'facts'> {
  /** In the order in which they would be asked, from 1. Null: it would not be asked. */
  readonly place: number | null;
  readonly seen: Seen;
}

export const routeContract = {
  /** `now`: without it, the time of the last fact. */
  'route.next': asks(
    'read',
    v.strictObject({ session: optional(text(sentenceMax)), model: optional(name), now: optional(instant) }),
  ).answers<
    {
      readonly active: string | null;
      readonly pinned: string | null;
      /** Another of the same priority may be drawn, or has its turn. */
      readonly open: boolean;
      readonly route: readonly NextRouteRow[];
    } & WithGaps
  >(),
};
