/** A real terminal for a run: one tmux server of its own, with one shell in it, driven by keys and read as a person reads it. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pollMs = 25;
// A command that tests an endpoint, on a machine that is busy with something else.
const patienceMs = 8_000;
// The shell prints the exit code of the command before, so that the end of each is seen.
const prompt = /^\[(\d+)\]> ?$/;
const scrollback = '5000';

/** Whether this machine has tmux. */
export async function hasTmux() {
  return run('tmux', ['-V']).then(
    () => true,
    () => false,
  );
}

/** @param env all of the shell's environment: nothing of this process's own gets in */
export async function openTerminal({ name, columns, rows, env, cwd }) {
  const tmux = (...args) => run('tmux', ['-L', name, '-f', '/dev/null', ...args], { maxBuffer: 16_000_000 });
  const variables = Object.entries({ ...env, PS1: '[$?]> ', TERM: 'screen-256color' }).map(
    ([key, value]) => `${key}=${value}`,
  );
  const shell = ['env', '-i', ...variables, 'bash', '--noprofile', '--norc', '-i'];
  await tmux(
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    String(rows),
    '-c',
    cwd,
    ';',
    'set',
    '-g',
    'history-limit',
    scrollback,
    ';',
    'set',
    '-g',
    'status',
    'off',
  );
  // The first window was made before the limit of the scrollback was set.
  await tmux('respawn-window', '-k', '-c', cwd, ...shell);
  const terminal = {
    columns,
    /** What stands on the screen and above it. A line is one row of the terminal; `joined`: as it was printed. */
    async read({ joined = false } = {}) {
      const { stdout } = await tmux('capture-pane', '-p', '-S', '-', ...(joined ? ['-J'] : []));
      const lines = stdout.split('\n').map((line) => line.trimEnd());
      while (lines.at(-1) === '') lines.pop();
      return lines;
    },
    /** Keys by their names (`Enter`, `Down`, `C-c`). */
    keys: (...names) => tmux('send-keys', ...names),
    type: (text) => tmux('send-keys', '-l', text),
    resize: (to, high = rows) => tmux('resize-window', '-x', String(to), '-y', String(high)),
    /** Until the screen holds what is waited for. @returns what `holds` returned */
    async until(what, holds) {
      for (const begun = Date.now(); ; await sleep(pollMs)) {
        const lines = await terminal.read();
        const found = holds(lines);
        if (found) return found;
        if (Date.now() - begun > patienceMs) throw new Error(`the terminal never showed ${what}:\n${lines.join('\n')}`);
      }
    },
    sees: (text) => terminal.until(`"${text}"`, (lines) => lines.some((line) => line.includes(text))),
    /** The exit code, once the shell asks for the next command, below the line with this one. */
    async ended() {
      const atEnd = (lines) => lines.length > 1 && prompt.exec(lines.at(-1));
      const [, code] = await terminal.until('the end of the command', atEnd);
      return Number(code);
    },
    /** An empty screen, with nothing above it, and a shell that waits. */
    async clear() {
      await tmux('send-keys', '-R', ';', 'clear-history');
      await tmux('send-keys', 'C-l');
      await terminal.until('an empty screen', (lines) => lines.length === 1 && prompt.test(lines[0]));
      await tmux('clear-history');
    },
    close: () => tmux('kill-server').catch(() => undefined),
  };
  await terminal.until('a shell', (lines) => prompt.test(lines.at(-1) ?? ''));
  return terminal;
}
