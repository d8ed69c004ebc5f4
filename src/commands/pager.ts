/** Output about the past that is longer than the terminal goes through the user's pager. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { withUsersMask } from '../platform/umask.ts';
import { makeOutput, type Output } from '../terminal/output.ts';
import type { Context } from './context.ts';

// The options that `git` gives `less`: quit if the text fits on one screen, keep colours, do not clear the screen.
const lessDefault = 'FRX';
// Without it, `less` shows bytes as <E2><80><93> where the language's locale is not installed, and counts columns by bytes.
const lessCharset = 'utf-8';

export interface Paged {
  readonly out: Output;
  /** The reader has closed the pager: reading stops. */
  readonly isOver: () => boolean;
}

/** A command's whole answer, which is known before its first line. */
export function pagedWhole(context: Context, tell: (context: Context) => void): Promise<void> {
  return paged(context, ({ out }) => {
    tell({ ...context, out });
    return Promise.resolve();
  });
}

/** Without a terminal, with `--json`, and with PAGER set to `cat` or empty, the output is printed directly. */
export async function paged(context: Context, work: (paged: Paged) => Promise<void>): Promise<void> {
  const direct = { out: context.out, isOver: () => false };
  const command = context.env['PAGER'] ?? 'less';
  const [program = '', ...args] = command.split(' ').filter((word) => word !== '');
  if (!process.stdout.isTTY || context.json || program === '' || program === 'cat') return work(direct);
  const env = { LESS: lessDefault, LESSCHARSET: lessCharset, ...context.env };
  const pager = withUsersMask(() => spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env }));
  // The pager does not exist: the output is printed without it.
  const started = await new Promise<boolean>((resolve) => {
    pager.once('spawn', () => resolve(true));
    pager.on('error', () => resolve(false));
  });
  if (!started) return work(direct);
  let over = false;
  const ended = once(pager, 'close').then(() => {
    over = true;
  });
  pager.stdin.on('error', () => {
    over = true;
  });
  const out = makeOutput({ colour: context.out.colour, quiet: false, stream: pager.stdin });
  // Ctrl-C belongs to the pager while it is open.
  const ignored = () => {};
  process.on('SIGINT', ignored);
  try {
    await work({ out, isOver: () => over });
    pager.stdin.end();
    await ended;
  } finally {
    process.off('SIGINT', ignored);
    pager.stdin.destroy();
  }
}
