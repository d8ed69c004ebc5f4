import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyClaudeSettings, restoreClaudeSettings } from '../../src/config/clients/claude.ts';
import { paths, prepareHome } from '../../src/config/files/home.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { temporaryHome } from '../support/home.ts';

const values = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:7860', ANTHROPIC_AUTH_TOKEN: 'qcc_token' };
const isPosix = process.platform !== 'win32';

const grown = `{
  // what I like
  "model": "opus", // stays
  "env": {
    "FOO": "1",
    "ANTHROPIC_API_KEY": "sk-ant-mine",
    "ANTHROPIC_BASE_URL": "https://relay.example",
    "BAR": "2"
  },
  "unknown": { "deep": [1, 2, 3] }
}
`;

describe('pointing Claude Code at the gateway', () => {
  it('creates the file when there is none', async () => {
    const { place, file } = await settings();
    expect(applyClaudeSettings(place, values)).toMatchObject({
      file,
      changed: Object.keys(values),
      kept: [],
    });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ env: values });
    if (isPosix) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('fills an empty file', async () => {
    const { place, file } = await settings('');
    applyClaudeSettings(place, values);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ env: values });
  });

  it('changes its own keys, and preserves order, comments and everything else', async () => {
    const { place, file } = await settings(grown);
    applyClaudeSettings(place, values);
    expect(readFileSync(file, 'utf8')).toBe(`{
  // what I like
  "model": "opus", // stays
  "env": {
    "FOO": "1",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:7860",
    "BAR": "2",
    "ANTHROPIC_AUTH_TOKEN": "qcc_token"
  },
  "unknown": { "deep": [1, 2, 3] }
}
`);
  });

  it('removes a stale API key, and reports it', async () => {
    const { place, env } = await settings(grown);
    expect(applyClaudeSettings(place, values).changed).toContain('ANTHROPIC_API_KEY');
    expect(env()).not.toHaveProperty('ANTHROPIC_API_KEY');
  });

  it('remembers the former content in encrypted form', async () => {
    const { place } = await settings(grown);
    applyClaudeSettings(place, values);
    const memory = readFileSync(paths(place.home).claude, 'utf8');
    for (const text of ['sk-ant-mine', 'relay.example', 'ANTHROPIC']) {
      expect(memory).not.toContain(text);
    }
  });

  it.runIf(isPosix)('keeps the mode of the file, and leaves nothing beside it', async () => {
    const { place, file } = await settings(grown);
    for (const mode of [0o644, 0o600, 0o640]) {
      chmodSync(file, mode);
      applyClaudeSettings(place, values);
      expect(statSync(file).mode & 0o777).toBe(mode);
    }
    expect(readdirSync(dirname(file))).toEqual(['settings.json']);
  });

  it.runIf(isPosix)('writes through a link, as people keep such files elsewhere', async () => {
    const { place, file } = await settings();
    const elsewhere = join(place.home, 'dotfile.json');
    writeFileSync(elsewhere, grown);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(elsewhere, file);
    applyClaudeSettings(place, values);
    expect(readFileSync(elsewhere, 'utf8')).toContain(values.ANTHROPIC_BASE_URL);
    expect(readdirSync(dirname(file), { withFileTypes: true })[0]?.isSymbolicLink()).toBe(true);
  });
});

describe('a settings file that cannot be edited', () => {
  it.each(['{ "env": ', '{ "env": { "A" "1" } }', 'hello', '{} {}', '[]', '"x"', '{"env": "x"}'])(
    'stays as it is: %s',
    async (text) => {
      const { place, file } = await settings(text);
      expect(() => applyClaudeSettings(place, values)).toThrow(
        expect.objectContaining({
          code: 'QCC_CLAUDE_SETTINGS',
          message: expect.stringContaining(file),
        }),
      );
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(existsSync(paths(place.home).claude)).toBe(false);
    },
  );
});

describe('restoring Claude Code’s settings', () => {
  it('restores former values, and removes keys that were missing before', async () => {
    const { place, file, env } = await settings(grown);
    applyClaudeSettings(place, values);
    const { changed, kept } = restoreClaudeSettings(place);
    expect([[...changed].sort(), kept]).toEqual([
      ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL'],
      [],
    ]);
    expect(env()).toEqual({
      FOO: '1',
      BAR: '2',
      ANTHROPIC_API_KEY: 'sk-ant-mine',
      ANTHROPIC_BASE_URL: 'https://relay.example',
    });
    expect(readFileSync(file, 'utf8')).toContain('// what I like');
  });

  it.each([grown, '{}\n', '', '{ "model": "opus" } // mine\n', '{\n  "env": {}\n}\n'])(
    'restores an unchanged file to the byte: %j',
    async (text) => {
      const { place, file } = await settings(text);
      applyClaudeSettings(place, values);
      applyClaudeSettings(place, { ...values, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9999' });
      restoreClaudeSettings(place);
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('keeps the comment after the key before the removed one', async () => {
    const { place, file } = await settings('{\n  "env": {\n    "FOO": "1" // mine\n  }\n}\n');
    applyClaudeSettings(place, values);
    const [url, token] = Object.entries(values).map(([name, value]) => `    "${name}": "${value}"`);
    writeFileSync(file, `{\n  "env": {\n    "FOO": "1", // mine\n${url}, // theirs\n${token}\n  }\n}\n`);
    restoreClaudeSettings(place);
    expect(readFileSync(file, 'utf8')).toContain('"1" // mine');
    expect(readFileSync(file, 'utf8')).not.toContain('ANTHROPIC');
  });

  it('leaves no file where there was none', async () => {
    const { place, file } = await settings();
    applyClaudeSettings(place, values);
    restoreClaudeSettings(place);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves no env where there was none, and keeps what the user has added since', async () => {
    const { place, file } = await settings();
    applyClaudeSettings(place, values);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), model: 'opus' }));
    applyClaudeSettings(place, values);
    restoreClaudeSettings(place);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ model: 'opus' });
  });

  it('happens once', async () => {
    const { place, file } = await settings(grown);
    applyClaudeSettings(place, values);
    restoreClaudeSettings(place);
    const before = readFileSync(file, 'utf8');
    expect(restoreClaudeSettings(place)).toMatchObject({ changed: [], kept: [] });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(existsSync(paths(place.home).claude)).toBe(false);
  });

  it('restores the originals, however often the file was pointed at us', async () => {
    const { place, env } = await settings(grown);
    applyClaudeSettings(place, values);
    applyClaudeSettings(place, { ...values, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9999' });
    applyClaudeSettings(place, values);
    restoreClaudeSettings(place);
    expect(env()).toMatchObject({
      ANTHROPIC_API_KEY: 'sk-ant-mine',
      ANTHROPIC_BASE_URL: 'https://relay.example',
    });
  });

  it('keeps what the user has changed since, and reports it', async () => {
    const { place, file, env } = await settings(grown);
    applyClaudeSettings(place, values);
    const theirs = readFileSync(file, 'utf8').replace('http://127.0.0.1:7860', 'https://theirs');
    writeFileSync(file, theirs);
    const { changed, kept } = restoreClaudeSettings(place);
    expect(kept).toEqual(['ANTHROPIC_BASE_URL']);
    expect(changed).not.toContain('ANTHROPIC_BASE_URL');
    expect(env()).toMatchObject({
      ANTHROPIC_BASE_URL: 'https://theirs',
      ANTHROPIC_API_KEY: 'sk-ant-mine',
    });
    expect(env()).not.toHaveProperty('ANTHROPIC_AUTH_TOKEN');
  });

  it('does nothing where nothing was changed', async () => {
    const { place, file } = await settings();
    expect(restoreClaudeSettings(place)).toEqual({ file, changed: [], kept: [] });
    expect(existsSync(file)).toBe(false);
  });

  it('restores two folders separately', async () => {
    const one = await settings(grown);
    const two = { ...one.place, claudeDir: `${one.place.claudeDir}-2` };
    applyClaudeSettings(one.place, values);
    applyClaudeSettings(two, values);
    restoreClaudeSettings(two);
    restoreClaudeSettings(one.place);
    expect(one.env()).toMatchObject({ ANTHROPIC_BASE_URL: 'https://relay.example' });
  });

  it('waits while the file cannot be read', async () => {
    const { place, file, env } = await settings(grown);
    applyClaudeSettings(place, values);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, '{');
    expect(() => restoreClaudeSettings(place)).toThrow(expect.objectContaining({ code: 'QCC_CLAUDE_SETTINGS' }));
    writeFileSync(file, good);
    restoreClaudeSettings(place);
    expect(env()).toMatchObject({ ANTHROPIC_API_KEY: 'sk-ant-mine' });
  });

  it('names the file of its memory when that is damaged', async () => {
    const { place } = await settings(grown);
    applyClaudeSettings(place, values);
    writeFileSync(paths(place.home).claude, 'x');
    expect(() => restoreClaudeSettings(place)).toThrow(
      expect.objectContaining({
        code: 'QCC_VAULT_DAMAGED',
        message: expect.stringContaining(paths(place.home).claude),
      }),
    );
  });
});

/** A home, and Claude Code's settings file beside it with that text in it. */
async function settings(text?: string) {
  const home = temporaryHome();
  prepareHome(home);
  const claudeDir = join(home, 'dot-claude');
  const file = join(claudeDir, 'settings.json');
  if (text !== undefined) {
    mkdirSync(claudeDir);
    writeFileSync(file, text);
  }
  const env = (): Record<string, string> => JSON.parse(readFileSync(file, 'utf8').replaceAll(/ \/\/.*$/gm, '')).env;
  return { place: { home, claudeDir, vault: await openVault(home) }, file, env };
}
