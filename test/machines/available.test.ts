/** Whether an endpoint may be given traffic now: one answer for everybody who asks. */
import { describe, expect, it } from 'vitest';
import { isAvailable } from '../../machines/available.ts';
import { noHearsay } from '../../machines/hearsay.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import { later } from '../support/given.ts';

const now = later(0);
const with_ = (state: EndpointState, until: number | null = null, held = false) => ({
  state,
  until,
  held,
  hearsay: noHearsay,
});

describe('an endpoint', () => {
  it.each([
    ['that is healthy is there', with_('healthy'), true, true],
    ['that is degraded is there', with_('degraded'), true, true],
    ['that pauses is not, unless nobody looks at health', with_('degraded', later(1)), false, true],
    ['whose pause is over is there', with_('degraded', now), true, true],
    ['that recovers is there', with_('recovering'), true, true],
    ['that is out is not, unless nobody looks at health', with_('failed', later(1)), false, true],
    ['whose key was refused is not', with_('failed', later(1), true), false, false],
    ['that is disabled is not', with_('disabled'), false, false],
  ] as const)('%s', (_, endpoint, aware, blind) => {
    expect([isAvailable(endpoint, true, now), isAvailable(endpoint, false, now)]).toEqual([aware, blind]);
  });
});
