/** Model maps that are tried on the record, and what the record does not know of them. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/history/questions.ts';
import { memoryInstallation } from '../support/installation.ts';

/** Three answered requests: two for opus, one for haiku; the first endpoint has a table, and the record says what was sent. */
async function lived() {
  const { call, core } = await memoryInstallation();
  const key = 'sk-ant-0123456789abcdef';
  await call('config.set', { key: 'loadbalancer.strategy', value: 'failover' });
  await call('profile.add', { name: 'work', tier: 'primary' });
  const add = (name: string, models: readonly { from: string; to: string | null }[] = []) =>
    call('endpoint.add', { profile: 'work', baseUrl: `https://${name}.test`, key, name, models });
  const first = await add('first', [{ from: 'opus', to: 'glm-5' }]);
  const second = await add('second');
  const end = (id: string, model: string, sent: string | undefined, outcome = 'answered') => {
    const attempt = { endpoint: first.id, at: core.now(), status: 200, ttfbMs: 1, because: 'failover', outcome };
    const attempts = [
      { ...attempt, ...(sent === undefined ? {} : { sent }) },
      ...(outcome === 'answered' ? [] : [{ ...attempt, endpoint: second.id, outcome: 'answered' }]),
    ];
    const by = outcome === 'answered' ? first.id : second.id;
    const asked = { session: null, model, stream: false, path: '/v1/messages', within: null };
    const course = { attempts, status: 200, durationMs: 0, view: core.state.seq };
    const answer = { endpoint: by, profile: 'work', ttfbMs: 1, ttftMs: null, bytes: 1, usage: null };
    core.report(`request/${id}`, [{ type: 'RequestServed', data: { ...asked, ...course, ...answer } } as never], {
      by: 'traffic',
    });
  };
  end('one', 'claude-opus-4-6', 'glm-5');
  end('two', 'claude-opus-4-6', 'glm-5');
  end('three', 'claude-haiku-4-5', undefined);
  const tried = (rules: string, name = `${first.id}.models`) =>
    ask(core.log, 'history.whatIf', { endpoints: { [name]: rules } });
  return { first, second, end, tried };
}

describe('a model map that is tried', () => {
  it('changes nothing where it is the recorded one', async () => {
    const { first, tried } = await lived();
    const told = await tried('opus=glm-5');
    expect(told.under).toEqual({ [`${first.id}.models`]: 'opus=glm-5' });
    expect(told).toMatchObject({ requests: 3, otherModel: 0, failures: { replayed: 0, unknown: 0 } });
  });

  it('leaves unknown what would have been asked for by another name, and says how many those are', async () => {
    const { tried } = await lived();
    expect(await tried('opus=glm-6')).toMatchObject({ otherModel: 2, failures: { recorded: 0, unknown: 2 } });
    expect(await tried('*=glm-5')).toMatchObject({ otherModel: 1, failures: { unknown: 1 } });
    expect(await tried('')).toMatchObject({ otherModel: 2 });
  });

  it('leaves unknown what another endpoint would have been asked, as any other route that was not taken', async () => {
    const { tried } = await lived();
    expect(await tried('opus=-')).toMatchObject({ otherModel: 0, failures: { unknown: 2 }, attempts: { replayed: 1 } });
  });

  it('lets an answer hold that the record has from the endpoint that comes next', async () => {
    const { end, tried } = await lived();
    end('four', 'claude-opus-4-6', 'glm-5', 'serverError');
    expect(await tried('opus=-')).toMatchObject({ requests: 4, failures: { unknown: 2 } });
  });

  it('does not doubt what has nothing to do with a model', async () => {
    const { end, tried } = await lived();
    end('four', 'claude-opus-4-6', 'glm-5', 'unreachable');
    expect(await tried('opus=glm-6')).toMatchObject({ requests: 4, otherModel: 2, failures: { unknown: 2 } });
  });

  it('is named by the endpoint’s name as well, and is refused where it is none', async () => {
    const { tried } = await lived();
    expect(await tried('opus=glm-6', 'first.models')).toMatchObject({ otherModel: 2 });
    await expect(tried('opus', 'first.models')).rejects.toMatchObject({ code: 'QCC_MODEL_RULE', exit: 2 });
    await expect(tried('*=x', 'third.models')).rejects.toMatchObject({ code: 'QCC_WHATIF_UNKNOWN', exit: 5 });
    await expect(tried('5', 'first.weight')).rejects.toMatchObject({ code: 'QCC_WHATIF_ENDPOINT', exit: 2 });
  });
});
