/** A notification on the desktop, by the system's own program. Texts are passed as arguments, without a shell. */
import { execFile } from 'node:child_process';
import type { Outcome } from './format.ts';
import type { Message } from './message.ts';

export interface Program {
  readonly name: string;
  readonly args: readonly string[];
}

// The text is passed as arguments, so that nothing in it is read as AppleScript.
const appleScript = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
] as const;

/** Undefined where no such program is known. */
export function programFor(platform: NodeJS.Platform, { title, text, urgent }: Message): Program | undefined {
  if (platform === 'darwin')
    return { name: 'osascript', args: [...appleScript.flatMap((line) => ['-e', line]), title, text] };
  if (platform !== 'linux') return undefined;
  const urgency = `--urgency=${urgent ? 'critical' : 'normal'}`;
  return { name: 'notify-send', args: ['--app-name=qcc', urgency, '--', title, escaped(text)] };
}

/** The body of a freedesktop notification is markup. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Never rejects. A missing desktop will not appear within a second, so that there is no retry. */
export function show(message: Message, signal: AbortSignal): Promise<Outcome> {
  const program = programFor(process.platform, message);
  if (!program) return Promise.resolve(failed(`there is no desktop notification on ${process.platform}`));
  return new Promise((resolve) => {
    execFile(program.name, program.args, { signal, windowsHide: true }, (error, _, said) => {
      if (!error) resolve({ ok: true });
      else if (error.code === 'ENOENT') resolve(failed(`${program.name} is not installed`));
      else if (signal.aborted) resolve(failed(`${program.name} did not end in time`));
      else resolve(failed(`${program.name}: ${said.trim().split('\n')[0] || error.message}`));
    });
  });
}

const failed = (error: string): Outcome => ({ ok: false, error, retry: false, waitMs: 0 });
