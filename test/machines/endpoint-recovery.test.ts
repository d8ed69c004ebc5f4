import { describe, expect, it } from 'vitest';
import type { EndpointDecision, EndpointFact } from '../../events/endpoint.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import {
  answered,
  at,
  elapsed,
  endpointAfter,
  failed,
  given,
  later,
  minute,
  probed,
  probeFailed,
  second,
} from '../support/given.ts';

const recovered: EndpointFact = { type: 'EndpointRecovered', data: {} };
const recovering = (ramp: number, nextAt: number | null): EndpointFact => ({
  type: 'EndpointRecovering',
  data: { ramp, nextAt },
});
const trial = recovering(0, null);
type Out = Extract<EndpointDecision, { type: 'EndpointFailed' }>['data'];
const out = (more: Partial<Out> = {}): EndpointDecision => ({
  type: 'EndpointFailed',
  data: { because: 'timeout', until: later(10 * second), belief: 'inferred', times: 1, held: false, ...more },
});
const refused = out({ because: 'credential', until: later(10 * minute), belief: 'observed', held: true });
const degraded: EndpointFact = { type: 'EndpointDegraded', data: { because: 'timeout', until: null } };

describe('a degraded endpoint', () => {
  const history = [failed('timeout'), degraded];

  it('heals by three successes in a row', () => {
    given(...history)
      .when(answered())
      .records(answered());
    given(...history, answered(), answered())
      .when(answered())
      .records(answered(), recovered);
    given(...history, answered(), answered(), failed('timeout'))
      .when(answered())
      .records(answered());
  });

  it('heals by one successful probe', () => {
    given(...history)
      .when(probed)
      .records(probed, recovered);
  });

  it('becomes half-open after a quiet minute, counted from the last failure', () => {
    expect(endpointStatus(endpointAfter(...history)).timer).toMatchObject({ name: 'quiet', dueAt: later(minute) });
    const struckAgain = endpointAfter(...history, at(40 * second, failed('timeout')));
    expect(endpointStatus(struckAgain).timer).toMatchObject({ name: 'quiet', dueAt: later(100 * second) });
    given(...history, at(40 * second, failed('timeout')))
      .when(elapsed(struckAgain), { at: 100 * second })
      .records(elapsed(struckAgain), trial);
  });

  it('has no strike left when it has healed', () => {
    expect(endpointStatus(endpointAfter(...history, at(minute, recovered)))).toMatchObject({
      state: 'healthy',
      strikes: 0,
      because: null,
      timer: null,
    });
  });
});

describe('a failed endpoint', () => {
  it('becomes half-open when its time is up', () => {
    const end = elapsed(endpointAfter(out()));
    given(out())
      .when(end, { at: 10 * second })
      .records(end, trial);
  });

  it('becomes half-open at once when a probe passes, which counts as the first success', () => {
    given(out()).when(probed).records(probed, trial);
    expect(endpointStatus(endpointAfter(out(), probed, trial))).toMatchObject({
      state: 'recovering',
      consecutiveSuccesses: 1,
    });
  });

  it('becomes half-open by hand', () => {
    given(out()).when({ type: 'EndpointReset', data: {} }).records({ type: 'EndpointReset', data: {} }, trial);
  });

  it('that is quarantined is tried by traffic when probing is off', () => {
    const end = elapsed(endpointAfter(refused));
    given(refused)
      .when(end, { at: 10 * minute })
      .records(end, trial);
  });

  it('that is quarantined stays ejected while it is probed, and is checked again', () => {
    const end = elapsed(endpointAfter(refused));
    const again = out({ because: 'credential', until: later(20 * minute), belief: 'observed', held: true });
    given(refused)
      .when(end, { at: 10 * minute, policy: { probing: true } })
      .records(end, again);
    expect(endpointStatus(endpointAfter(refused, at(10 * minute, end), at(10 * minute, again))).timer?.dueAt).toBe(
      later(20 * minute),
    );
  });

  it('that is quarantined returns after a successful probe', () => {
    given(refused)
      .when(probed, { policy: { probing: true } })
      .records(probed, trial);
  });

  it('that is quarantined is healthy at once with a new key', () => {
    given(refused).when({ type: 'KeyChanged', data: {} }).records({ type: 'KeyChanged', data: {} }, recovered);
  });

  it('that was ejected for another reason becomes half-open with a new key', () => {
    given(out()).when({ type: 'KeyChanged', data: {} }).records({ type: 'KeyChanged', data: {} }, trial);
  });
});

describe('a recovering endpoint', () => {
  it('needs two successes, then takes a tenth of its share', () => {
    given(trial).when(answered()).records(answered());
    given(trial, answered())
      .when(answered())
      .records(answered(), recovering(0.1, later(12 * second)));
    given(trial, probed)
      .when(probed)
      .records(probed, recovering(0.1, later(12 * second)));
  });

  it.each([
    [0.1, 0.3],
    [0.3, 0.5],
    [0.5, 0.8],
  ])('goes from %f of its share to %f', (from, to) => {
    const step = recovering(from, later(12 * second));
    const end = elapsed(endpointAfter(trial, step));
    given(trial, step)
      .when(end, { at: 12 * second })
      .records(end, recovering(to, later(24 * second)));
  });

  it('is healthy at the end of slow start', () => {
    const step = recovering(0.8, later(12 * second));
    const end = elapsed(endpointAfter(trial, step));
    given(trial, step)
      .when(end, { at: 12 * second })
      .records(end, recovered);
  });

  it('is healthy at once without slow start', () => {
    given(trial, answered())
      .when(answered(), { policy: { slowStartMs: 0 } })
      .records(answered(), recovered);
  });

  it('does not record each answer during slow start, but each probe', () => {
    given(trial, recovering(0.3, later(12 * second)))
      .when(answered())
      .recordsNothing();
    given(trial, recovering(0.3, later(12 * second)))
      .when(probed)
      .records(probed);
  });

  it('is ejected again by one failure, for longer', () => {
    const again = out({ until: later(30 * second), times: 2 });
    given(out(), at(10 * second, trial))
      .when(failed('timeout'), { at: 10 * second })
      .records(failed('timeout'), again);
    given(out(), at(10 * second, trial))
      .when(probeFailed('timeout'), { at: 10 * second })
      .records(probeFailed('timeout'), again);
    given(out(), at(10 * second, trial), at(10 * second, recovering(0.8, later(22 * second))))
      .when(failed('timeout'), { at: 10 * second })
      .records(failed('timeout'), again);
  });

  it('in slow start goes on after one failure when its former rate was about the same', () => {
    const onRamp = [out(), at(10 * second, trial), at(10 * second, recovering(0.8, later(22 * second)))];
    given(...onRamp)
      .when(failed('timeout'), { at: 10 * second, recent: { attempts: 400, failures: 20 } })
      .records(failed('timeout'));
    given(...onRamp.slice(0, 2))
      .when(failed('timeout'), { at: 10 * second, recent: { attempts: 400, failures: 20 } })
      .recordsTypes('AttemptFailed', 'EndpointFailed');
    given(...onRamp, failed('timeout'))
      .when(answered(), { at: 10 * second })
      .records(answered());
  });

  it('is not ejected by failures that say nothing about it', () => {
    given(trial).when(failed('noModel')).recordsNothing();
  });
});

describe('manual control:', () => {
  const disabled: EndpointFact = { type: 'EndpointDisabled', data: {} };
  const enabled: EndpointFact = { type: 'EndpointEnabled', data: {} };

  it.each([
    ['healthy', []],
    ['degraded', [failed('timeout'), degraded]],
    ['failed', [out()]],
    ['recovering', [trial]],
  ])('a %s endpoint can be disabled', (_, history) => {
    given(...history)
      .when({ type: 'EndpointDisabled', data: {} })
      .records(disabled);
    expect(endpointStatus(endpointAfter(...history, disabled))).toMatchObject({
      state: 'disabled',
      timer: null,
      strikes: 0,
      until: null,
    });
  });

  it.each([
    failed('credential'),
    answered(),
    probed,
    probeFailed('timeout'),
    disabled,
    { type: 'EndpointReset', data: {} },
    { type: 'KeyChanged', data: {} },
  ] as const)('a disabled endpoint ignores $type', (report) => {
    given(disabled)
      .when(report as Parameters<ReturnType<typeof given>['when']>[0])
      .recordsNothing();
  });

  it('an enabled endpoint is half-open before it is trusted', () => {
    given(disabled).when({ type: 'EndpointEnabled', data: {} }).records(enabled, trial);
    given().when({ type: 'EndpointEnabled', data: {} }).recordsNothing();
  });

  it('a reset does nothing where nothing is wrong', () => {
    given().when({ type: 'EndpointReset', data: {} }).recordsNothing();
    given(trial).when({ type: 'EndpointReset', data: {} }).recordsNothing();
  });

  it('a reset ends a pause', () => {
    const pause: EndpointFact = {
      type: 'EndpointPaused',
      data: { because: 'rateLimited', until: later(minute), belief: 'advertised', times: 1 },
    };
    given(pause).when({ type: 'EndpointReset', data: {} }).recordsTypes('EndpointReset', 'EndpointRecovering');
    expect(endpointStatus(endpointAfter(pause, trial))).toMatchObject({
      state: 'recovering',
      until: null,
      timer: null,
    });
  });

  it('a new key changes nothing for an endpoint that is not ejected', () => {
    given().when({ type: 'KeyChanged', data: {} }).recordsNothing();
  });
});
