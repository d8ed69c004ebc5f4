/** The environment that points a client at the gateway, and the shell lines that set it. */

export type Shell = 'bash' | 'zsh' | 'fish' | 'pwsh';

const loopback = ['127.0.0.1', 'localhost', '::1'];

/**
 * `NO_PROXY` is merged, because with `HTTP_PROXY` set Claude Code would send even requests to 127.0.0.1 through the proxy (measured).
 * The token goes into `ANTHROPIC_AUTH_TOKEN`: an API key would make Claude Code ask for approval first.
 */
export function clientEnv(
  { url, token }: { readonly url: string; readonly token: string },
  current: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  // Both names may be set, and differ.
  const before = `${current['NO_PROXY'] ?? ''},${current['no_proxy'] ?? ''}`;
  const bypass = [
    ...new Set([
      ...before
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
      ...loopback,
    ]),
  ].join(',');
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: token,
    NO_PROXY: bypass,
    ...(current['no_proxy'] === undefined ? {} : { no_proxy: bypass }),
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
  };
}

/** Lines to `eval`. A stale `ANTHROPIC_API_KEY` is unset: with both set, Claude Code would send both headers. */
export function shellLines(env: Readonly<Record<string, string>>, shell: Shell, unset: boolean): readonly string[] {
  const names = Object.keys(env);
  if (unset) return names.filter((name) => name.toUpperCase() !== 'NO_PROXY').map((name) => unsetLine(name, shell));
  return [...names.map((name) => setLine(name, env[name] ?? '', shell)), unsetLine('ANTHROPIC_API_KEY', shell)];
}

function setLine(name: string, value: string, shell: Shell): string {
  if (shell === 'fish') return `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';`;
  if (shell === 'pwsh') return `$env:${name} = '${value.replaceAll("'", "''")}'`;
  return `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
}

function unsetLine(name: string, shell: Shell): string {
  if (shell === 'fish') return `set -e ${name};`;
  if (shell === 'pwsh') return `Remove-Item Env:${name} -ErrorAction SilentlyContinue`;
  return `unset ${name}`;
}
