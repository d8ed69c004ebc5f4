/** Runs one command line in this process, and keeps what it says and how it ends. */
import { vi } from 'vitest';
import { runCli } from '../../src/cli/driver.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Ran extends Said {
  /** The one document on stdout. Throws when there is none, or something besides it. */
  json(): unknown;
}

/** The output of `work` on stdout and stderr, and its exit code. */
export async function listening(work: () => number | Promise<number>): Promise<Said> {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  try {
    const code = await work();
    return { code, out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

/** No colour, no terminal, no language but English, unless a test says otherwise. */
export async function qcc(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  const said = await listening(() => runCli(argv, { QCC_HOME: '/nowhere/qcc', ...env }));
  return { ...said, json: () => JSON.parse(said.out) };
}

/** The same home for every command of a test. */
export function at(home: string, env: Readonly<Record<string, string>> = {}) {
  return (...argv: readonly string[]): Promise<Ran> => qcc(argv, { QCC_HOME: home, ...env });
}
