/** What would move an endpoint, where to, and when at the earliest: the answer to "why not, and what next". */
import { type EndpointFace, type EndpointPolicy, type EndpointSnapshot, faceOf } from './endpoint.ts';
import { cleanStreak, trialSuccesses } from './endpoint-policy.ts';
import type { Next } from './moment.ts';

export function nextOf(snapshot: EndpointSnapshot, policy: EndpointPolicy): readonly Next[] {
  const face = faceOf(snapshot);
  const at = face.timer?.dueAt ?? null;
  switch (face.state) {
    case 'healthy':
      return [
        {
          on: 'failure',
          to: 'degraded',
          at: null,
          rule: 'firstStrike',
          because: 'a first failure is watched, and a limit is waited out',
          params: {},
        },
        strikesLeft(face, policy),
      ];
    case 'degraded':
      return [...heals(face, at), strikesLeft(face, policy)];
    case 'failed':
      return [
        {
          on: 'time',
          to: face.held && policy.probing ? 'failed' : 'recovering',
          at,
          rule: 'outOver',
          because: `it is out because of ${face.because}, for the ${face.times}. time in a row`,
          params: { failure: String(face.because), times: face.times },
        },
        {
          on: 'probe',
          to: 'recovering',
          at: null,
          rule: 'success',
          because: 'a probe or a last try that succeeds',
          params: {},
        },
        ...(face.held
          ? [
              {
                on: 'new key or address',
                to: 'healthy',
                at: null,
                rule: 'newKey',
                because: 'what it was held for is gone then',
                params: {},
              } as const,
            ]
          : []),
      ];
    case 'recovering':
      return comesBack(face, at);
    case 'disabled':
      return [
        {
          on: 'enable',
          to: 'recovering',
          at: null,
          rule: 'byHand',
          because: 'it was disabled by hand',
          params: {},
        },
      ];
  }
}

function strikesLeft({ strikes }: EndpointFace, { maxFailures }: EndpointPolicy): Next {
  const left = Math.max(0.5, maxFailures - strikes);
  return {
    on: 'failures',
    to: 'failed',
    at: null,
    rule: 'strikesLeft',
    because: `${left} more strikes in a row put it out`,
    params: { left },
  };
}

function heals(face: EndpointFace, at: number | null): readonly Next[] {
  if (face.timer?.name === 'pause')
    return [
      {
        on: 'pause over',
        to: face.strikes > 0 && face.consecutiveSuccesses === 0 ? 'recovering' : face.resume,
        at,
        rule: 'pauseOver',
        because: `it asked to be left alone (${face.because})`,
        params: { failure: String(face.because) },
      },
    ];
  const quiet = { on: 'quiet', to: 'recovering', at, params: {} };
  if (face.because === 'limitsWarning')
    return [{ ...quiet, to: 'healthy', rule: 'limitsReset', because: 'its limits have warned, and are reset then' }];
  const left = Math.max(1, cleanStreak - face.consecutiveSuccesses);
  return [
    { ...quiet, rule: 'quiet', because: 'no new failure until then: it is tried' },
    {
      on: 'successes',
      to: 'healthy',
      at: null,
      rule: 'successesLeft',
      because: `${left} successes in a row`,
      params: { left },
    },
  ];
}

function comesBack({ ramp, consecutiveSuccesses }: EndpointFace, at: number | null): readonly Next[] {
  const percent = Math.round(ramp * 100);
  const left = Math.max(1, trialSuccesses - consecutiveSuccesses);
  const failure: Next = {
    on: 'failure',
    to: 'failed',
    at: null,
    rule: 'oneFailure',
    because: 'one failure and it is out again',
    params: {},
  };
  if (ramp > 0)
    return [
      {
        on: 'ramp',
        to: 'recovering',
        at,
        rule: 'ramp',
        because: `it has ${percent} % of its share`,
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
      because: `${left} trials must succeed`,
      params: { left },
    },
    failure,
  ];
}
