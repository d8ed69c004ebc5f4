/** An endpoint's name stands wherever its id does, and with its profile before it where two are called the same. */
import { expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

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
