import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { paths, prepareHome } from '../../src/config/files/home.ts';
import { keychainFor } from '../../src/config/secrets/keychain.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { temporaryHome } from '../support/home.ts';
import { onPlatform } from './platform.ts';

const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
const key = Buffer.alloc(32, 0xab);
const hex = key.toString('hex');

// The programs of the systems, as far as we ask anything of them: they keep what they are given in $STORE,
// and write down how they were called in $CALLS.
const secretTool = `
printf '%s\\n' "$*" >> "$CALLS"
case "$1" in
  store) cat > "$STORE" ;;
  lookup) [ -f "$STORE" ] && cat "$STORE" ;;
esac`;
const security = `
printf '%s\\n' "$*" >> "$CALLS"
case "$1" in
  -i) read -r command; printf '%s\\n' "\${command##*-w }" > "$STORE" ;;
  find-generic-password) [ -f "$STORE" ] && cat "$STORE" ;;
esac`;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.runIf(process.platform !== 'win32')('a keychain', () => {
  it.each([
    ['linux', 'secret-tool', secretTool],
    ['darwin', 'security', security],
  ] as const)('of %s keeps a key that never appears in a process list', (system, program, script) => {
    const { calls } = install(program, script);
    onPlatform(system);
    const keychain = keychainFor('/h', bus);
    expect(keychain?.read()).toBeUndefined();
    expect(keychain?.write(key)).toBe(true);
    expect(keychain?.read()).toEqual(key);
    expect(readFileSync(calls, 'utf8')).not.toContain(hex);
  });

  it('keeps the keys of two homes apart', () => {
    const { calls } = install('secret-tool', secretTool);
    onPlatform('linux');
    for (const home of ['/one', '/two']) keychainFor(home, bus)?.read();
    const [one, two] = readFileSync(calls, 'utf8').trim().split('\n');
    expect(one).toMatch(/^lookup service qcc account [0-9a-f]{16}$/);
    expect(two).not.toBe(one);
  });

  it('with other content counts as empty', () => {
    const { store } = install('secret-tool', secretTool);
    onPlatform('linux');
    writeFileSync(store, 'a password of somebody');
    expect(keychainFor('/h', bus)?.read()).toBeUndefined();
  });

  it('that prompts its user is not waited for', () => {
    install('secret-tool', 'exec sleep 60');
    onPlatform('linux');
    const patienceMs = 200;
    expect(keychainFor('/h', bus, patienceMs)?.read()).toBeUndefined();
  });
});

describe('a keychain does not exist', () => {
  it('when it is switched off', () => {
    onPlatform('darwin');
    expect(keychainFor('/h', { QCC_KEYCHAIN: 'off' })).toBeUndefined();
  });

  it('without a session bus, or on a system whose programs we do not know', () => {
    onPlatform('linux');
    expect(keychainFor('/h', {})).toBeUndefined();
    onPlatform('win32');
    expect(keychainFor('/h', bus)).toBeUndefined();
  });
});

describe.runIf(process.platform !== 'win32')('a vault with a keychain', () => {
  it('leaves no master key in the home', async () => {
    const { home } = homeWith(secretTool);
    const vault = await openVault(home);
    await vault.put('e1', 'key');
    expect(vault.inKeychain).toBe(true);
    expect(existsSync(paths(home).masterKey)).toBe(false);
    expect((await openVault(home)).get('e1')).toBe('key');
  });

  it('says that it is locked when the keychain is gone, and changes nothing', async () => {
    const { home } = homeWith(secretTool);
    await openVault(home);
    vi.stubEnv('QCC_KEYCHAIN', 'off');
    await expect(openVault(home)).rejects.toMatchObject({ code: 'QCC_VAULT_LOCKED' });
    expect(existsSync(paths(home).masterKey)).toBe(false);
  });

  it.each([
    ['refuses the key', 'exit 1'],
    ['takes the key and forgets it', 'cat > /dev/null'],
  ])('that %s keeps it in a file', async (_, script) => {
    const { home } = homeWith(script);
    const vault = await openVault(home);
    expect(vault.inKeychain).toBe(false);
    expect((await openVault(home)).token()).toBe(vault.token());
  });
});

function homeWith(script: string): { home: string } {
  const home = temporaryHome();
  prepareHome(home);
  install('secret-tool', script);
  onPlatform('linux');
  vi.stubEnv('QCC_KEYCHAIN', undefined);
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus.DBUS_SESSION_BUS_ADDRESS);
  return { home };
}

/** A program of that name, found before any other. */
function install(name: string, script: string): { store: string; calls: string } {
  const folder = temporaryHome();
  prepareHome(folder);
  const [store, calls] = [join(folder, 'store'), join(folder, 'calls')];
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o700);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  vi.stubEnv('STORE', store);
  vi.stubEnv('CALLS', calls);
  return { store, calls };
}
