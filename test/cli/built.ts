/** The program as it is installed: compiled once for a whole run of the tests, in a folder that the run made and removes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { inject } from 'vitest';

const compiler = join('node_modules', 'typescript', 'bin', 'tsc');

/** The path of the program. Whoever asks first compiles it; the others wait for that. */
export async function build(): Promise<string> {
  const folder = inject('builtIn');
  const dist = join(folder, 'dist');
  const main = resolve(dist, 'src', 'cli', 'main.js');
  mkdirSync(folder, { recursive: true });
  if (isFirst(folder)) compile(folder, dist);
  // Looked for only after the watch has begun: it cannot come unseen.
  const seen = watch(folder);
  try {
    while (!existsSync(dist)) await once(seen, 'change');
  } finally {
    seen.close();
  }
  return main;
}

/** One of all: a folder is made once, whoever tries at the same time. */
function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, 'first'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function compile(folder: string, dist: string): void {
  const unfinished = join(folder, 'unfinished');
  copyFileSync('package.json', join(folder, 'package.json'));
  // What does not type-check is compiled all the same; that it does is another check's affair.
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', unfinished, '--noCheck']);
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.json'))) {
    mkdirSync(dirname(join(unfinished, 'src', path)), { recursive: true });
    copyFileSync(join('src', path), join(unfinished, 'src', path));
  }
  renameSync(unfinished, dist);
}

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
  /** The end of the program and of its pipes: whoever else holds one of them keeps this waiting. */
  readonly ended: Promise<Ended>;
}

export function launch(main: string, argv: readonly string[], env: Readonly<Record<string, string>>): Running {
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
