/** What decided where a request was routed: the sentence that `explain` begins with, and the ways to name a request. */
import { describe, expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import type { Attempt } from '../../events/request.ts';
import type { RequestStory } from '../../src/contract/history.ts';
import { ask } from '../../src/history/questions.ts';
import { decidedText } from '../../src/messages/decided.ts';
import { memoryInstallation } from '../support/installation.ts';

/** Two profiles on a ladder, and requests that end as they are told to. */
async function lived() {
  const { call, core } = await memoryInstallation();
  const key = 'sk-ant-0123456789abcdef';
  const add = (profile: string, name: string) =>
    call('endpoint.add', { profile, baseUrl: `https://${name}.test`, key, name });
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('profile.add', { name: 'spare', tier: 'secondary' });
  const [relay, twin, spare] = [await add('work', 'relay'), await add('work', 'twin'), await add('spare', 'spare')];
  let count = 0;
  const end = (type: string, attempts: readonly Partial<Attempt>[], more: object = {}) => {
    const id = `01a20fdd-0e87-79ef-a970-ef0d05abc1${String(++count).padStart(2, '0')}`;
    const whole = attempts.map((one) => ({
      at: 1,
      outcome: 'answered',
      status: 200,
      ttfbMs: 1,
      because: 'weighted',
      ...one,
    }));
    const asked = { session: null, model: 'm', stream: false, path: '/v1/messages', within: null };
    const data = {
      ...asked,
      attempts: whole,
      status: 200,
      durationMs: 1,
      view: core.state.seq,
      usage: null,
      ttftMs: null,
      ...more,
    };
    core.report(`request/${id}`, [{ type, data } as never], { by: 'traffic' });
    return id;
  };
  const explain = (about?: string) => ask(core.log, 'history.explain', about === undefined ? {} : { about });
  const sentence = async (about?: string) => decidedText(((await explain(about)) as RequestStory).decided, 'en');
  return { call, core, relay, twin, spare, end, explain, sentence };
}

it('explain says of an endpoint that was left out which gateway was refused there, with what, and when', async () => {
  const { core, relay, twin, end, explain } = await lived();
  const [saidAt, heardAt, until] = [core.now() - 1_000, core.now(), core.now() + 60_000];
  const data = {
    member: 'bb',
    name: 'laptop',
    seq: 7,
    because: 'rateLimited',
    status: 429,
    saidAt,
    heardAt,
    until,
  } as const;
  core.tellEndpoint(relay.id as EndpointId, { type: 'FailureHeard', data }, { by: 'fleet' });
  const { route, facts } = (await explain(end('RequestServed', [{ endpoint: twin.id }]))) as RequestStory;
  const row = route.find(({ endpoint }) => endpoint === relay.id);
  expect(row).toMatchObject({ chosen: false, because: 'heard', failure: 'rateLimited' });
  expect(facts.find(({ seq }) => row?.facts.includes(seq))).toMatchObject({ type: 'FailureHeard', by: 'fleet', data });
});

describe('the sentence about a decision', () => {
  it('names the rule when there were several candidates, and the active profile', async () => {
    const { relay, end, sentence } = await lived();
    const request = end('RequestServed', [{ endpoint: relay.id }]);
    expect(await sentence(request)).toBe('work/relay answered: drawn by weight; the active profile was work.');
  });

  it('names failed endpoints, with their failures, before the one that answered', async () => {
    const { relay, twin, spare, end, sentence } = await lived();
    const [first, second] = [relay.id, twin.id].map((endpoint) => ({ endpoint, outcome: 'rateLimited' as const }));
    const request = end('RequestServed', [first ?? {}, second ?? {}, { endpoint: spare.id }]);
    expect(await sentence(request)).toBe(
      'rate limited (work/relay, work/twin); so spare/spare answered: next in order; the active profile was work.',
    );
  });

  it('names the pin, and no active profile if the session decided', async () => {
    const { call, relay, spare, end, sentence } = await lived();
    await call('priority.switch', { profile: 'spare' });
    const pinned = end('RequestServed', [{ endpoint: spare.id }]);
    expect(await sentence(pinned)).toMatch(
      /^spare\/spare answered: first in order; profile spare was pinned by hand at \d\d:\d\d:\d\d\.$/,
    );
    await call('priority.release', {});
    await call('priority.switch', { profile: 'work' });
    await call('priority.release', {});
    const bound = end('RequestServed', [{ endpoint: relay.id, because: 'sticky' }]);
    expect(await sentence(bound)).toBe('work/relay answered: its session is kept there.');
  });

  it('names the path, a client that left, and a request without any attempt', async () => {
    const { relay, end, sentence } = await lived();
    const within = end('RequestServed', [{ endpoint: relay.id }], { within: 'work' });
    expect(await sentence(within)).toMatch(/the request's path limits it to profile work\.$/);
    const left = end('RequestCancelled', [{ endpoint: relay.id, outcome: 'cancelled' }]);
    expect(await sentence(left)).toMatch(/^the client left while work\/relay was being asked;/);
    const none = end('RequestFailed', [], { status: 503, because: 'nobodyAnswers' });
    expect(await sentence(none)).toBe('the request failed, and no endpoint was asked: no endpoint could answer.');
  });
});

describe('the argument of explain', () => {
  it('may be omitted for the last request that failed or moved; without one, the exit code is 5', async () => {
    const { relay, twin, end, explain } = await lived();
    end('RequestServed', [{ endpoint: relay.id }]);
    await expect(explain()).rejects.toMatchObject({ code: 'QCC_HISTORY_NO_TROUBLE', exit: 5 });
    const moved = end('RequestServed', [{ endpoint: relay.id, outcome: 'timeout' }, { endpoint: twin.id }]);
    end('RequestServed', [{ endpoint: relay.id }]);
    expect(await explain()).toMatchObject({ request: moved });
    const failed = end('RequestFailed', [{ endpoint: relay.id, outcome: 'timeout' }], { because: 'nobodyAnswers' });
    expect(await explain()).toMatchObject({ request: failed });
  });

  it('may be the number of a fact about the request, or of a consequence of one', async () => {
    const { core, relay, end, explain } = await lived();
    const request = end('RequestFailed', [{ endpoint: relay.id, outcome: 'timeout' }], { because: 'nobodyAnswers' });
    const { seq } = core.state;
    expect(await explain(`#${seq}`)).toMatchObject({ request });
    const failure = { failure: 'timeout', status: null, detail: null, request, retryAfterMs: null };
    core.report(`endpoint/${relay.id}`, [{ type: 'AttemptFailed', data: failure } as never], { by: 'traffic' });
    for (let told = seq + 1; told <= core.state.seq; told++)
      expect(await explain(`#${told}`)).toMatchObject({ request });
    await expect(explain('#1')).rejects.toMatchObject({ code: 'QCC_HISTORY_NO_STORY', exit: 5 });
    await expect(explain('#9999')).rejects.toMatchObject({ code: 'QCC_HISTORY_UNKNOWN', exit: 5 });
  });

  it('may be an endpoint’s name, or the number of a fact of the endpoint, as it was then', async () => {
    const { call, core, relay, explain } = await lived();
    await call('endpoint.disable', { profile: 'work', id: relay.id });
    const { seq } = core.state;
    await call('endpoint.enable', { profile: 'work', id: relay.id });
    expect(await explain('work/relay')).toMatchObject({ id: `endpoint/${relay.id}` });
    expect(await explain('relay')).not.toMatchObject({ state: 'disabled' });
    expect(await explain(`#${seq}`)).toMatchObject({ id: `endpoint/${relay.id}`, state: 'disabled' });
  });
});
