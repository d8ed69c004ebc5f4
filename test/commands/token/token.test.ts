import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/cli/complete.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

async function lived() {
  const home = temporaryHome();
  const run = at(home);
  await run('add', 'work');
  return { home, run };
}

describe('qcc token', () => {
  it('prints a new token alone into a pipe, and never again', async () => {
    const { run } = await lived();
    const made = await run('token', 'add', 'ann', '--profile', 'work', '--expires', '30d', '--max-concurrent', '2');
    expect(made).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^qcc_[0-9a-f]{8}_[\w-]{43}\n$/) });
    const rotated = (await run('token', 'rotate', 'ann', '--yes', '--json')).json() as { token: string };
    expect(rotated).toMatchObject({ name: 'ann', profile: 'work', maxConcurrent: 2, state: 'valid', running: null });
    const told = [
      await run('token', 'list'),
      await run('token', 'list', '--json'),
      await run('token', 'revoke', 'ann', '--yes', '--json'),
      await run('history', '--json'),
      await run('config', 'audit', '--json'),
    ];
    for (const secret of [made.out.trim(), rotated.token].map((token) => token.slice(13)))
      expect(told.filter(({ out, err }) => (out + err).includes(secret))).toEqual([]);
    expect(told[2]?.json()).toMatchObject({ name: 'ann', state: 'revoked' });
    expect(told[4]?.json()).toMatchObject({
      entries: [{ action: 'token.revoke' }, { action: 'token.rotate' }, { action: 'token.add', target: 'ann' }, {}],
    });
    expect(told[4]?.out).not.toContain('keyedHash');
  });

  it.each([
    [['add', '.ann'], 2, 'cannot be the name of a token'],
    [['add', 'constructor'], 2, 'cannot be the name of a token'],
    [['add', 'ann'], 6, 'there is a token "ann" already'],
    [['add', 'bob', '--profile', 'wrok'], 5, 'there is no profile "wrok"'],
    [['add', 'bob', '--expires', 'soon'], 2, '--expires 30d, 12h, none'],
    [['add', 'bob', '--expires', '30'], 2, '--expires 30d'],
    [['add', 'bob', '--expires', '0d'], 2, '--expires must be from 1ms to 36525d\n  qcc token add --help'],
    [['add', 'bob', '--limit-usd', '20'], 2, 'must be dollars a day or a month, more than 0, not "20"'],
    [['add', 'bob', '--limit-usd', '0/day'], 2, '--limit-usd 300/month'],
    [['add', 'bob', '--limit-usd', '9999999/day'], 2, '--limit-usd must be from 0.000001 to 1000000'],
    [['add', 'bob', '--max-concurrent', '100001'], 2, '--max-concurrent must be from 1 to 100000'],
    [['change', 'ann'], 2, '--limit-usd'],
    [['change', 'ann', '--profile', 'wrok'], 5, 'there is no profile "wrok"'],
    [['add', 'bob', '--max-concurrent', '0'], 2, '--max-concurrent'],
    [['revoke', 'anne', '--yes'], 5, 'there is no token "anne"'],
    [['revoke', 'anne'], 5, 'there is no token "anne"'],
    [['rotate', 'anne'], 5, 'there is no token "anne"'],
    [['rotate', 'ann'], 2, '--yes'],
    [['revoke', 'ann'], 2, '--yes'],
  ])('%j ends with %i: %s', async (argv, code, said) => {
    const { run } = await lived();
    await run('token', 'add', 'ann');
    const ran = await run('token', ...argv);
    expect(ran).toMatchObject({ code, out: '', err: expect.stringContaining(said) });
  });

  it('speaks Chinese, in errors and in the history', async () => {
    const { run } = await lived();
    await run('token', 'add', 'ann', '--max-concurrent', '2');
    expect((await run('token', 'list', '--lang', 'zh-CN')).out).toContain('有效');
    expect((await run('history', '--token', 'ann', '--lang', 'zh-CN')).out).toContain('已创建访问令牌，同时 2 个请求');
    expect((await run('token', 'add', 'ann', '--lang', 'zh-CN')).err).toContain('已有名为“ann”的访问令牌');
  });

  it('changes what a token is bound to, and takes bounds away', async () => {
    const { run } = await lived();
    await run('token', 'add', 'ann', '--limit-usd', '20/day', '--profile', 'work');
    expect((await run('token', 'list')).out).toContain('profile work, $0.00 of $20 today');
    const changed = await run('token', 'change', 'ann', '--limit-usd', '300/month', '--profile', 'none', '--json');
    expect(changed.json()).toMatchObject({ profile: null, limit: { usd: 300, per: 'month' }, spent: { usd: 0 } });
    await run('token', 'change', 'ann', '--limit-usd', '300/month');
    const told = (await run('history', '--type', 'TokenChanged')).out;
    expect(told.match(/token changed: .*/g)).toEqual(['token changed: for all profiles, $300 a month']);
  });

  it('ends the lifetime of a token with `none`, and says what a bound was changed to', async () => {
    const { run } = await lived();
    await run('token', 'add', 'ann', '--expires', '1h', '--max-concurrent', '1');
    expect((await run('token', 'rotate', 'ann', '--expires', 'none', '--yes', '--json')).json()).toMatchObject({
      expiresAt: null,
    });
    await run('token', 'change', 'ann', '--max-concurrent', 'none');
    const { out } = await run('history', '--token', 'ann');
    expect(out).toContain('token made, one request at once, until');
    expect(out).toContain('token changed: any number of requests at once');
    expect((await run('token', 'list', '--lang', 'zh-CN')).out).toMatch(/永久 +从未/);
  });

  it('is in the audit with times that can be read, and with what a change has changed', async () => {
    const { run } = await lived();
    await run('token', 'add', 'ann', '--expires', '30d', '--limit-usd', '20/day');
    await run('token', 'change', 'ann', '--limit-usd', '40/month', '--max-concurrent', '3', '--profile', 'work');
    await run('token', 'revoke', 'ann', '--yes');
    const [revoked = '', changed = '', added = ''] = (await run('config', 'audit')).out.split('\n').slice(1);
    expect(revoked).toContain('token.revoke  valid → revoked');
    expect(changed).toContain('token.change  profile: - → work, maxConcurrent: - → 3, limit: 20/day → 40/month');
    expect(added).toMatch(/expiresAt: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+, limit: 20\/day$/);
    const { entries } = (await run('config', 'audit', '--action', 'token.add', '--json')).json() as {
      entries: readonly { details: { expiresAt: string } }[];
    };
    expect(entries[0]?.details.expiresAt).toMatch(/^\d{4}-.*Z$/);
  });

  it('completes the names of tokens that hold', async () => {
    const { home, run } = await lived();
    for (const name of ['ann', 'bob']) await run('token', 'add', name);
    await run('token', 'revoke', 'bob', '--yes');
    const env = { QCC_HOME: home };
    expect(await complete(['token', 'rotate', '='], env)).toEqual(['ann']);
    expect(await complete(['history', '--token', '='], env)).toEqual(['ann']);
  });

  it('lists statistics by token, where there are none too', async () => {
    const { run } = await lived();
    expect((await run('proxy', 'stats', '--by', 'token', '--json')).json()).toMatchObject({ since: null, tokens: [] });
    expect(await run('proxy', 'stats', '--by', 'model')).toMatchObject({ code: 2 });
  });
});
