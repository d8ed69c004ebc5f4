import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { clientEnv, type Shell, shellLines } from '../../src/config/clients/client-env.ts';

const gateway = { url: 'http://127.0.0.1:7860', token: 'qcc_token' };
const hasBash = spawnSync('bash', ['-c', 'exit 0']).status === 0;

describe('the environment of a client', () => {
  it('has the gateway’s address and token, and keeps loopback off every proxy', () => {
    expect(clientEnv(gateway, {})).toEqual({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:7860',
      ANTHROPIC_AUTH_TOKEN: 'qcc_token',
      NO_PROXY: '127.0.0.1,localhost,::1',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    });
  });

  it('keeps former exceptions from the proxy, once', () => {
    const env = clientEnv(gateway, { NO_PROXY: 'corp.example, localhost ,,10.0.0.0/8' });
    expect(env['NO_PROXY']).toBe('corp.example,localhost,10.0.0.0/8,127.0.0.1,::1');
    expect(env).not.toHaveProperty('no_proxy');
    expect(clientEnv(gateway, env)).toEqual(env);
  });

  it('sets the lower-case name too when it exists', () => {
    const env = clientEnv(gateway, { no_proxy: 'corp.example' });
    expect(env['NO_PROXY']).toBe('corp.example,127.0.0.1,localhost,::1');
    expect(env['no_proxy']).toBe(env['NO_PROXY']);
  });

  it('keeps the values of both names when both exist', () => {
    const env = clientEnv(gateway, { NO_PROXY: 'upper.example', no_proxy: 'lower.example' });
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(env[name]?.split(',')).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost']));
    }
    expect(env['NO_PROXY']).toContain('upper.example');
    expect(env['no_proxy']).toContain('lower.example');
  });
});

describe('the lines for a shell', () => {
  const awkward = { A: `it's $HOME`, B: 'back\\slash `x` "y"' };

  it.each([
    ['bash', `export A='it'\\''s $HOME'`, 'unset ANTHROPIC_API_KEY'],
    ['zsh', `export A='it'\\''s $HOME'`, 'unset ANTHROPIC_API_KEY'],
    ['fish', `set -gx A 'it\\'s $HOME';`, 'set -e ANTHROPIC_API_KEY;'],
    ['pwsh', `$env:A = 'it''s $HOME'`, 'Remove-Item Env:ANTHROPIC_API_KEY -ErrorAction SilentlyContinue'],
  ] as const)('%s sets values unchanged, and unsets a stale API key', (shell, set, unset) => {
    const lines = shellLines(awkward, shell, false);
    expect(lines[0]).toBe(set);
    expect(lines.at(-1)).toBe(unset);
    expect(lines).toHaveLength(3);
  });

  it('double the backslash in fish, where it is special even in quotes', () => {
    expect(shellLines({ B: 'a\\b' }, 'fish', false)[0]).toBe(`set -gx B 'a\\\\b';`);
  });

  it.each(['bash', 'zsh', 'fish', 'pwsh'] satisfies Shell[])(
    'of %s undo what was set, and leave NO_PROXY alone',
    (shell) => {
      const env = clientEnv(gateway, { no_proxy: 'corp.example' });
      const text = shellLines(env, shell, true).join('\n');
      expect(text).toContain('ANTHROPIC_BASE_URL');
      expect(text).toContain('ANTHROPIC_AUTH_TOKEN');
      expect(text).not.toMatch(/no_proxy/i);
      expect(text).not.toContain('qcc_token');
    },
  );

  it.runIf(hasBash)('have their effect in a real bash', () => {
    const set = shellLines(awkward, 'bash', false).join('\n');
    expect(bash(`${set}\nprintf '%s|%s|%s' "$A" "$B" "\${ANTHROPIC_API_KEY-none}"`)).toBe(
      `${awkward.A}|${awkward.B}|none`,
    );
    const unset = shellLines(awkward, 'bash', true).join('\n');
    expect(bash(`${set}\n${unset}\nprintf '%s' "\${A-none}"`)).toBe('none');
  });
});

function bash(script: string): string {
  const env = { PATH: process.env['PATH'], ANTHROPIC_API_KEY: 'stale' };
  // Without its start-up files, and without a stdin that it could take for a remote shell's.
  const { stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-c', script], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  return stdout;
}
