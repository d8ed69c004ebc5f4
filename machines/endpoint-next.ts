/** What would move an endpoint, where to, and when at the earliest: the answer to "why not, and what next". */

import { type EndpointSnapshot, type EndpointStatus, endpointStatus } from './endpoint.ts';
import type { EndpointPolicy } from './endpoint-policy.ts';
import { cleanStreak, halfOpenSuccesses } from './endpoint-policy.ts';
import type { Next } from './moment.ts';

export function nextOf(snapshot: EndpointSnapshot, policy: EndpointPolicy): readonly Next[] {
  const status = endpointStatus(snapshot);
  const at = status.timer?.dueAt ?? null;
  switch (status.state) {
    case 'healthy':
      return [
        {
          on: 'failure',
          to: 'degraded',
          at: null,
          rule: 'firstStrike',
          params: {},
        },
        strikesLeft(status, policy),
      ];
    case 'degraded':
      return [...heals(status, at), strikesLeft(status, policy)];
    case 'failed':
      return [
        {
          on: 'time',
          to: status.held && policy.probing && !status.isProbeless ? 'failed' : 'recovering',
          at,
          rule: 'outOver',
          params: { failure: String(status.because), times: status.times },
        },
        {
          on: 'probe',
          to: 'recovering',
          at: null,
          rule: 'success',
          params: {},
        },
        ...(status.held
          ? [
              {
                on: 'new key or address',
                to: 'healthy',
                at: null,
                rule: 'newKey',
                params: {},
              } as const,
            ]
          : []),
      ];
    case 'recovering':
      return comesBack(status, at);
    case 'disabled':
      return [
        {
          on: 'enable',
          to: 'recovering',
          at: null,
          rule: 'byHand',
          params: {},
        },
      ];
  }
}

function strikesLeft({ strikes }: EndpointStatus, { maxFailures }: EndpointPolicy): Next {
  const left = Math.max(0.5, maxFailures - strikes);
  return {
    on: 'failures',
    to: 'failed',
    at: null,
    rule: 'strikesLeft',
    params: { left },
  };
}

function heals(status: EndpointStatus, at: number | null): readonly Next[] {
  if (status.timer?.name === 'pause')
    return [
      {
        on: 'pause over',
        to: status.strikes > 0 && status.consecutiveSuccesses === 0 ? 'recovering' : status.resume,
        at,
        rule: 'pauseOver',
        params: { failure: String(status.because) },
      },
    ];
  const quiet = { on: 'quiet', to: 'recovering', at, params: {} };
  if (status.because === 'limitsWarning') return [{ ...quiet, to: 'healthy', rule: 'limitsReset' }];
  const left = Math.max(1, cleanStreak - status.consecutiveSuccesses);
  return [
    { ...quiet, rule: 'quiet' },
    {
      on: 'successes',
      to: 'healthy',
      at: null,
      rule: 'successesLeft',
      params: { left },
    },
  ];
}

function comesBack({ ramp, consecutiveSuccesses }: EndpointStatus, at: number | null): readonly Next[] {
  const percent = Math.round(ramp * 100);
  const left = Math.max(1, halfOpenSuccesses - consecutiveSuccesses);
  const failure: Next = {
    on: 'failure',
    to: 'failed',
    at: null,
    rule: 'oneFailure',
    params: {},
  };
  if (ramp > 0)
    return [
      {
        on: 'ramp',
        to: 'recovering',
        at,
        rule: 'ramp',
        params: { percent },
      },
      failure,
    ];
  return [
    {
      on: 'successes',
      to: 'recovering',
      at: null,
      rule: 'trialsLeft',
      params: { left },
    },
    failure,
  ];
}
