/** Where the next request would go: routing's own plan, over the state that the log has come to. */
import { expect, it } from 'vitest';
import { ask } from '../../src/history/questions.ts';
import { memoryInstallation } from '../support/installation.ts';

const attempt = { at: 1, outcome: 'answered', status: 200, ttfbMs: 1, because: 'weighted' };

async function ladder() {
  const { call, core } = await memoryInstallation();
  const key = 'sk-ant-0123456789abcdef';
  const add = (profile: string, name: string) =>
    call('endpoint.add', { profile, baseUrl: `https://${name}.test`, key, name });
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('profile.add', { name: 'rest', tier: 'secondary' });
  const [relay, twin, spare] = [await add('work', 'relay'), await add('work', 'twin'), await add('rest', 'spare')];
  const end = (type: string, endpoint: string, session: string, more: object = {}) => {
    const asked = { session, model: 'm', stream: false, path: '/v1/messages', within: null };
    const attempts = [{ ...attempt, endpoint }];
    const course = { attempts, status: 200, durationMs: 1, view: core.state.seq };
    const answer = {
      endpoint,
      profile: 'work',
      ttfbMs: 1,
      ttftMs: null,
      bytes: 1,
      usage: null,
      failure: 'brokenAnswer',
    };
    core.report('request/one', [{ type, data: { ...asked, ...course, ...answer, ...more } } as never], {
      by: 'traffic',
    });
  };
  const next = (params: object = {}) => ask(core.log, 'route.next', params);
  return { call, core, relay, twin, spare, end, next };
}

it('goes to an endpoint of the active profile, and may go to its equal', async () => {
  const { relay, twin, spare, next } = await ladder();
  const { active, pinned, open, route } = await next();
  expect({ active, pinned, open }).toEqual({ active: 'work', pinned: null, open: true });
  expect(route.map(({ seen }) => seen)).toEqual(route.map(() => 'untried'));
  expect(
    route
      .map(({ endpoint }) => endpoint)
      .slice(0, 2)
      .sort(),
  ).toEqual([relay.id, twin.id].sort());
  expect(route.at(-1)).toMatchObject({ endpoint: spare.id, place: 3, because: 'weighted' });
});

it('leaves out what is disabled, and says so', async () => {
  const { call, relay, twin, next } = await ladder();
  await call('endpoint.disable', { profile: 'work', id: relay.id });
  const { open, route } = await next();
  expect(open).toBe(false);
  expect(route[0]).toMatchObject({ endpoint: twin.id, place: 1 });
  expect(route.at(-1)).toMatchObject({ endpoint: relay.id, place: null, because: 'disabled', state: 'disabled' });
});

it('follows a pin, and names it', async () => {
  const { call, spare, next } = await ladder();
  await call('priority.switch', { profile: 'rest' });
  expect(await next()).toMatchObject({
    active: 'rest',
    pinned: 'rest',
    route: [{ endpoint: spare.id, place: 1 }, {}, {}],
  });
});

it('stays with a session where its cache is, and away from what broke its answer', async () => {
  const { spare, relay, end, next } = await ladder();
  end('RequestServed', spare.id, 's');
  expect((await next({ session: 's' })).route[0]).toMatchObject({ endpoint: spare.id, because: 'sticky' });
  end('AnswerBroken', relay.id, 's');
  expect((await next({ session: 's' })).route.at(-1)).toMatchObject({ endpoint: relay.id, because: 'avoided' });
  await expect(next({ session: 'nobody' })).rejects.toMatchObject({ code: 'QCC_HISTORY_FILTER', exit: 5 });
});

it('asks an endpoint last for a model that it has said to lack', async () => {
  const { core, relay, twin, next } = await ladder();
  const data = { model: 'm', until: core.now() + 60_000, request: null };
  core.report(`endpoint/${relay.id}`, [{ type: 'ModelNotFound', data } as never], { by: 'traffic' });
  const { route } = await next({ model: 'm' });
  expect(route[0]).toMatchObject({ endpoint: twin.id });
  expect(route.find(({ endpoint }) => endpoint === relay.id)).toMatchObject({ place: null, because: 'lacksModel' });
  expect((await next({ model: 'other' })).route.every(({ place }) => place !== null)).toBe(true);
});

it('passes over an endpoint whose owner says that it does not have the model, and says so', async () => {
  const { call, relay, twin, next } = await ladder();
  await call('endpoint.update', { profile: 'work', id: relay.id, models: [{ from: 'opus', to: null }] });
  const { route } = await next({ model: 'claude-opus-4-6' });
  expect(route[0]).toMatchObject({ endpoint: twin.id });
  expect(route.find(({ endpoint }) => endpoint === relay.id)).toMatchObject({
    place: null,
    because: 'modelExcluded',
    until: null,
  });
  expect((await next({ model: 'claude-haiku-4-5' })).route.every(({ place }) => place !== null)).toBe(true);
});

it('knows what an endpoint lacks by the name that it is asked for', async () => {
  const { call, core, relay, next } = await ladder();
  await call('endpoint.update', { profile: 'work', id: relay.id, models: [{ from: 'opus', to: 'glm-5' }] });
  const data = { model: 'glm-5', until: core.now() + 60_000, request: null };
  core.report(`endpoint/${relay.id}`, [{ type: 'ModelNotFound', data } as never], { by: 'traffic' });
  const relayFor = async (model: string) =>
    (await next({ model })).route.find(({ endpoint }) => endpoint === relay.id)?.because;
  expect(await relayFor('claude-opus-4-6')).toBe('lacksModel');
  await call('endpoint.update', { profile: 'work', id: relay.id, models: [{ from: 'opus', to: 'glm-6' }] });
  expect(await relayFor('claude-opus-4-6')).not.toBe('lacksModel');
});

it('passes over an endpoint that has refused the thinking of the session, until the gateway ends', async () => {
  const { core, relay, twin, end, next } = await ladder();
  const relayFor = async (session: string) =>
    (await next({ session })).route.find(({ endpoint }) => endpoint === relay.id);
  end('RequestServed', twin.id, 'a', { passedOver: [{ endpoint: relay.id, request: 'r' }] });
  expect(await relayFor('a')).toMatchObject({ place: null, because: 'noThinkingHere', failure: null, until: null });
  const refused = { ...attempt, endpoint: relay.id, adapted: [{ code: 'noThinkingHere', params: {} }] };
  end('RequestServed', twin.id, 'b', { attempts: [refused, { ...attempt, endpoint: twin.id }] });
  expect(await relayFor('b')).toMatchObject({ place: null, because: 'noThinkingHere' });
  end('RequestServed', twin.id, 'c');
  expect(await relayFor('c')).toMatchObject({ because: 'weighted' });
  core.report('gateway', [{ type: 'GatewayStopped', data: { clean: true } } as never], { by: 'traffic' });
  expect(await relayFor('a')).toMatchObject({ because: 'weighted' });
});
