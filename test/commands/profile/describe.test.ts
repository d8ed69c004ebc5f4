import { describe, expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

async function lived() {
  const run = at(temporaryHome());
  await run('add', 'work', '--description', 'of old');
  const count = async () => (await run('history', '--type', 'ProfileDescribed', '--json')).out.split('\n').length - 1;
  return { run, count };
}

describe('qcc describe', () => {
  it('changes what a profile is described as, and nothing when it is so already', async () => {
    const { run, count } = await lived();
    const row = (await run('describe', 'work', 'the account of the team', '--json')).json();
    expect(row).toMatchObject({ name: 'work', description: 'the account of the team' });
    await run('describe', 'work', 'the account of the team');
    expect(await count()).toBe(1);
    expect((await run('config', 'audit', '-n', '1', '--json')).json()).toMatchObject({
      entries: [{ action: 'profile.update', details: { from: 'of old', to: 'the account of the team' } }],
    });
  });

  it('takes a description away', async () => {
    const { run } = await lived();
    await run('describe', 'work', '');
    expect((await run('list', '--json')).json()).toMatchObject({ profiles: [{ description: '' }] });
  });

  it.each([
    ['en', 'there is no profile "wrok"'],
    ['zh-CN', 'wrok'],
  ])('says in %s that there is no such profile', async (lang, said) => {
    const { run } = await lived();
    const { code, err } = await run('describe', 'wrok', 'x', '--lang', lang);
    expect([code, err]).toEqual([5, expect.stringContaining(said)]);
  });

  it('keeps no key', async () => {
    const { run, count } = await lived();
    expect((await run('describe', 'work', 'sk-ant-api03-Zk3v9QxT7bLw2RnY8mHc5JdP0sFa6Ge1')).code).toBe(2);
    expect(await count()).toBe(0);
  });
});
