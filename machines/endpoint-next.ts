/** What would move an endpoint, where to, and when at the earliest: the answer to "why not, and what next". */
import { type EndpointPolicy, type EndpointSnapshot, faceOf } from './endpoint.ts';
import { cleanStreak, trialSuccesses } from './endpoint-policy.ts';
import type { Next } from './moment.ts';

export function nextOf(snapshot: EndpointSnapshot, policy: EndpointPolicy): readonly Next[] {
  const face = faceOf(snapshot);
  const at = face.timer?.dueAt ?? null;
  switch (face.state) {
    case 'healthy':
      return [
        {
          on: 'failures',
          to: 'failed',
          at: null,
          because: `${policy.maxFailures - face.strikes} more strikes in a row put it out`,
        },
      ];
    case 'degraded':
      if (face.timer?.name === 'pause')
        return [{ on: 'pause over', to: face.resume, at, because: `it asked to be left alone (${face.because})` }];
      return [
        ...(face.because === 'limitsWarning'
          ? [{ on: 'quiet', to: 'healthy', at, because: 'its limits have warned, and are reset then' }]
          : [
              { on: 'quiet', to: 'healthy', at, because: 'no new failure until then' },
              {
                on: 'successes',
                to: 'healthy',
                at: null,
                because: `${Math.max(1, cleanStreak - face.consecutiveSuccesses)} successes in a row`,
              },
            ]),
        {
          on: 'failures',
          to: 'failed',
          at: null,
          because: `${policy.maxFailures - face.strikes} more strikes in a row`,
        },
      ];
    case 'failed':
      return [
        {
          on: 'time',
          to: face.held && policy.probing ? 'failed' : 'recovering',
          at,
          because: `it is out because of ${face.because}, for the ${face.times}. time in a row`,
        },
        { on: 'probe', to: 'recovering', at: null, because: 'a probe or a last try that succeeds' },
        ...(face.held
          ? [{ on: 'new key or address', to: 'healthy', at: null, because: 'what it was held for is gone then' }]
          : []),
      ];
    case 'recovering':
      return face.ramp > 0
        ? [{ on: 'ramp', to: 'recovering', at, because: `it has ${Math.round(face.ramp * 100)} % of its share` }]
        : [
            {
              on: 'successes',
              to: 'recovering',
              at: null,
              because: `${Math.max(1, trialSuccesses - face.consecutiveSuccesses)} trials must succeed`,
            },
            { on: 'failure', to: 'failed', at: null, because: 'one failure and it is out again' },
          ];
    case 'disabled':
      return [{ on: 'enable', to: 'recovering', at: null, because: 'it was disabled by hand' }];
  }
}
