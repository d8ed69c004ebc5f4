import { describe, it } from 'vitest';
import type { PriorityFact } from '../../events/priority.ts';
import { reason } from '../../events/reason.ts';
import { bad, givenLadder, ladder, looked } from '../support/given.ts';

const chosen: PriorityFact = { type: 'ActiveChosen', data: { profile: 'main' } };
const allOut: PriorityFact = { type: 'AllOut', data: { because: reason('notUsable') } };
describe('when no profile can answer,', () => {
  it('the return to service is recorded, whichever profile can answer', () => {
    givenLadder(chosen, allOut)
      .when(looked, ladder({ main: '0!/1', spare: '1/1' }))
      .recordsTypes('BackInService', 'FailedOver');
    givenLadder(chosen, allOut)
      .when(looked, ladder({ main: '0/1', spare: '1/1' }))
      .records({ type: 'BackInService', data: { to: 'spare' } });
    givenLadder(
      chosen,
      { type: 'FailedOver', data: { from: 'main', to: 'spare', because: reason('notUsable') } },
      allOut,
    )
      .when(looked, ladder({ main: '1/1', spare: '0/1' }))
      .recordsTypes('BackInService', 'RecoveryBegun');
  });

  it('reports are not counted beyond what a switch needs', () => {
    const three = [1, 2, 3].map(
      (reports): PriorityFact => ({ type: 'ActiveDoubted', data: { profile: 'main', reports } }),
    );
    givenLadder(chosen, ...three, allOut)
      .when(bad('main'), ladder({ main: '0/1' }))
      .recordsNothing();
  });

  it('an installation without an endpoint has not failed, and one whose endpoints are all disabled has', () => {
    givenLadder(chosen)
      .when(looked, ladder({ main: '0/0', spare: '0/0' }))
      .recordsNothing();
    givenLadder(chosen)
      .when(looked, ladder({ main: '0/0+1', spare: '0/0' }))
      .recordsTypes('AllOut');
  });

  it('a profile whose endpoints are all disabled has certainly failed', () => {
    givenLadder(chosen)
      .when(looked, ladder({ main: '0/0+2', spare: '1/1' }))
      .recordsTypes('FailedOver');
    givenLadder(chosen)
      .when(looked, ladder({ main: '0/0+2', spare: '1/1' }), { policy: { auto: false } })
      .recordsTypes('SwitchHeldBack', 'LadderDegraded');
  });
});
