/** Questions to the history: a worker reads the gateway's own database while it is written, and answers as the log itself does. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { paths } from '../../src/config/home.ts';
import { openInstallation } from '../../src/control/installation.ts';
import { ask, type QuestionName } from '../../src/history/questions.ts';
import { openReplayPool } from '../../src/pool.ts';
import { temporaryHome } from '../support/home.ts';
import { attemptFailed, endpointSettings, first } from '../support/world.ts';

async function lived() {
  const home = temporaryHome();
  const installation = await openInstallation(home);
  const pool = openReplayPool();
  onTestFinished(async () => {
    await pool.close();
    await installation.close();
  });
  const { core } = installation;
  core.report('profile/main', [{ type: 'ProfileAdded', data: { name: 'main', description: '' } }], { by: 'cli' });
  core.report('profile/main', [{ type: 'EndpointAdded', data: endpointSettings(first) }], { by: 'cli' });
  for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
  await core.log.flush();
  return { core, pool, dir: paths(home).log };
}

describe('the worker of the history', () => {
  it.each<[QuestionName, object]>([
    ['history.read', { type: 'AttemptFailed' }],
    ['history.start', { limit: 2, stream: 'endpoint' }],
    ['history.page', { from: 1, to: 6 }],
    ['history.at', { moment: { seq: 5 } }],
    ['health.checks', { endpoint: first, profile: 'main', limit: 2 }],
    ['health.since', { since: 0 }],
    ['stats.since', { since: 0 }],
  ])('answers %s %j as the log itself does, while the log is open and written', async (name, params) => {
    const { core, pool, dir } = await lived();
    const { text } = await pool.ask(dir, name, params as never);
    expect(text).toBe(JSON.stringify(await ask(core.log, name, params as never)));
    core.tellEndpoint(first, attemptFailed('credential'), { by: 'traffic' });
    await core.log.flush();
    expect((await ask(core.log, 'history.read', { limit: 1 })).facts[0]?.seq).toBe(core.state.seq);
  });

  it('hands an error on with all that a person is told of it', async () => {
    const { pool, dir } = await lived();
    await expect(pool.ask(dir, 'history.at', { moment: { seq: 999 } })).rejects.toMatchObject({
      code: 'QCC_HISTORY_UNKNOWN',
      exit: 5,
      params: { moment: '#999' },
    });
  });
});
