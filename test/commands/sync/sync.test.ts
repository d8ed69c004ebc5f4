/** The same set-up on two machines: what each command says and does, with a folder between them. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mergeTrees, type Tree } from '../../../src/commands/sync/three-way.ts';
import { SyncStore } from '../../../src/config/sync/store.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';
import { memoryInstallation } from '../../support/installation.ts';

const key = 'sk-ant-api03-0123456789abcdef';
const secret = { QCC_PASSPHRASE: 'correct horse' };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-sync-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store');
}

type Run = ReturnType<typeof at>;

/** A machine with a profile of its own, and one that has nothing yet. */
async function twoMachines(...flags: readonly string[]) {
  const folder = temporaryFolder();
  const homes = [temporaryHome(), temporaryHome()] as const;
  const [a, b] = homes.map((home) => at(home, flags.length > 0 ? secret : {})) as [Run, Run];
  const where = ['--base-url', 'https://a.example.com', '--api-key', key, '--no-test'];
  await a('add', 'work', '--tier', 'primary', ...where);
  for (const run of [a, b]) expect((await run('sync', 'init', folder, ...flags)).code).toBe(0);
  const done = async (run: Run, ...argv: readonly string[]) => {
    const ran = await run('sync', ...argv);
    expect([ran.code, ran.err]).toEqual([0, expect.anything()]);
    return ran;
  };
  return { folder, homes, a, b, done };
}

const pointers = (folder: string) => readdirSync(join(folder, 'pointers'));
const objects = (folder: string) => readdirSync(join(folder, 'objects')).map((name) => join(folder, 'objects', name));
const pointer = (folder: string, number: number) => join(folder, 'pointers', `0000000${number}.json`);
const settingOf = async (run: Run, name: string) => (await run('config', 'get', name)).out.trim();
const codeOf = async (run: Run, ...argv: readonly string[]) => {
  const ran = await run(...argv, '--json');
  return [ran.code, (JSON.parse(ran.err) as { error: { code: string } }).error.code];
};

describe('between two machines', () => {
  it('what one pushes the other pulls, after it has seen it; what has no key stays in the store', async () => {
    const { folder, a, b, done } = await twoMachines();
    await a('config', 'set', 'queue.max_size', '77');
    expect((await done(a, 'push', '--json')).json()).toMatchObject({ pushed: true, parent: null });
    expect((await done(a, 'push')).err).toContain('nothing was changed here');
    const dry = await done(b, 'pull', '--dry-run');
    expect(dry.err).toMatch(/queue.max_size[\s\S]*profiles\/work/);
    expect(await settingOf(b, 'queue.max_size')).not.toBe('77');
    expect(await codeOf(b, 'sync', 'pull')).toEqual([2, 'QCC_USAGE_CONFIRM']);
    const pulled = (await done(b, 'pull', '--yes', '--json')).json();
    expect(pulled).toMatchObject({
      pulled: true,
      leftOut: [
        { because: 'noKey', command: 'qcc endpoint add work --base-url https://a.example.com --api-key-stdin' },
      ],
      snapshot: expect.stringMatching(/^s\d/),
    });
    expect(await settingOf(b, 'queue.max_size')).toBe('77');
    expect((await done(b, 'pull')).err).toContain('nothing is new there');
    // The endpoint without a key is not pushed away.
    await b('config', 'set', 'queue.max_size', '78');
    const again = (await done(b, 'push', '--json')).json() as { changes: readonly { path: string }[] };
    expect(again.changes.map(({ path }) => path)).toEqual(['settings/queue.max_size']);
    await done(a, 'pull', '--yes');
    expect(await settingOf(a, 'queue.max_size')).toBe('78');
    expect((await a('endpoint', 'list', 'work', '--json')).json()).toMatchObject({
      endpoints: [{ name: 'a.example.com' }],
    });
    expect(readFileSync(objects(folder)[0] ?? '', 'utf8')).not.toContain(key);
    expect(readFileSync(join(folder, '.gitattributes'), 'utf8')).toBe('*.json -text\n');
    expect(pointers(folder)).toHaveLength(2);
  });

  it('what has no key is named with the command that adds it, and with the way to take keys along', async () => {
    const { folder, a, b, done } = await twoMachines();
    await a('endpoint', 'update', 'work', 'a.example.com', '--name', 'the first', '--weight', '50');
    await done(a, 'push');
    const { err } = await done(b, 'pull', '--yes');
    const command = "endpoint add work --base-url https://a.example.com --api-key-stdin --name 'the first' --weight 50";
    expect(err).toContain(`has a key for it\n  qcc ${command}\n`);
    expect(err).toContain(`  qcc sync init ${folder} --with-keys && qcc sync pull`);
    // As it says.
    const typed = [...command.replace("--name 'the first' ", '').split(' '), '--name', 'the first'];
    const [first, second] = [typed.slice(0, 5), typed.slice(6)];
    expect(await b(...first, '--api-key', key, ...second, '--no-test')).toMatchObject({ code: 0 });
    for (const run of [a, b]) expect((await run('sync', 'init', folder, '--with-keys')).code).toBe(0);
    expect((await a('sync', 'push')).code).toBe(2);
  });

  it('loses nothing of two pushes that git has merged, whichever of them its pointer names', async () => {
    const { folder, a, b, done } = await twoMachines();
    await done(a, 'push');
    await done(b, 'pull', '--yes');
    // Each in a work tree of its own: b's is the same folder, as it was before a's push.
    cpSync(folder, `${folder}.b`, { recursive: true });
    await a('config', 'set', 'queue.max_size', '11');
    await done(a, 'push');
    renameSync(folder, `${folder}.a`);
    renameSync(`${folder}.b`, folder);
    await b('config', 'set', 'queue.ttl', '100');
    await done(b, 'push');
    const sides = [`${folder}.a`, folder].map((one) => readFileSync(pointer(one, 2), 'utf8')) as [string, string];
    for (const name of readdirSync(join(`${folder}.a`, 'objects')))
      cpSync(join(`${folder}.a`, 'objects', name), join(folder, 'objects', name));
    writeFileSync(pointer(folder, 2), `<<<<<<< HEAD\n${sides[1]}=======\n${sides[0]}>>>>>>> 7afccc5\n`);
    const { code, err } = await b('sync', 'pull');
    expect([code, err]).toEqual([1, expect.stringMatching(/left a conflict in it\n {2}git checkout --theirs /)]);
    writeFileSync(pointer(folder, 2), sides[0]);
    const status = (await done(b, 'status', '--json')).json() as Record<'ahead' | 'behind', { path: string }[]>;
    expect([status.ahead, status.behind].map((all) => all.map(({ path }) => path))).toEqual([
      ['settings/queue.ttl'],
      ['settings/queue.max_size'],
    ]);
    await done(b, 'pull', '--yes');
    expect([await settingOf(b, 'queue.ttl'), await settingOf(b, 'queue.max_size')]).toEqual(['100', '11']);
    await done(b, 'push');
    await done(a, 'pull', '--yes');
    expect([await settingOf(a, 'queue.ttl'), await settingOf(a, 'queue.max_size')]).toEqual(['100', '11']);
  });

  it('fields that only one has changed are merged, and a noun that one has removed goes, with its key', async () => {
    const { a, b, done } = await twoMachines();
    for (const name of ['one', 'two', 'three']) await a('add', name);
    await done(a, 'push');
    await done(b, 'pull', '--yes');
    await a('describe', 'one', 'by a');
    await a('remove', 'three', '--yes');
    await a('remove', 'work', '--yes');
    await b('describe', 'two', 'by b');
    await b('config', 'set', 'queue.max_size', '5');
    await done(a, 'push');
    const refused = await b('sync', 'push');
    expect([refused.code, refused.err]).toEqual([
      6,
      expect.stringMatching(/one\/description[\s\S]*not pushed[\s\S]*qcc sync pull/),
    ]);
    const status = (await done(b, 'status', '--json')).json() as { ahead: unknown[]; behind: unknown[] };
    expect([status.ahead.length, status.behind.length]).toEqual([2, 4]);
    expect((await done(b, 'status')).out).toMatch(
      /changed here, and not pushed: 2[\s\S]*changed there, and not pulled: 4/,
    );
    expect((await done(b, 'status', '--lang', 'zh-CN')).out).toContain('本机已更改、尚未推送：2');
    await done(b, 'pull', '--yes');
    await done(b, 'push');
    await done(a, 'pull', '--yes');
    for (const run of [a, b]) {
      const { profiles } = (await run('list', '--json')).json() as {
        profiles: { name: string; description: string }[];
      };
      expect(profiles.map(({ name, description }) => [name, description])).toEqual([
        ['one', 'by a'],
        ['two', 'by b'],
      ]);
      expect(await settingOf(run, 'queue.max_size')).toBe('5');
    }
    // A pull is undone as any import.
    expect((await a('config', 'rollback', '--last', '--yes')).code).toBe(0);
  });

  it('where both have changed the same, nothing is done until a word counts', async () => {
    const { a, b, done } = await twoMachines();
    await a('add', 'one');
    await done(a, 'push');
    await done(b, 'pull', '--yes');
    await a('describe', 'one', 'by a');
    await b('describe', 'one', 'by b');
    await b('config', 'set', 'queue.max_size', '5');
    await done(a, 'push');
    expect((await b('sync', 'push')).err).toContain('the folder has 1 change that');
    const refused = await b('sync', 'pull', '--yes');
    expect(refused.err).toContain('in one place: profiles/one/description');
    expect([refused.code, refused.err]).toEqual([
      6,
      expect.stringMatching(/profiles\/one\/description {2}by b → by a[\s\S]*--ours, or qcc sync pull --theirs/),
    ]);
    expect((await b('list')).out).toContain('by b');
    await done(b, 'pull', '--theirs', '--yes');
    expect((await b('list')).out).toContain('by a');
    expect(await settingOf(b, 'queue.max_size')).toBe('5');
    await b('describe', 'one', 'b again');
    await a('describe', 'one', 'a again');
    await done(b, 'push');
    await done(a, 'pull', '--ours', '--yes');
    expect((await a('list')).out).toContain('a again');
  });

  it('keys go under a passphrase, are taken with it, and with no other', async () => {
    const { folder, homes, a, b, done } = await twoMachines('--with-keys');
    await done(a, 'push');
    expect(objects(folder).map((file) => readFileSync(file, 'utf8').includes(key))).toEqual([false]);
    const wrong = at(homes[1], { QCC_PASSPHRASE: 'another' });
    expect(await codeOf(wrong, 'sync', 'pull', '--yes')).toEqual([4, 'QCC_PASSPHRASE_WRONG']);
    expect(await codeOf(at(homes[1]), 'sync', 'pull', '--yes')).toEqual([2, 'QCC_PASSPHRASE_MISSING']);
    expect((await b('list', '--json')).json()).toEqual({ profiles: [] });
    await done(b, 'pull', '--yes');
    const masked = async (run: Run) =>
      ((await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string; key: string }[] })
        .endpoints;
    expect(await masked(b)).toEqual(
      await masked(a).then((all) => all.map((one) => expect.objectContaining({ id: one.id, key: one.key }))),
    );
    // A machine that sends no keys does not push them away.
    const none = at(homes[1]);
    await none('sync', 'init', folder);
    await none('config', 'set', 'queue.max_size', '5');
    expect(await codeOf(none, 'sync', 'push')).toEqual([6, 'QCC_SYNC_KEYS']);
    expect(pointers(folder)).toHaveLength(1);
    // A document whose addresses were changed gives its keys away to none.
    const store = await SyncStore.open(folder);
    const head = await store.head();
    const document = await store.read(head.object ?? '');
    const { checksum: _, ...evil } = JSON.parse(JSON.stringify(document).replace('a.example.com', 'evil.example.com'));
    await store.push(evil, head);
    expect(await codeOf(a, 'sync', 'pull', '--yes')).toEqual([4, 'QCC_PASSPHRASE_WRONG']);
  });
});

describe('two pushes at the same time', () => {
  it('one is the next pointer, the other changes nothing', async () => {
    const { folder, a, done } = await twoMachines();
    await done(a, 'push');
    const store = await SyncStore.open(folder);
    const head = await store.head();
    const document = await store.read(head.object ?? '');
    const made = await Promise.all(['x', 'y', 'z'].map((name) => store.push({ ...document, name }, head)));
    const won = made.filter((one) => one !== null);
    expect([won.length, pointers(folder).length]).toEqual([1, 2]);
    expect((await store.head()).object).toBe(won[0]);
    // As it was read before the others came.
    expect(await store.push(document, { number: 0, object: null })).toBeNull();
    await a('config', 'set', 'queue.max_size', '5');
    expect(await codeOf(a, 'sync', 'push')).toEqual([1, 'QCC_IMPORT_INVALID']);
  });
});

describe('a store that is not as it was written', () => {
  const faults: Readonly<Record<string, (folder: string) => void>> = {
    'a snapshot that is cut off': (folder) => truncateSync(objects(folder)[0] ?? '', 40),
    'a snapshot with another byte': (folder) => {
      const [file = ''] = objects(folder);
      writeFileSync(file, readFileSync(file, 'utf8').replace('work', 'wörk'));
    },
    'a snapshot that is gone': (folder) => rmSync(objects(folder)[0] ?? ''),
    'a snapshot that is a link': (folder) => {
      const [file = ''] = objects(folder);
      renameSync(file, `${file}.moved`);
      symlinkSync(`${file}.moved`, file);
    },
    'a snapshot that is a pipe': (folder) => {
      const [file = ''] = objects(folder);
      rmSync(file);
      execFileSync('sh', ['-c', 'mkfifo "$0"', file]);
    },
    'a snapshot that is huge': (folder) => truncateSync(objects(folder)[0] ?? '', 3_000_000_000),
    'a pointer that is cut off': (folder) => truncateSync(pointer(folder, 1), 10),
    'a pointer with marks of a merge': (folder) => writeFileSync(pointer(folder, 1), '<<<<<<< HEAD\n{}\n'),
    'a pointer to a path': (folder) =>
      writeFileSync(pointer(folder, 1), JSON.stringify({ object: '../../../etc/passwd', parent: null })),
    'a pointer that follows another one': (folder) => {
      const { object } = JSON.parse(readFileSync(pointer(folder, 1), 'utf8')) as { object: string };
      writeFileSync(pointer(folder, 2), JSON.stringify({ object, parent: 'f'.repeat(64) }));
    },
    'a pointer that is a folder': (folder) => mkdirSync(pointer(folder, 2)),
    'a copy of a conflict': (folder) => linkSync(pointer(folder, 1), join(folder, 'pointers', '00000001 (2).json')),
    'a folder that is a link': (folder) => {
      renameSync(join(folder, 'objects'), join(folder, 'elsewhere'));
      symlinkSync(join(folder, 'elsewhere'), join(folder, 'objects'));
    },
    'a newer form': (folder) => {
      const path = join(folder, 'qcc-sync.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'));
    },
    'no store in it: the drive is not there': (folder) => rmSync(join(folder, 'qcc-sync.json')),
  };

  it('is refused, and nothing is changed here', async () => {
    const { folder, a, b, done } = await twoMachines();
    await done(a, 'push');
    const whole = `${folder}.whole`;
    cpSync(folder, whole, { recursive: true });
    const reads = async () => {
      const store = await SyncStore.open(folder);
      return store.read((await store.head()).object ?? '');
    };
    for (const [title, damage] of Object.entries(faults)) {
      rmSync(folder, { recursive: true });
      cpSync(whole, folder, { recursive: true });
      damage(folder);
      await expect([title, await reads().catch(({ code }: { code: string }) => code)]).toEqual([
        title,
        'QCC_SYNC_DAMAGED',
      ]);
    }
    const told = await b('sync', 'pull', '--yes');
    expect([told.code, told.err]).toEqual([
      1,
      expect.stringMatching(/qcc-sync\.json cannot be used: it is not there\n {2}bring it back: is the drive there\?/),
    ]);
    expect((await b('list', '--json')).json()).toEqual({ profiles: [] });
    // It comes back, and all is as it was.
    rmSync(folder, { recursive: true });
    cpSync(whole, folder, { recursive: true });
    await done(b, 'pull', '--yes');
  });

  it('is made whole by the next one where its writer was killed', async () => {
    const { folder, a, b, done } = await twoMachines();
    // Before the pointer: a snapshot that nothing names, and what it was written as.
    writeFileSync(join(folder, 'objects', `${'a'.repeat(64)}.json`), '{}');
    writeFileSync(join(folder, 'pointers', '00000001.json.0a0b0c.tmp'), '{"obj');
    writeFileSync(join(folder, 'pointers', '.gitkeep'), '');
    await done(a, 'push');
    await done(b, 'pull', '--yes');
    // In the middle of being made.
    const half = temporaryFolder();
    mkdirSync(join(half, 'objects'), { recursive: true });
    expect((await at(temporaryHome())('sync', 'init', half)).code).toBe(0);
    expect(existsSync(join(half, 'qcc-sync.json'))).toBe(true);
  });

  it('is left as it was by a drive that is full', async () => {
    const { folder, a, done } = await twoMachines();
    const file = await open(join(folder, 'qcc-sync.json'));
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(file) as typeof file, 'sync').mockRejectedValueOnce(full);
    await file.close();
    expect(await codeOf(a, 'sync', 'push')).toEqual([1, 'QCC_SYNC_FOLDER']);
    expect([readdirSync(join(folder, 'objects')), readdirSync(join(folder, 'pointers'))]).toEqual([[], []]);
    await done(a, 'push');
  });

  it('is chosen anew where this home does not know any more which it was, as its error says', async () => {
    const { folder, homes, a, done } = await twoMachines();
    const path = join(homes[0], 'sync.json');
    writeFileSync(path, '{');
    expect((await a('sync', 'push')).err).toContain(`rm ${path}, then: qcc sync init FOLDER`);
    rmSync(path);
    expect(await a('sync', 'init', folder)).toMatchObject({ code: 0 });
    await done(a, 'push');
  });

  it('of another installation is not taken for its own', async () => {
    const { folder, homes, a, done } = await twoMachines();
    await done(a, 'push');
    const other = temporaryFolder();
    const stranger = at(temporaryHome());
    await stranger('sync', 'init', other);
    rmSync(folder, { recursive: true });
    renameSync(other, folder);
    expect(await codeOf(a, 'sync', 'push')).toEqual([6, 'QCC_SYNC_OTHER']);
    expect(await codeOf(a, 'sync', 'init', folder)).toEqual([2, 'QCC_USAGE_CONFIRM']);
    expect((await a('sync', 'init', folder, '--yes')).code).toBe(0);
    await done(a, 'push');
    expect(JSON.parse(readFileSync(join(homes[0], 'sync.json'), 'utf8'))).toMatchObject({
      folder,
      keys: false,
      without: [],
    });
  });

  it('is asked for where none is known, and where its parent is not there', async () => {
    const run = at(temporaryHome());
    for (const command of ['push', 'pull', 'status'])
      expect(await codeOf(run, 'sync', command)).toEqual([5, 'QCC_SYNC_NONE']);
    // An empty word, as of an unset variable, is no folder: not the one in which the shell stands.
    expect(await codeOf(run, 'sync', 'pull', '--ours', '--theirs')).toEqual([2, 'QCC_USAGE_INVALID']);
    expect(await codeOf(run, 'sync', 'init', '')).toEqual([2, 'QCC_USAGE_INVALID']);
    expect(await codeOf(run, 'sync', 'init', '/nowhere/at/all')).toEqual([5, 'QCC_SYNC_FOLDER']);
    expect((await run('sync', 'push', '--lang', 'zh-CN')).err).toContain('本机没有设置同步文件夹');
  });
});

it('what an address would make of a stored key is refused: it stays with its host', async () => {
  const { folder, a, b, done } = await twoMachines();
  await done(a, 'push');
  const where = ['--base-url', 'https://a.example.com', '--api-key', 'sk-ant-api03-bbbbbbbbbbbbbbbb', '--no-test'];
  await b('add', 'work', ...where);
  const store = await SyncStore.open(folder);
  const head = await store.head();
  const { checksum: _, ...document } = JSON.parse(
    JSON.stringify(await store.read(head.object ?? '')).replaceAll('https://a.example.com', 'https://evil.example.com'),
  );
  await store.push(document, head);
  await done(b, 'pull', '--yes', '--theirs');
  const { endpoints } = (await b('endpoint', 'list', 'work', '--json')).json() as { endpoints: { baseUrl: string }[] };
  expect(endpoints.map(({ baseUrl }) => baseUrl)).toEqual(['https://a.example.com']);
});

it('what was changed here while the folder was read is not overwritten', async () => {
  const { call } = await memoryInstallation();
  const { document } = await call('config.export', {});
  const { checksum } = document as { checksum: string };
  await call('config.set', { key: 'queue.max_size', value: '5' });
  const text = JSON.stringify(document);
  await expect(call('config.import', { text, onto: checksum })).rejects.toMatchObject({ code: 'QCC_IMPORT_RACED' });
  expect(await call('config.get', { key: 'queue.max_size' })).toMatchObject({ value: 5 });
  const now = (await call('config.export', {})).document as { checksum: string };
  expect((await call('config.import', { text, onto: now.checksum })).changes).toHaveLength(1);
});

describe('a merge of three', () => {
  const leaf = fc.option(fc.constantFrom<string | number>('x', 1), { nil: undefined });
  const noun = fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf).map(mapOf);
  const tree = fc.dictionary(fc.constantFrom('p', 'q'), noun).map(mapOf);
  const both = (base: Tree, ours: Tree, theirs: Tree) => mergeTrees(base, ours, theirs);

  it('takes the only change, whoever made it, and the same change once', () => {
    fc.assert(
      fc.property(tree, tree, (base, changed) => {
        for (const made of [both(base, changed, base), both(base, base, changed), both(base, changed, changed)])
          expect([made.conflicts, made.tree]).toEqual([[], changed]);
      }),
    );
  });

  it('is the same from both sides where nothing is in conflict, and one side’s word where something is', () => {
    fc.assert(
      fc.property(tree, tree, tree, (base, ours, theirs) => {
        const here = both(base, ours, theirs);
        const there = both(base, theirs, ours);
        expect(here.conflicts.map(({ path }) => path).sort()).toEqual(there.conflicts.map(({ path }) => path).sort());
        const agreed = here.conflicts.length === 0 ? there.tree : mergeTrees(base, theirs, ours, 'theirs').tree;
        expect(here.tree).toEqual(agreed);
      }),
    );
  });
});

function mapOf<T>(object: Record<string, T | undefined>): ReadonlyMap<string, T> {
  return new Map(Object.entries(object).filter((one): one is [string, T] => one[1] !== undefined));
}
