import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { programFor, show } from '../../src/notify/desktop.ts';
import type { Message } from '../../src/notify/message.ts';
import { noon } from '../support/world.ts';

const message: Message = {
  title: 'qcc: switched to spare',
  text: `12:00:00 main → <b>$(touch x)</b> & "; display dialog "`,
  urgent: false,
  at: noon,
  events: [],
};
const never = new AbortController().signal;

describe('the desktop notification program', () => {
  it('on macOS receives the texts as arguments of a constant script', () => {
    const program = programFor('darwin', message);
    expect(program).toEqual({
      name: 'osascript',
      args: [
        '-e',
        'on run argv',
        '-e',
        'display notification (item 2 of argv) with title (item 1 of argv)',
        '-e',
        'end run',
        message.title,
        message.text,
      ],
    });
  });

  it('on Linux receives the text without markup, and its urgency', () => {
    const text = '12:00:00 main → &lt;b&gt;$(touch x)&lt;/b&gt; &amp; "; display dialog "';
    const args = ['--app-name=qcc', '--urgency=normal', '--', message.title, text];
    expect(programFor('linux', message)).toEqual({ name: 'notify-send', args });
    expect(programFor('linux', { ...message, urgent: true })?.args).toContain('--urgency=critical');
  });

  it('is undefined on other systems', () => {
    expect(programFor('win32', message)).toBeUndefined();
  });
});

// What is run is the same everywhere; here it is a program of the test's own.
describe.runIf(process.platform === 'linux')('a desktop notification', () => {
  function installed(script: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'qn-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, 'notify-send');
    writeFileSync(program, `#!${process.execPath}\n${script}\n`);
    chmodSync(program, 0o700);
    vi.stubEnv('PATH', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    return folder;
  }

  it('passes every argument unchanged, without a shell', async () => {
    const folder = installed(
      "require('node:fs').writeFileSync(__dirname + '/args', JSON.stringify(process.argv.slice(2)))",
    );
    expect(await show(message, never)).toEqual({ ok: true });
    expect(JSON.parse(readFileSync(join(folder, 'args'), 'utf8'))).toEqual(programFor('linux', message)?.args);
  });

  it('reports the program’s error when it fails, and is not retried', async () => {
    installed("console.error('no bus\\nmore'); process.exit(1)");
    expect(await show(message, never)).toEqual({ ok: false, error: 'notify-send: no bus', retry: false, waitMs: 0 });
  });

  it('reports that the program is missing', async () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await show(message, never)).toMatchObject({ error: 'notify-send is not installed' });
  });

  it('does not wait for a program that hangs', async () => {
    installed('setInterval(() => {}, 1000)');
    expect(await show(message, AbortSignal.timeout(50))).toMatchObject({ error: 'notify-send did not end in time' });
  });
});
