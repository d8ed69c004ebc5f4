/** The look at the queue's stories after a kill must see what it is there to see: each test breaks one promise. */
import { describe, expect, it } from 'vitest';

const { Stories } = await import(new URL('../../scripts/kill9/stories.mjs', import.meta.url).href);

type Told = readonly [type: string, data?: object];

const queued: Told = ['RequestQueued', { session: 's1' }];
const started = (attempt: number, epoch = 'e1'): Told => ['RetryStarted', { attempt, epoch }];
const ended = (type: string, attempt: number, epoch = 'e1'): Told => [type, { attempt, epoch }];
const asked: Told = ['RetryAsked', { by: 'client' }];

function storiesOf(...told: readonly Told[]) {
  const stories = new Stories();
  told.forEach(([type, data = {}], i) => {
    stories.take({ stream: 'queue/q1', seq: i + 1, type, data });
  });
  return stories;
}

describe('the record of a queued request', () => {
  it('is sound when a crash was called unknown, and only a request by the user sent it again', () => {
    const { faults, items } = storiesOf(
      queued,
      started(1),
      ended('RetryFailed', 1),
      started(2),
      ended('RetryAbandoned', 2),
      asked,
      started(3, 'e2'),
      ['RetryAnswered', { attempt: 3, epoch: 'e2', status: 200 }],
      ended('RetrySucceeded', 3, 'e2'),
      ['AnswerCollected', { by: 'r1' }],
    );
    expect(faults).toEqual([]);
    expect(items.get('queue/q1')).toEqual({ state: 'answered', session: 's1', starts: 3, unknown: 1 });
  });

  it('may go on to the next endpoint within one life, and be revived after it has died', () => {
    const next = storiesOf(queued, started(1), started(2), ended('RetryFailed', 2), ['QueuedRequestDied'], asked);
    expect(next.faults).toEqual([]);
  });

  it.each<[string, readonly Told[], string]>([
    ['sent again by another life, unsaid', [queued, started(1), started(2, 'e2')], 'not called unknown before'],
    ['sent again unasked', [queued, started(1), ended('RetryAbandoned', 1), started(2)], 'nobody has asked'],
    ['sent after its end', [queued, started(1), ended('RetrySucceeded', 1), started(2)], 'it was answered'],
    [
      'with two ends',
      [queued, started(1), ended('RetrySucceeded', 1), ['QueuedRequestCancelled']],
      'a second end, it was answered',
    ],
    [
      'answered by what another life had sent',
      [queued, started(2, 'e2'), ended('RetrySucceeded', 1)],
      'another attempt',
    ],
    ['answered without a call', [queued, ended('RetrySucceeded', 1)], 'nothing was sent'],
    ['that nobody queued', [started(1)], 'nobody has put it into the queue'],
    ['queued twice', [queued, queued], 'in the queue already'],
    ['whose attempts are counted anew', [queued, started(1), ended('RetryFailed', 1), started(1)], 'after attempt 1'],
  ])('is not sound: %s', (_, told, what) => {
    expect(storiesOf(...told).faults).toContainEqual(expect.stringContaining(what));
  });

  it('says nothing about other streams', () => {
    const stories = new Stories();
    stories.take({ stream: 'endpoint/1', seq: 1, type: 'RetryStarted', data: {} });
    expect(stories.faults).toEqual([]);
  });
});
