/** Checks whether Claude Code on this machine connects to a running gateway. The checks only read: Claude Code's files are the user's. */
import { join } from 'node:path';
import { type ClaudeFile, readClaudeFile } from '../config/clients/claude.ts';
import { userHome } from '../config/files/home.ts';
import { isLoopback } from '../config/network/base-url.ts';
import { type Check, fault, passed, warning } from '../contract/checks.ts';
import { QccError } from '../errors/qcc-error.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ClaudePlace {
  readonly env: Env;
  /** The working directory, as a project folder of Claude Code. */
  readonly cwd: string;
  /** The address on which the gateway listens, or would; null when it cannot be determined. */
  readonly port: number | null;
  readonly running: boolean;
  /** For what points Claude Code here; null without a profile, or when it is not known. */
  readonly profile: string | null;
}

const address = 'ANTHROPIC_BASE_URL';
const token = 'ANTHROPIC_AUTH_TOKEN';
const apiKey = 'ANTHROPIC_API_KEY';
const apply = ({ profile }: ClaudePlace) => (profile === null ? 'qcc init' : `qcc use ${profile} --apply`);

export function claudeChecks(place: ClaudePlace): readonly Check[] {
  const { env, cwd } = place;
  const claudeDir = env['CLAUDE_CONFIG_DIR'] || join(userHome(env), '.claude');
  const file = join(claudeDir, 'settings.json');
  const read = readOrWhy(file);
  if (typeof read === 'string') return [fault('claude.settings', { why: read }, `edit ${file}`)];
  return [
    passed('claude.settings'),
    pointsHere(read, file, place),
    shadowed(read, file, place),
    twoCredentials(read, file, env),
    doubledPath(read, place),
    cloud(read, env),
    ...overridden([...managedFiles(), ...projectFiles(cwd)].filter((other) => other !== file)),
    takenOver(read, file, place),
    bypassed(env),
  ];
}

function readOrWhy(file: string): ClaudeFile | string {
  try {
    return readClaudeFile(file);
  } catch (error) {
    if (error instanceof QccError) return error.message;
    throw error;
  }
}

function isOurs(url: string | undefined, port: number | null): boolean {
  if (url === undefined || port === null || !URL.canParse(url)) return false;
  const { hostname, port: given, protocol } = new URL(url);
  return isLoopback(hostname) && Number(given || (protocol === 'https:' ? 443 : 80)) === port;
}

/** Faults that would fail every session at once, with an error that does not name the cause. */
function pointsHere({ env }: ClaudeFile, file: string, { port, running }: ClaudePlace): Check {
  if (running || !isOurs(env[address], port)) return passed('claude.gateway');
  return fault('claude.gateway', { file, url: env[address] ?? '' }, 'qcc proxy start, or qcc use --restore');
}

/** Claude Code's settings file takes precedence over the environment (measured): an exported address then has no effect. */
function shadowed(read: ClaudeFile, file: string, place: ClaudePlace): Check {
  const { env, port } = place;
  const inFile = read.env[address];
  if (inFile === undefined || !isOurs(env[address], port) || isOurs(inFile, port))
    return passed('claude.shadowed', 'warning');
  return warning('claude.shadowed', { file, url: inFile }, apply(place));
}

/** Claude Code then sends both headers, and warns. */
function twoCredentials(read: ClaudeFile, file: string, env: Env): Check {
  for (const [where, from] of [
    [file, read.env],
    ['the environment', env],
  ] as const) {
    if (from[apiKey] && from[token]) return warning('claude.credentials', { where }, `unset ${apiKey}`);
  }
  return passed('claude.credentials', 'warning');
}

/** Claude Code appends `/v1/messages` itself. */
function doubledPath(read: ClaudeFile, place: ClaudePlace): Check {
  const url = read.env[address] ?? place.env[address] ?? '';
  if (!/\/v1\/?$/.test(url)) return passed('claude.address');
  return fault('claude.address', { url }, apply(place));
}

function cloud(read: ClaudeFile, env: Env): Check {
  const names = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'];
  const isSet = (value: string | undefined) => value !== undefined && !['', '0', 'false'].includes(value);
  const name = names.find((one) => isSet(read.env[one]) || isSet(env[one]));
  if (name === undefined) return passed('claude.cloud', 'warning');
  return warning('claude.cloud', { name }, `unset ${name}`);
}

/** Settings of an organization or a project that override the user's. */
function managedFiles(): readonly string[] {
  const folders: Partial<Record<NodeJS.Platform, string>> = {
    darwin: '/Library/Application Support/ClaudeCode',
    linux: '/etc/claude-code',
    win32: 'C:\\Program Files\\ClaudeCode',
  };
  const folder = folders[process.platform];
  return folder === undefined ? [] : [join(folder, 'managed-settings.json')];
}

function projectFiles(cwd: string): readonly string[] {
  return ['settings.json', 'settings.local.json'].map((name) => join(cwd, '.claude', name));
}

function overridden(files: readonly string[]): readonly Check[] {
  const found = files.flatMap((file) => {
    const read = readOrWhy(file);
    const url = typeof read === 'string' ? undefined : read.env[address];
    return url === undefined ? [] : [warning('claude.overridden', { file, url }, `edit ${file}`)];
  });
  return found.length > 0 ? found : [passed('claude.overridden', 'warning')];
}

/** cc-switch leaves this word while its own proxy is in charge; claude-code-router brings a helper of its own. */
function takenOver({ env, apiKeyHelper }: ClaudeFile, file: string, place: ClaudePlace): Check {
  const isTaken = [env[token], env[apiKey]].includes('PROXY_MANAGED');
  const isRouted = /(^|[/\\\s])ccr([-\s.]|$)/.test(apiKeyHelper);
  if (!(isTaken || isRouted)) return passed('claude.takeover', 'warning');
  return warning('claude.takeover', { file, by: isTaken ? 'cc-switch' : 'claude-code-router' }, apply(place));
}

/** With HTTP_PROXY set, Claude Code sends even requests to 127.0.0.1 through the proxy (measured). */
function bypassed(env: Env): Check {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  const exempt = `${env['NO_PROXY'] ?? ''},${env['no_proxy'] ?? ''}`.split(',').map((part) => part.trim());
  const isExempt = exempt.includes('127.0.0.1') || exempt.includes('*');
  if (proxy === undefined || isExempt) return passed('env.proxy', 'warning');
  return warning('env.proxy', { name: proxy }, 'eval "$(qcc env)"');
}
