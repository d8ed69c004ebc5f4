/** The status line in Claude Code's settings: put around the one that is there, and taken back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyClaudeSettings, applyStatusLine, restoreClaudeSettings } from '../../src/config/clients/claude.ts';
import { statusLineCommand } from '../../src/config/clients/status-line.ts';
import { prepareHome } from '../../src/config/files/home.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { temporaryHome } from '../support/home.ts';

const env = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:7860', ANTHROPIC_AUTH_TOKEN: 'qcc_token' };
const around = (command: string | null) => statusLineCommand({ program: ['qcc'], home: undefined }, command);

const grown = `{
  // what I like
  "model": "opus",
  "statusLine": {
    "type": "command", // of my own
    "command": "~/.claude/line.sh",
    "padding": 0 // to the edge
  },
  "theme": "dark"
}
`;

async function settings(text?: string) {
  const home = temporaryHome();
  prepareHome(home);
  const claudeDir = join(home, 'dot-claude');
  const file = join(claudeDir, 'settings.json');
  mkdirSync(claudeDir);
  if (text !== undefined) writeFileSync(file, text);
  const read = () => readFileSync(file, 'utf8');
  const edit = (from: string, to: string) => writeFileSync(file, read().replace(from, to));
  return { place: { home, claudeDir, vault: await openVault(home) }, file, read, edit };
}

describe('a status line around the one that is there', () => {
  it('changes its command, and leaves all other keys, their order and comments', async () => {
    const { place, file, read } = await settings(grown);
    expect(applyStatusLine(place, around)).toEqual({ file, changed: ['statusLine'], kept: [] });
    const written = `"command": "qcc statusline --around '~/.claude/line.sh'",`;
    expect(read()).toBe(grown.replace('"command": "~/.claude/line.sh",', written));
  });

  it('is a new one where there is none, or one that runs no command', async () => {
    const wanted = { statusLine: { type: 'command', command: 'qcc statusline' } };
    for (const text of [undefined, '', '{}', '{ "statusLine": null }', '{ "statusLine": { "type": "command" } }']) {
      const { place, read } = await settings(text);
      applyStatusLine(place, around);
      expect(JSON.parse(read())).toEqual(wanted);
    }
  });

  it('is put there once, however often it is asked for', async () => {
    const { place, read } = await settings(grown);
    applyStatusLine(place, around);
    const once = read();
    applyStatusLine(place, around);
    expect(read()).toBe(once);
  });

  it('leaves a command that runs qcc statusline by itself', async () => {
    const own = '{ "statusLine": { "type": "command", "command": "qcc statusline | tr a-z A-Z" } }';
    const { place, file, read } = await settings(own);
    expect(applyStatusLine(place, around)).toEqual({ file, changed: [], kept: ['statusLine'] });
    expect(read()).toBe(own);
  });

  it('leaves a file that is no JSON', async () => {
    const { place, read } = await settings('{ "statusLine": ');
    expect(() => applyStatusLine(place, around)).toThrow(expect.objectContaining({ code: 'QCC_CLAUDE_SETTINGS' }));
    expect(read()).toBe('{ "statusLine": ');
  });
});

describe('a status line that is taken back', () => {
  it.each([grown, '{}\n', '', '{ "statusLine": null }', '{ "model": "opus" } // mine\n'])(
    'leaves the same file to the byte, when it was not touched since: %j',
    async (text) => {
      const { place, read } = await settings(text);
      applyStatusLine(place, around);
      applyClaudeSettings(place, env);
      applyStatusLine(place, around);
      expect([...restoreClaudeSettings(place).changed].sort()).toEqual([...Object.keys(env), 'statusLine'].sort());
      expect(read()).toBe(text);
    },
  );

  it('gives the former command back, and keeps what its user has changed around it', async () => {
    const { place, read, edit } = await settings(grown);
    applyStatusLine(place, around);
    edit('"padding": 0', '"padding": 2');
    expect(restoreClaudeSettings(place)).toMatchObject({ changed: ['statusLine'], kept: [] });
    expect(read()).toBe(grown.replace('"padding": 0', '"padding": 2'));
  });

  it('goes away where there was none, with what its user has added to it', async () => {
    const { place, read, edit } = await settings('{\n  "model": "opus" // mine\n}\n');
    applyStatusLine(place, around);
    edit('"type": "command"', '"type": "command",\n    "padding": 2');
    restoreClaudeSettings(place);
    expect(read()).not.toContain('statusLine');
    expect(read()).toContain('"opus" // mine');
  });

  it('stays when its user has written another one, and that is said', async () => {
    const { place, read, edit } = await settings(grown);
    applyStatusLine(place, around);
    edit(`qcc statusline --around '~/.claude/line.sh'`, 'mine');
    const theirs = read();
    expect(restoreClaudeSettings(place)).toMatchObject({ changed: [], kept: ['statusLine'] });
    expect(read()).toBe(theirs);
  });

  it('leaves no file where there was none', async () => {
    const { place, file } = await settings();
    applyStatusLine(place, around);
    restoreClaudeSettings(place);
    expect(existsSync(file)).toBe(false);
  });
});

describe('the command of a status line', () => {
  it('names the home where it is another one, and the program where qcc is not on the PATH', () => {
    const options = { program: ['/opt/my node/node', '/opt/qcc/main.js'], home: '/srv/q' };
    expect(statusLineCommand(options, null)).toBe(`'/opt/my node/node' /opt/qcc/main.js statusline --home /srv/q`);
  });

  it.skipIf(process.platform === 'win32')('hands the former command on as it was, whatever is in it', () => {
    const command = `echo "it's" '$HOME' \\"x\\" | tr a-z A-Z; exit 0`;
    const words = statusLineCommand({ program: ['printf', '%s\\n'], home: undefined }, command) ?? '';
    const { stdout } = spawnSync('sh', ['-c', words], { encoding: 'utf8' });
    expect(stdout).toBe(['statusline', '--around', command, ''].join('\n'));
  });
});
