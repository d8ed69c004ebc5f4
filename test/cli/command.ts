/** Runs one command line in this process, and keeps what it says and how it ends. */
import { vi } from 'vitest';
import { runCli } from '../../src/cli/main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The one document on stdout. Throws when there is none, or something besides it. */
  json(): unknown;
}

/** No colour, no terminal, no language but English, unless a test says otherwise. */
export async function qcc(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  const said = { out: '', err: '' };
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += text;
    return true;
  });
  try {
    const code = await runCli(argv, { QCC_HOME: '/nowhere/qcc', ...env });
    return { code, ...said, json: () => JSON.parse(said.out) };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

/** The same home for every command of a test. */
export function at(home: string, env: Readonly<Record<string, string>> = {}) {
  return (...argv: readonly string[]): Promise<Ran> => qcc(argv, { QCC_HOME: home, ...env });
}
