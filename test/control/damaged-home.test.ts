/** Every file of a home, damaged: its reader reports it, and the named command repairs it. */
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homeFindings } from '../../src/config/files/home-files.ts';
import { connect } from '../../src/control/client.ts';
import { examine } from '../../src/diagnostics/doctor.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { openInstallation } from '../../src/installation/installation.ts';
import { temporaryHome } from '../support/home.ts';

const key = 'sk-ant-kept-in-the-vault-0001';
const graceMs = 100;

async function home(): Promise<{ place: string; endpoint: string }> {
  const place = temporaryHome();
  const { call, close } = await connect({ home: place });
  const endpoint = { baseUrl: 'http://127.0.0.1:9', key };
  await call('profile.add', { name: 'work', description: '', endpoint });
  const { endpoints } = await call('endpoint.list', { profile: 'work' });
  await close();
  return { place, endpoint: endpoints[0]?.id ?? '' };
}

const doctor = (place: string, fix: boolean) =>
  examine({ home: place, env: { HOME: place }, cwd: place, connect }, { fix, connect: false });

const badIn = async (place: string, fix = false) =>
  (await doctor(place, fix)).checks.filter(({ ok }) => !ok).map(({ id }) => String(id));

const vaultDamages: readonly (readonly [string, string, (place: string) => void])[] = [
  ['the vault is gone', 'QCC_VAULT_GONE', (place) => rmSync(join(place, 'vault.json'))],
  ['the vault is empty', 'QCC_VAULT_DAMAGED', (place) => truncateSync(join(place, 'vault.json'), 0)],
  [
    'a byte of the vault is another one',
    'QCC_VAULT_DAMAGED',
    (place) => {
      const bytes = readFileSync(join(place, 'vault.json'));
      bytes[200] = (bytes[200] ?? 0) ^ 1;
      writeFileSync(join(place, 'vault.json'), bytes);
    },
  ],
  [
    'the vault is a folder',
    'QCC_HOME_ODD',
    (place) => {
      rmSync(join(place, 'vault.json'));
      mkdirSync(join(place, 'vault.json'));
    },
  ],
  ['the master key is gone', 'QCC_VAULT_DAMAGED', (place) => rmSync(join(place, 'master.key'))],
  ['the master key is cut', 'QCC_VAULT_DAMAGED', (place) => truncateSync(join(place, 'master.key'), 20)],
  [
    'the master key is another one',
    'QCC_VAULT_DAMAGED',
    (place) => writeFileSync(join(place, 'master.key'), 'ab'.repeat(32)),
  ],
  [
    'the master key is a folder',
    'QCC_HOME_ODD',
    (place) => {
      rmSync(join(place, 'master.key'));
      mkdirSync(join(place, 'master.key'));
    },
  ],
];

describe.each(vaultDamages)('%s', (_, code, damage) => {
  it('is refused with a way out that works: the old file is set aside, and the keys are set again', async () => {
    const { place, endpoint } = await home();
    damage(place);
    await expect(openInstallation(place)).rejects.toMatchObject({
      code,
      hint: expect.stringContaining('qcc config doctor --fix'),
    });
    expect((await badIn(place)).some((id) => id === 'home.vault' || id === 'home.file' || id === 'log')).toBe(true);
    await doctor(place, true);
    expect(await badIn(place)).toEqual(expect.arrayContaining(['endpoint.key']));
    const gateway = await runGateway({ home: place, port: 0 });
    const { call, close } = await connect({ home: place });
    try {
      expect(gateway.found().map(({ id, fix }) => [id, fix])).toEqual([
        ['endpoint.key', `qcc endpoint update work ${endpoint} --api-key-stdin`],
      ]);
      expect((await call('proxy.status', {})).found.map(({ id }) => id)).toEqual(['endpoint.key']);
      await call('endpoint.update', { profile: 'work', id: endpoint, key });
      expect((await call('proxy.status', {})).found).toEqual([]);
    } finally {
      await close();
      await gateway.stop(graceMs);
      await gateway.stopped;
    }
    const { vault, core, close: end } = await openInstallation(place);
    expect(vault.get(core.state.profiles.endpoints()[0]?.secret ?? '')).toBe(key);
    await end();
  });
});

describe('a vault whose key is in a keychain that does not answer', () => {
  it('is not set aside: it may decrypt tomorrow', async () => {
    const { place } = await home();
    const vault = join(place, 'vault.json');
    writeFileSync(vault, readFileSync(vault, 'utf8').replace('"master": "file"', '"master": "keychain"'));
    rmSync(join(place, 'master.key'));
    const before = readFileSync(vault, 'utf8');
    await expect(doctor(place, true)).rejects.toMatchObject({ code: 'QCC_VAULT_LOCKED' });
    expect(readFileSync(vault, 'utf8')).toBe(before);
  });
});

const others = ['names.json', 'home.json', 'log.head'] as const;

describe.each(others)('%s', (name) => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['a folder', (path) => mkdirSync(path)],
    ['a link to nowhere', (path) => symlinkSync('/nowhere/at/all', path)],
    ['nonsense', (path) => writeFileSync(path, '\0\u0001')],
  ];
  it.each(damages)(
    'as %s does not end the home; it is reported, repaired or recreated, and then every check passes',
    async (_, replace) => {
      const { place } = await home();
      const path = join(place, name);
      rmSync(path, { force: true });
      replace(path);
      const gateway = await runGateway({ home: place, port: 0 });
      const told = gateway.found().map(({ id }) => id);
      await gateway.stop(graceMs);
      await gateway.stopped;
      const isMade = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
      expect(told.includes('home.file') || isMade).toBe(true);
      await doctor(place, true);
      expect(await badIn(place)).not.toContain('home.file');
      const again = await openInstallation(place);
      expect(again.core.state.profiles.all().map(({ name: profile }) => profile)).toEqual(['work']);
      await again.close();
      expect(statSync(path).isFile()).toBe(true);
    },
  );
});

describe.each(['logs', 'bodies', 'run', 'quarantine'])('a file in the place of the folder %s', (name) => {
  it('is refused before anything is written, and set aside by the command that the error names', async () => {
    const { place } = await home();
    rmSync(join(place, name), { recursive: true, force: true });
    writeFileSync(join(place, name), 'mine');
    await expect(openInstallation(place)).rejects.toMatchObject({
      code: 'QCC_HOME_ODD',
      hint: 'qcc config doctor --fix',
    });
    await expect(runGateway({ home: place, port: 0 })).rejects.toMatchObject({ code: 'QCC_HOME_ODD' });
    expect((await doctor(place, true)).fixed).toContain('home.file');
    const gateway = await runGateway({ home: place, port: 0 });
    await gateway.stop(graceMs);
    await gateway.stopped;
    const kept = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((one) => one.includes(`${name}-`));
    expect(kept.map((one) => readFileSync(join(place, one), 'utf8'))).toEqual(['mine']);
  });
});

describe('a disk that is read-only or full', () => {
  /** Each of these calls says so from now on. */
  function refusing(code: string, ...names: readonly ('accessSync' | 'mkdirSync' | 'openSync' | 'statfsSync')[]): void {
    const own = Object.fromEntries(names.map((name) => [name, fs[name]]));
    const refuse = (path: string) => {
      throw Object.assign(new Error(code), { code, path });
    };
    for (const name of names) Object.assign(fs, { [name]: refuse });
    syncBuiltinESMExports();
    onTestFinished(() => {
      Object.assign(fs, own);
      syncBuiltinESMExports();
    });
  }

  it('counts as no damage of a file: nothing is set aside', async () => {
    const { place } = await home();
    refusing('EROFS', 'accessSync');
    expect(homeFindings(place)).toEqual([]);
    await (await openInstallation(place)).close();
  });

  it.each([
    ['EROFS', 'QCC_DISK_READONLY', 'findmnt'],
    ['ENOSPC', 'QCC_DISK_FULL', 'df -h'],
    ['EFBIG', 'QCC_FILE_LIMIT', 'ulimit -f'],
  ])('is reported as such by a start, with what helps (%s)', async (system, code, hint) => {
    const { place } = await home();
    refusing(system, 'mkdirSync');
    await expect(openInstallation(place)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
    await expect(runGateway({ home: place, port: 0 })).rejects.toMatchObject({ code });
  });
});

describe('leftovers of killed commands', () => {
  it('are removed by the next process that has the log, when their maker is dead', async () => {
    const { place } = await home();
    const dead = 2 ** 22 + 7;
    mkdirSync(join(place, 'run'), { recursive: true });
    const left = [
      join(place, `names.json.${dead}.tmp`),
      join(place, 'run', `claude-${dead}.json`),
      `${place}.${dead}-0123456789ab.tmp`,
      join(place, 'log.repair-AbCdEf'),
    ];
    const living = [join(place, 'run', `claude-${process.pid}.json`), `${place}.${process.pid}-0123456789ab.tmp`];
    for (const path of [...left, ...living]) writeFileSync(path, 'x');
    await (await openInstallation(place)).close();
    expect(left.filter(existsSync)).toEqual([]);
    expect(living.filter(existsSync)).toEqual(living);
  });
});
