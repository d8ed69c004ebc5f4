/** The program as it is installed, in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { programAt } from '../../src/pool/program.ts';

export const main = fileURLToPath(programAt('src/cli/main'));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Waits until stdout says this, or the program ends. */
  said(pattern: RegExp): Promise<string>;
  /** The end of the program and of its pipes: another process that holds a pipe keeps this waiting. */
  readonly ended: Promise<Ended>;
}

export function launch(argv: readonly string[], env: Readonly<Record<string, string>>): Running {
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...own } = process.env;
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...own, QCC_KEYCHAIN: 'off', LC_ALL: 'C', ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => done({ code, signal, out, err }));
  });
  const said = async (pattern: RegExp) => {
    while (!pattern.test(out)) {
      const more = new Promise((heard) => child.stdout.once('data', heard));
      const end = await Promise.race([more.then(() => undefined), ended]);
      if (end && !pattern.test(out)) throw new Error(`ended without saying ${pattern}: ${out}${err}`);
    }
    return out;
  };
  return { child, said, ended };
}
