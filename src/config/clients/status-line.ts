/** The command that Claude Code runs for its status line: `qcc statusline`, wrapped around the former command. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { shellWord } from '../../platform/shell-word.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The path of a program on the PATH; undefined when there is none. */
export function programOnPath(name: string, env: Env): string | undefined {
  const endings = process.platform === 'win32' ? (env['PATHEXT'] ?? '.EXE;.CMD').split(';') : [''];
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => endings.map((end) => join(folder, name + end))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export interface StatusLineOptions {
  /** The command line that runs this program. */
  readonly program: readonly string[];
  /** Included for a home other than the default one. */
  readonly home: string | undefined;
}

/** Null when the command runs `qcc statusline` already, in the user's own form. */
export function statusLineCommand({ program, home }: StatusLineOptions, command: string | null): string | null {
  if (command !== null && /(?:qcc|main\.js)["']? statusline\b/.test(command)) return null;
  const around = command === null ? [] : ['--around', command];
  return (
    [...program, 'statusline', ...(home === undefined ? [] : ['--home', home]), ...around]
      // Claude Code takes Git Bash on Windows.
      .map(shellWord)
      .join(' ')
  );
}

/** `qcc`, if that is this program and survives an upgrade of Node; otherwise Node and the program's path. */
export function programOf(main: string, env: Env): readonly string[] {
  const found = programOnPath('qcc', env);
  return found !== undefined && realOf(found) === realOf(main) ? ['qcc'] : [process.execPath, main];
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
