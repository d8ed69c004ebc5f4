/** Settings that the past can be lived again with, as they stand in the page's address. */
import type { Place } from './place.ts';

/** Settings that decide on outages, switches and routes. Others would not change a recorded outcome, or their effect is not recorded. */
export const rehearsed =
  /^(failover\..+|loadbalancer\..+|proxy\.max_attempts|health\.(backoff_base|backoff_max|ramp|credential_interval|mode|enabled))$/;

export function triedIn(options: Place['options']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(options).filter(([key]) => rehearsed.test(key)));
}
