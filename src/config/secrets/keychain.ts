/** The keychain of the operating system, by its own programs: no native module to build or to trust. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

// A keychain that prompts the user must not make a command hang.
const askMs = 3_000;
const name = 'qcc';

export interface Keychain {
  read(): Buffer | undefined;
  /** False when the keychain refused it. */
  write(key: Buffer): boolean;
  remove(): void;
}

/** The keychain for one home, or undefined if there is none or it is switched off (`QCC_KEYCHAIN=off`). */
export function keychainFor(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
  patienceMs = askMs,
): Keychain | undefined {
  if (env['QCC_KEYCHAIN'] === 'off') return undefined;
  const account = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const run: Run = (program, args, input = '') => ran(program, args, input, patienceMs);
  if (process.platform === 'darwin') return macKeychain(account, run);
  // Without a session bus there is no secret service to answer.
  if (process.platform === 'linux' && env['DBUS_SESSION_BUS_ADDRESS']) return secretService(account, run);
  return undefined;
}

/** The output of a program; undefined when it failed, or took too long. */
type Run = (program: string, args: readonly string[], input?: string) => string | undefined;

function macKeychain(account: string, run: Run): Keychain {
  return {
    read: () => decoded(run('security', ['find-generic-password', '-s', name, '-a', account, '-w'])),
    // `-i` reads the command from stdin: the key never appears in a process list.
    write: (key) =>
      run('security', ['-i'], `add-generic-password -U -s ${name} -a ${account} -w ${key.toString('hex')}\n`) !==
      undefined,
    remove: () => void run('security', ['delete-generic-password', '-s', name, '-a', account]),
  };
}

function secretService(account: string, run: Run): Keychain {
  const attributes = ['service', name, 'account', account];
  return {
    read: () => decoded(run('secret-tool', ['lookup', ...attributes])),
    write: (key) =>
      run('secret-tool', ['store', `--label=${name} ${account}`, ...attributes], key.toString('hex')) !== undefined,
    remove: () => void run('secret-tool', ['clear', ...attributes]),
  };
}

function decoded(text: string | undefined): Buffer | undefined {
  return text && /^[0-9a-f]{64}$/.test(text.trim()) ? Buffer.from(text.trim(), 'hex') : undefined;
}

function ran(program: string, args: readonly string[], input: string, timeout: number): string | undefined {
  try {
    return execFileSync(program, args, { input, timeout, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
