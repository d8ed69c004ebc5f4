/**
 * `qcc statusline`, and its installation. It runs after each message of Claude Code: it makes one query, waits briefly, and blocks nothing.
 * On an error it prints nothing itself, and the wrapped status line is shown all the same.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Applied } from '../../config/clients/claude.ts';
import { paths } from '../../config/files/home.ts';
import type { StandingRow } from '../../contract/gateway.ts';
import { askGateway } from '../../control/client.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { statusLineWordsOf } from '../../messages/statusline.ts';
import { type Context, flag } from '../context.ts';
import { type Session, sessionIn, statusLine } from './status-line.ts';

// A gateway answers within a few milliseconds; a blocked one must not block Claude Code.
const answerMs = 500;
// Claude Code writes it at once and closes the pipe.
const inputMs = 1_000;
const inputBytesMax = 1_048_576;
const outputBytesMax = 65_536;

export async function showStatusLine(context: Context): Promise<undefined> {
  const { out, json, env } = context;
  const around = flag(context, 'around');
  const input = await inputOf(process.stdin).catch(() => Buffer.alloc(0));
  const session = sessionIn(input.toString('utf8'));
  const [before, standing] = await Promise.all([
    around === undefined || json ? Buffer.alloc(0) : outputOf(around, input, env).catch(() => Buffer.alloc(0)),
    standingOf(context, session).catch(() => undefined),
  ]);
  if (before.length > 0) out.bytes(before.at(-1) === newline ? before : Buffer.concat([before, Buffer.of(newline)]));
  if (json) return void (standing !== undefined && out.json(standing ?? { running: false }));
  const line = standing === undefined ? '' : lineOf(context, standing, session);
  if (line !== '') out.line(line);
  return undefined;
}

const newline = 10;

type Standing = { readonly running: true } & StandingRow;

function lineOf({ language, out }: Context, standing: Standing | null, session: Session): string {
  if (standing === null) return out.paint('red', statusLineWordsOf(language).noGateway);
  return statusLine(standing, session, { language, now: Date.now(), paint: out.paint });
}

/** Null: no gateway runs. @throws when the query fails */
async function standingOf(context: Context, { id }: Session): Promise<Standing | null> {
  const { socket } = paths(flag(context, 'home') ?? context.home);
  const within = profileIn(context.env['ANTHROPIC_BASE_URL']);
  const question = { ...(id === undefined ? {} : { session: id }), ...(within === undefined ? {} : { within }) };
  try {
    return { running: true, ...(await askGateway(socket, 'client.standing', question, answerMs)) };
  } catch (error) {
    if (error instanceof QccError && error.code === 'QCC_GATEWAY_DOWN') return null;
    throw error;
  }
}

/** `qcc code --profile NAME` gives an address that confines the session to that profile. */
function profileIn(baseUrl: string | undefined): string | undefined {
  const [, name] = /^https?:\/\/[^/]+\/p\/([^/]+)/.exec(baseUrl ?? '') ?? [];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** What arrives in time: nothing, on a terminal. */
async function inputOf(stdin: typeof process.stdin): Promise<Buffer> {
  if (stdin.isTTY) return Buffer.alloc(0);
  const late = setTimeout(() => stdin.destroy(), inputMs);
  try {
    return await gathered(stdin, inputBytesMax);
  } finally {
    clearTimeout(late);
  }
}

/** @throws when the stream breaks off, or exceeds the limit */
async function gathered(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > most) throw new Error('too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The output of the former status line's command, given Claude Code's input. A command that fails shows nothing, as before. */
async function outputOf(command: string, input: Buffer, env: Context['env']): Promise<Buffer> {
  const { spawn } = await import('node:child_process');
  // As Claude Code does: Git Bash on Windows, if installed.
  const shell = process.platform === 'win32' && env['SHELL'] ? 'bash' : true;
  const child = spawn(command, { shell, stdio: ['pipe', 'pipe', 'inherit'] });
  // Claude Code ends a status line that has become stale.
  process.once('SIGTERM', () => {
    child.kill();
    process.exit();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close');
  const [output, [code]] = await Promise.all([gathered(child.stdout, outputBytesMax), ended]);
  return code === 0 ? output : Buffer.alloc(0);
}

export async function installStatusLine(
  context: Context,
  place: Parameters<typeof import('../../config/clients/claude.ts').applyStatusLine>[0],
): Promise<Applied> {
  const [{ applyStatusLine }, { programOf, statusLineCommand }] = await Promise.all([
    import('../../config/clients/claude.ts'),
    import('../../config/clients/status-line.ts'),
  ]);
  const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  const home = context.env['QCC_HOME'] ? context.home : undefined;
  const options = { program: programOf(main, context.env), home };
  return applyStatusLine(place, (command) => statusLineCommand(options, command));
}
