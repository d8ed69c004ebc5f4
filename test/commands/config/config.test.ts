/** The configuration by its commands, as people and scripts meet them. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

async function opened(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome();
  const root = dirname(home);
  const run = at(home, { KEY: key, HOME: root, QCC_PASSPHRASE: 'correct horse battery', ...env });
  await run('add', 'work', '--tier', 'primary');
  await run('endpoint', 'add', 'work', '--base-url', 'https://a.example.com', '--api-key-env', 'KEY');
  return { home, root, run, path: (name: string) => join(root, name) };
}

describe('settings', () => {
  it('are listed with their range and what they do, in the language of the reader', async () => {
    const { run } = await opened();
    const line = (text: string) => text.split('\n').find((one) => one.includes('queue.hold'));
    expect(line((await run('config', 'list')).out)).toMatch(/queue\.hold +120 +0–280 s +how long a client is kept/);
    expect(line((await run('config', 'list', '--lang', 'zh-CN')).out)).toMatch(/queue\.hold +120 +0–280 秒 +客户端/);
  });

  it('name the variable that overrides them, also when a command sets one in vain', async () => {
    const { home } = await opened();
    process.env['QCC_QUEUE_HOLD'] = '7';
    onTestFinished(() => {
      delete process.env['QCC_QUEUE_HOLD'];
    });
    const run = at(home);
    const { settings } = (await run('config', 'list', '--show-origin', '--json')).json() as {
      settings: Record<string, object>;
    };
    expect(settings['queue.hold']).toEqual({
      value: 7,
      origin: 'env',
      range: 'a number of seconds from 0 to 280',
      default: 120,
      env: 'QCC_QUEUE_HOLD',
      restart: false,
    });
    const set = await run('config', 'set', 'queue.hold', '55');
    expect([set.code, set.err]).toEqual([0, 'QCC_QUEUE_HOLD in the environment overrides it until it is unset\n']);
    process.env['QCC_QUEUE_HOLD'] = 'often';
    expect((await run('config', 'list')).err).toContain("the environment's QCC_QUEUE_HOLD must be a number of seconds");
    expect((await run('config', 'list', '--lang', 'zh-CN')).err).toContain('允许范围：0–280 秒');
  });
});

describe('config rollback', () => {
  it('shows a snapshot, the differences, and what a rollback does; and undoes it', async () => {
    const { run } = await opened();
    const { id } = (await run('config', 'snapshot', 'before', '--json')).json() as { id: string };
    await run('config', 'set', 'queue.hold', '55');
    await run('add', 'extra');
    const diff = await run('config', 'diff', id);
    expect(diff.out).toBe('+ settings/queue.hold  55\n+ profiles/extra\n');
    expect((await run('config', 'rollback', id, '--dry-run')).out).toBe(
      '- settings/queue.hold  55\n- profiles/extra\n',
    );
    const done = await run('config', 'rollback', id, '--yes');
    expect([done.code, done.err]).toEqual([0, 'to undo it: qcc config rollback --last\n']);
    expect((await run('config', 'get', 'queue.hold')).out).toBe('120\n');
    await run('config', 'rollback', '--last', '--yes');
    expect((await run('config', 'get', 'queue.hold')).out).toBe('55\n');
    expect((await run('config', 'snapshots')).out).toMatch(/before a rollback[\s\S]*by hand +before/);
  });

  it('takes a moment by its fact, its time, and a file', async () => {
    const { run, path } = await opened();
    await run('config', 'export', path('then.json'));
    await run('config', 'set', 'queue.hold', '55');
    for (const moment of ['#4', '-1d', path('then.json')]) {
      const { changes } = (await run('config', 'diff', moment, '--json')).json() as { changes: { path: string }[] };
      expect(changes.map(({ path: where }) => where)).toContain('settings/queue.hold');
    }
    expect((await run('config', 'rollback', '#4', '--yes')).code).toBe(0);
    expect((await run('config', 'get', 'queue.hold')).out).toBe('120\n');
  });

  it.each([
    [['config', 'diff', 'no-such-one'], 5, /no snapshot "no-such-one"\n {2}qcc config snapshots/],
    [['config', 'rollback', 's9999', '--yes'], 5, /no snapshot "s9999"/],
    [['config', 'diff', '#9999'], 5, /#9999/],
    [['config', 'rollback'], 2, /ID/],
    [['config', 'rollback', 's1', '--last'], 2, /--last takes no name/],
    [['config', 'rollback', '--last'], 2, /--yes/],
    [['config', 'audit', '--action', 'config.sett'], 2, /config\.set/],
  ])('refuses %j', async (argv, code, said) => {
    const { run } = await opened();
    const ran = await run(...argv);
    expect(ran.code).toBe(code);
    expect(ran.out).toBe('');
    expect(ran.err).toMatch(said);
  });

  it('says in Chinese what cannot be restored', async () => {
    const { run } = await opened();
    const { id } = (await run('config', 'snapshot', '--json')).json() as { id: string };
    await run('remove', 'work', '--yes');
    const ran = await run('config', 'rollback', id, '--yes', '--lang', 'zh-CN');
    expect(ran.code).toBe(6);
    expect(ran.err).toContain('已被删除，其密钥也已销毁');
    expect(ran.err).toContain(`qcc config rollback ${id} --partial`);
  });
});

describe('config audit', () => {
  it('is exported whole as JSON and as CSV, with every value in its column', async () => {
    const { run, path } = await opened();
    await run('config', 'set', 'queue.hold', '55');
    await run('config', 'audit', '--export', path('audit.json'));
    const { entries } = JSON.parse(readFileSync(path('audit.json'), 'utf8')) as { entries: { action: string }[] };
    expect(entries.map(({ action }) => action)).toEqual(['config.set', 'endpoint.add', 'priority.set', 'profile.add']);
    await run('config', 'audit', '--export', path('audit.csv'));
    const [head, first] = readFileSync(path('audit.csv'), 'utf8').split('\r\n');
    expect(head).toBe('seq,at,by,action,target,details');
    expect(first).toMatch(
      /^\d+,[^,]+,cli,config\.set,queue\.hold,"\{""key"":""queue\.hold"",""from"":120,""to"":55\}"$/,
    );
  });
});

describe('config export and import', () => {
  it('write keys under a passphrase into a file for its owner alone, and read them in another home', async () => {
    const { run, path } = await opened();
    const file = path('all.json');
    expect((await run('config', 'export', file, '--with-secrets')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(key);
    expect(statSync(file).mode & 0o077).toBe(0);
    const other = await opened();
    await other.run('remove', 'work', '--yes');
    const ran = await other.run('config', 'import', file, '--yes', '--json');
    expect(ran.json()).toMatchObject({
      source: 'qcc',
      leftOut: [],
      changes: [{ path: 'default' }, { path: 'profiles/work' }],
    });
    expect(ran.out + ran.err).not.toContain(key);
  });

  it('ask for no passphrase without a terminal', async () => {
    const { run, path } = await opened({ QCC_PASSPHRASE: '' });
    const ran = await run('config', 'export', path('all.json'), '--with-secrets', '--json');
    expect([ran.code, JSON.parse(ran.err).error.code]).toEqual([2, 'QCC_PASSPHRASE_MISSING']);
  });

  it('find the default file of fastcc, with its tiers', async () => {
    const { run, root } = await opened();
    mkdirSync(join(root, '.fastcc'));
    mkdirSync(join(root, '.qcc'));
    const profile = { base_url: 'https://b.example.com', api_key: key };
    writeFileSync(join(root, '.fastcc', 'cache.json'), JSON.stringify({ profiles: { old: profile } }));
    const groups = { priority_groups: { fallback: { config_names: ['old'] } } };
    writeFileSync(join(root, '.qcc', 'priority_config.json'), JSON.stringify(groups));
    const ran = await run('config', 'import', '--from', 'fastcc', '--yes');
    expect(ran.out).toBe('+ profiles/old  https://b.example.com\n');
    expect((await run('priority', 'list', '--json')).json()).toMatchObject({ tiers: { fallback: ['old'] } });
  });

  it.each([
    [['config', 'import', '--yes'], 2, /FILE is missing/],
    [['config', 'import', '--from', 'ccswitch', '--yes'], 2, /--from must be one of qcc, fastcc, cc-switch/],
    [['config', 'import', '--from', 'cc-switch', '--yes'], 5, /cc-switch has left nothing here/],
    [['config', 'import', '/nowhere/x.json', '--yes'], 5, /cannot be read/],
  ])('refuse %j', async (argv, code, said) => {
    const { run } = await opened();
    const ran = await run(...argv);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toMatch(said);
  });

  it('explain what is wrong with a file without repeating its content', async () => {
    const { run, path } = await opened();
    writeFileSync(path('x.json'), JSON.stringify({ format: 'qcc', version: 1, settings: {}, profiles: [key] }));
    const ran = await run('config', 'import', path('x.json'), '--yes');
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/profiles\.0 must be/);
    expect(ran.err).not.toContain(key);
  });

  it.skipIf(process.getuid?.() === 0)('report a file that may not be read', async () => {
    const { run, path } = await opened();
    writeFileSync(path('x.json'), '{}');
    chmodSync(path('x.json'), 0o000);
    expect((await run('config', 'import', path('x.json'), '--yes')).err).toMatch(/cannot be read \(EACCES\)/);
  });
});
