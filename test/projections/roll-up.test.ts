import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { Recent } from '../../src/projections/recent.ts';
import { RollUpFold, rollUpForm } from '../../src/projections/roll-up.ts';
import { Stats } from '../../src/projections/stats.ts';
import { atEndpoint, attempt, ended, failedAt, inQueue, one, served, two } from './request-facts.ts';

const folded = (facts: readonly Recorded[], from = 1) => {
  const fold = new RollUpFold(from);
  for (const [i, fact] of facts.entries()) fold.apply({ ...fact, seq: from + i }, 100);
  return JSON.parse(JSON.stringify(fold.toJSON())) as ReturnType<RollUpFold['toJSON']>;
};

it('models beyond the limit count together as they do when each fact is applied, also where two blocks meet', () => {
  const facts = Array.from({ length: 800 }, (_, i) => {
    const endpoint = i % 3 === 0 ? two : one;
    return served({
      endpoint,
      model: `made-up-${i % 600}`,
      attempts: [attempt(endpoint)],
      ttfbMs: i,
      token: `t${i % 2}`,
    });
  });
  const [whole, added] = [new Stats(), new Stats()];
  for (const fact of facts) whole.apply(fact);
  for (const part of [facts.slice(0, 300), facts.slice(300, 650), facts.slice(650)]) added.add(folded(part).stats);
  expect(added.rows(() => null)).toEqual(whole.rows(() => null));
  expect(added.tokenRows()).toEqual(whole.tokenRows());
  expect(added.rows(() => null).filter(({ model }) => model === null)).toHaveLength(2);
});

it('results are those of all facts, wherever two blocks meet', () => {
  const probed = { responseMs: 300, ttftMs: null, score: 90, tokens: 7, depth: 'api', reason: 'interval' };
  const run = (length: number, fact: Recorded) => Array.from({ length }, (_, i) => ({ ...fact, at: fact.at + i }));
  const facts = [
    ...run(30, served({ ttftMs: null, path: '/v1/models' })),
    atEndpoint(one, { type: 'ProbeSucceeded', data: { ...probed, model: 'm' } }),
    { ...atEndpoint(one, { type: 'EndpointRecovered', data: {} }), cause: 31 },
    ...run(25, failedAt(one, 'serverError')),
    { ...atEndpoint(one, { type: 'AttemptFailed', data: { failure: 'serverError', detail: null } }), v: 2 },
    ...run(24, failedAt(two, 'overloaded')),
    {
      ...atEndpoint(two, { type: 'ProbeFailed', data: { verdict: 'timeout', failure: 'timeout', detail: null } }),
      v: 2,
    },
    { ...atEndpoint(two, { type: 'EndpointFailed', data: {} }), cause: 83 },
    atEndpoint(one, { type: 'ProbeSucceeded', data: { ...probed, model: null } }),
    ...run(270, served()),
    ...run(3, failedAt(one, 'serverError')),
  ].map((fact, i): Recorded => ({ ...fact, seq: i + 1 }));
  const recentOf = (some: readonly Recorded[]) => {
    const recent = new Recent();
    for (const fact of some) recent.apply(fact);
    return recent;
  };
  const whole = JSON.stringify(recentOf(facts));
  for (let at = 0; at < facts.length; at += at < 100 || at > 350 ? 1 : 23) {
    const added = recentOf(facts.slice(0, at));
    const later = folded(facts.slice(at), at + 1);
    added.add(later.recent, later.early);
    expect(JSON.parse(JSON.stringify(added)), `#${at}`).toEqual(JSON.parse(whole));
  }
});

/**
 * A roll-up is stored, and used as long as its form is today's. When this fails because a rule of `Stats` or `Recent` has changed, or the
 * shape of a roll-up, then change the number in `rollUpForm` too: roll-ups of the former rules are made anew.
 */
it('the same facts have the same roll-up as long as the form stays', () => {
  const probed = { responseMs: 300, ttftMs: null, score: 90, model: 'm', tokens: 7, depth: 'api', reason: 'interval' };
  const noted = { verdict: 'rate_limited', tokens: 2, responseMs: 5, detail: null };
  const facts = [
    served(),
    served({ model: null, ttftMs: null, usage: null, attempts: [attempt(two, 'overloaded'), attempt(one)] }),
    served({ attempts: [{ ...attempt(one), sent: 'other' }], status: 404, token: 'ann' }),
    failedAt(two, 'serverError'),
    failedAt(two, 'noNetwork'),
    { ...served(), type: 'AnswerBroken' },
    { ...failedAt(one, 'cancelled'), type: 'RequestCancelled' },
    inQueue({ type: 'RetrySucceeded', data: { own: { ...ended(), model: 'queued' } } } as never),
    atEndpoint(one, { type: 'ProbeSucceeded', data: probed }),
    { ...atEndpoint(one, { type: 'EndpointDegraded', data: {} }), cause: 9, v: 2 },
    { ...atEndpoint(one, { type: 'EndpointFailed', data: {} }), cause: 9 },
    { ...atEndpoint(two, { type: 'EndpointFailed', data: {} }), cause: 0 },
    {
      ...atEndpoint(two, { type: 'ProbeFailed', data: { verdict: 'timeout', failure: 'timeout', detail: null } }),
      v: 2,
    },
    { ...atEndpoint(two, { type: 'ProbeNoted', data: noted }), v: 2 },
    { ...atEndpoint(two, { type: 'AttemptFailed', data: { failure: 'serverError', detail: null } }), v: 2 },
  ];
  const text = JSON.stringify(folded(facts));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  expect({ form: rollUpForm.split(' ')[0], digest }).toEqual({ form: '2', digest: 'ee38b7a223555d0e' });
});
