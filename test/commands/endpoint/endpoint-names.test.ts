/** An endpoint's name stands wherever its id does, and with its profile before it where two are called the same. */
import { expect, it, onTestFinished } from 'vitest';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const key = ['--api-key', 'sk-test-0123456789'] as const;

async function twoProfiles() {
  const run = at(temporaryHome());
  for (const profile of ['home', 'work']) {
    await run('add', profile);
    await run(
      'endpoint',
      'add',
      profile,
      '--base-url',
      `http://127.0.0.1:${profile.charCodeAt(0)}`,
      '--name',
      'main',
      ...key,
    );
  }
  await run('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--name', 'spare', ...key);
  return run;
}

it.each([
  ['debug', 'spare'],
  ['debug', 'work/spare'],
  ['debug', 'chart', 'spare'],
  ['history', 'explain', 'spare'],
  ['history', 'explain', 'work/spare'],
  ['health', 'metrics', 'work/spare'],
  ['health', 'history', 'spare'],
  ['endpoint', 'disable', 'work', 'spare'],
  ['endpoint', 'disable', 'work', 'work/spare'],
])('qcc %s %s %s takes an endpoint by its name', async (...argv) => {
  const run = await twoProfiles();
  expect(await run(...argv.filter(Boolean))).toMatchObject({ code: 0, err: expect.not.stringContaining('error') });
});

it('a name that two endpoints have is refused, and told apart by the profile', async () => {
  const run = await twoProfiles();
  for (const argv of [
    ['debug', 'main'],
    ['health', 'metrics', 'main'],
  ])
    expect(await run(...argv)).toMatchObject({ code: 2, err: expect.stringContaining('"main" can mean 2 endpoints') });
  expect((await run('debug', 'home/main')).out).toContain('home/main');
});

it('a table of checks calls endpoints what is typed for them, and by their ids where names are the same', async () => {
  const endpoint = await startSimulatedEndpoint();
  onTestFinished(() => endpoint.close());
  const run = at(temporaryHome());
  await run('add', 'work');
  const add = async (name: string, path: string) => {
    const made = [
      '--base-url',
      `${endpoint.url}${path}`,
      '--api-key',
      endpoint.key,
      '--auth',
      endpoint.auth,
      '--name',
      name,
    ];
    return ((await run('endpoint', 'add', 'work', ...made, '--json')).json() as { id: string }).id;
  };
  const relay = await add('relay', '');
  const rows = async (...argv: readonly string[]) =>
    (await run(...argv)).out
      .split('\n')
      .slice(1)
      .filter(Boolean)
      .map((line) => line.split(/ +/)[1]);
  for (const argv of [
    ['endpoint', 'test', 'work'],
    ['health', 'test'],
    ['endpoint', 'test', 'work', 'relay'],
  ])
    expect([argv, await rows(...argv)]).toEqual([argv, ['relay']]);
  const verbose = (await run('health', 'test', '--verbose')).out;
  expect([verbose.includes('relay'), verbose.includes(relay)]).toEqual([true, true]);
  const twin = await add('relay', '/other');
  expect(await rows('endpoint', 'test', 'work')).toEqual([relay, twin]);
});
