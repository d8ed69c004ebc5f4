/** The program as it is installed: compiled, in a folder of its own, so that nobody else's build is touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const compiler = join('node_modules', 'typescript', 'bin', 'tsc');

export interface Built {
  readonly main: string;
  remove(): void;
}

/** Inside node_modules, because what is compiled looks for its packages upwards from where it lies. */
export function build(): Built {
  const cache = join('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'qcc-built-'));
  copyFileSync('package.json', join(folder, 'package.json'));
  const dist = join(folder, 'dist');
  // What does not type-check is compiled all the same; that it does is another check's affair.
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', dist, '--noCheck']);
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.json'))) {
    mkdirSync(dirname(join(dist, 'src', path)), { recursive: true });
    copyFileSync(join('src', path), join(dist, 'src', path));
  }
  const main = resolve(dist, 'src', 'cli', 'main.js');
  if (!existsSync(main)) throw new Error('nothing was built');
  return { main, remove: () => rmSync(folder, { recursive: true, force: true }) };
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
