/** Claude Code and the gateway: `qcc use, env, code, fc`. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Applied } from '../../config/clients/claude.ts';
import { clientEnv, type Shell, shellLines } from '../../config/clients/client-env.ts';
import { programOnPath } from '../../config/clients/status-line.ts';
import { isUnmade, userHome } from '../../config/files/home.ts';
import { checkRemote } from '../../config/network/remote-gateway.ts';
import type { Answer } from '../../contract/operations.ts';
import { noEndpoint } from '../../contract/refusals.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { remoteWordsOf } from '../../messages/remote.ts';
import { statusLineWordsOf } from '../../messages/statusline.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { withUsersMask } from '../../platform/umask.ts';
import { doneLine, isTold, tellChange } from '../changed.ts';
import { type Context, flag, isOn, withInstallation } from '../context.ts';
import { askEndpoint, askPreset } from '../endpoint/asked.ts';
import { isTested, testedNow } from '../endpoint/tested-now.ts';
import { chosenProfile, someProfile } from '../missing.ts';
import { keyOf } from '../options.ts';
import { type Remote, rememberedRemote, remoteOf } from '../remote.ts';
import { forgetRemote, remoteEnv, useGateway } from './remote-cli.ts';
import { installStatusLine } from './status-line-cli.ts';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish', 'pwsh'];
const signalBase = 128;

export async function use(context: Context): Promise<undefined> {
  const { words } = context;
  const [name] = context.positionals;
  if (isOn(context, 'restore')) {
    if (name !== undefined) throw usage(words.takesNone('--restore', name), `qcc use --restore, or qcc use ${name}`);
    for (const other of ['apply', 'status-line', 'gateway'])
      if (context.flags[other] !== undefined) throw usage(words.contradict(`--${other}`, '--restore'), words.sayOne);
    return restore(context);
  }
  if (flag(context, 'gateway') !== undefined) return useGateway(context, applyToClaude);
  if (name === undefined && isOn(context, 'status-line') && !isOn(context, 'apply')) return statusLineAlone(context);
  const chosen = name ?? (await chosenProfile(context));
  if (chosen !== undefined) return makeActive(context, chosen);
  const known = await someProfile(context);
  throw usage(words.missing('NAME'), known === undefined ? 'qcc init' : `qcc use ${known}, or qcc use --restore`);
}

async function makeActive(context: Context, name: string): Promise<undefined> {
  const { row, settings } = await withInstallation(context, async ({ call }) => ({
    row: await call('priority.switch', { profile: name, reason: 'qcc use' }),
    settings: await call('client.settings', {}),
  }));
  // A profile is one of this machine.
  const remote = await forgetRemote(context);
  if (remote !== null && !context.json) context.out.note(remoteWordsOf(context.language).ended(remote));
  const env = clientEnv(settings, context.env);
  const applied = isOn(context, 'apply') ? await applyToClaude(context, env) : undefined;
  const statusLine = isOn(context, 'status-line') ? await applyStatusLine(context) : undefined;
  if (context.json)
    return void context.out.json({ ...row, env, ...(applied && { applied }), ...(statusLine && { statusLine }) });
  tellUse(context, name, applied?.file);
  if (statusLine) tellStatusLine(context, statusLine);
  if (!settings.running) context.out.note(context.words.labelled(context.words.notRunning, context.words.startIt));
  return undefined;
}

function tellUse(context: Context, name: string, file: string | undefined): void {
  const { out, words } = context;
  const said = changeWordsOf(context.language);
  if (isTold(context)) {
    doneLine(context, said.profileActive(name), [said.back, 'qcc priority switch --release']);
    if (file !== undefined) doneLine(context, said.claudePointsHere(file), [said.back, 'qcc use --restore']);
  } else {
    out.done(words.labelled(words.active, name));
    if (file !== undefined) out.done(words.applied(file));
  }
  if (file !== undefined) return;
  for (const line of [words.pointHere, '  eval "$(qcc env)"', `  qcc use ${name} --apply`, '  qcc code'])
    out.note(line);
}

async function place(context: Context) {
  const claudeDir = context.env['CLAUDE_CONFIG_DIR'] || join(userHome(context.env), '.claude');
  const vault = isUnmade(context.home)
    ? (await import('../../control/empty-installation.ts')).noVault
    : await (await import('../../config/secrets/vault.ts')).openVault(context.home);
  return { home: context.home, claudeDir, vault };
}

export async function applyToClaude(context: Context, env: Readonly<Record<string, string>>) {
  const { applyClaudeSettings } = await import('../../config/clients/claude.ts');
  return applyClaudeSettings(await place(context), env);
}

async function applyStatusLine(context: Context) {
  return installStatusLine(context, await place(context));
}

function tellStatusLine(context: Context, { file, changed }: Applied): void {
  const { out, words, language } = context;
  const said = statusLineWordsOf(language);
  if (changed.length === 0) out.note(said.isThere(file));
  else if (isTold(context)) doneLine(context, said.isPut(file), [changeWordsOf(language).back, 'qcc use --restore']);
  else out.done(words.applied(file));
}

/** The active profile does not change. */
async function statusLineAlone(context: Context): Promise<undefined> {
  // The former status line is kept in the home.
  await withInstallation(context, ({ call }) => call('home.init', {}));
  const statusLine = await applyStatusLine(context);
  if (context.json) context.out.json({ statusLine });
  else tellStatusLine(context, statusLine);
  return undefined;
}

async function restore(context: Context): Promise<undefined> {
  const { restoreClaudeSettings } = await import('../../config/clients/claude.ts');
  const { out, words } = context;
  const restored = restoreClaudeSettings(await place(context));
  if (context.json) return void out.json(restored);
  const again = isTold(context) ? await applyAgain(context) : undefined;
  tellChange(context, {
    json: restored,
    data: () => out.done(words.restored(restored.file)),
    now: (said) => said.claudeGivenBack(restored.file),
    ...(again === undefined ? {} : { next: (said) => [said.back, again] }),
  });
  if (restored.kept.length > 0) out.note(words.keptYours(restored.kept.join(words.comma)));
  if (restored.changed.length > 0) out.note(words.liveSessions);
  return undefined;
}

/** The command that takes a restore back. Undefined without a profile. */
async function applyAgain(context: Context): Promise<string | undefined> {
  const { active } = await withInstallation(context, ({ call }) => call('priority.list', {}));
  return active === null ? undefined : `qcc use ${active} --apply`;
}

export async function env(context: Context): Promise<undefined> {
  const shell = (flag(context, 'shell') ?? 'bash') as Shell;
  if (!shells.includes(shell)) throw usage(context.words.mustBe('--shell', shells.join(', '), shell), '--shell bash');
  const remote = await rememberedRemote(context);
  const values = remote
    ? remoteEnv(context, remote)
    : clientEnv(await withInstallation(context, ({ call }) => call('client.settings', {})), context.env);
  if (context.json) return void context.out.json({ env: values });
  for (const line of shellLines(values, shell, isOn(context, 'unset'))) context.out.line(line);
  return undefined;
}

export async function code(context: Context): Promise<number> {
  const profile = flag(context, 'profile');
  const remote = await remoteOf(context);
  if (remote) return codeThrough(context, remote, profile);
  if (profile !== undefined) {
    const { endpoints } = await withInstallation(context, ({ call }) => call('endpoint.list', { profile }));
    if (endpoints.length === 0) throw noEndpoint(profile);
  }
  const program = programNamed('claude', context);
  const settings = await running(context);
  const url = profile === undefined ? settings.url : `${settings.url}/p/${encodeURIComponent(profile)}`;
  const values = clientEnv({ url, token: settings.token }, context.env);
  return claude(context, program, values);
}

/** No gateway is needed here: neither a running one nor a profile. */
async function codeThrough(context: Context, remote: Remote, profile: string | undefined): Promise<number> {
  const program = programNamed('claude', context);
  await checkRemote(remote, profile);
  return claude(context, program, remoteEnv(context, remote, profile));
}

async function claude(context: Context, program: string, values: Readonly<Record<string, string>>): Promise<number> {
  // If the user's environment holds a key beside our token, Claude Code would send both headers.
  const { ANTHROPIC_API_KEY: _, ...inherited } = context.env;
  const file = settingsFile(context.home, values);
  try {
    return await launch(program, ['--settings', file, ...context.rest], { ...inherited, ...values });
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Claude Code's own settings file takes precedence over the environment, and `--settings` over both (measured). The settings are passed as
 * a file, because every user of the machine can read a command line, and the token is in them.
 */
function settingsFile(home: string, env: Readonly<Record<string, string>>): string {
  const folder = join(home, 'run');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `claude-${process.pid}.json`);
  writeFileAtomic(file, `${JSON.stringify({ env }, null, 2)}\n`);
  return file;
}

/** The path of Claude Code's program. It is resolved before anything is started. @throws {QccError} `QCC_CLAUDE_MISSING` */
function programNamed(name: string, { env, words }: Context): string {
  const found = programOnPath(name, env);
  if (found) return found;
  throw new QccError('QCC_CLAUDE_MISSING', { text: words.noProgram(name) });
}

/** A gateway that answers: the running one, or a new one. */
async function running(context: Context): Promise<Answer<'client.settings'>> {
  const settings = await withInstallation(context, ({ call }) => call('client.settings', {}));
  if (settings.running) return settings;
  const { startDaemon } = await import('../gateway/daemon.ts');
  try {
    const { url } = await startDaemon(context, []);
    context.out.note(context.words.started(url));
    return { ...settings, url, running: true };
  } catch (error) {
    // Another process has started a gateway meanwhile.
    if (!(error instanceof QccError && error.code === 'QCC_GATEWAY_RUNNING')) throw error;
    return withInstallation(context, ({ call }) => call('client.settings', {}));
  }
}

/** Resolves to its exit code. Signals that only this process received are passed on. */
function launch(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = withUsersMask(() => spawn(program, args, { stdio: 'inherit', env: environment }));
    // A terminal sends ^C to both processes. Passed on, it would arrive twice, and Claude Code takes the second one for "quit".
    process.on('SIGINT', () => {
      if (!process.stdin.isTTY) child.kill('SIGINT');
    });
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (status, signal) =>
      resolve(signal ? signalBase + constants.signals[signal] : (status ?? exitCodes.failed)),
    );
  });
}

export async function fromPreset(context: Context): Promise<undefined> {
  const { out, words, json } = context;
  const { presetOf, presets } = await import('../../config/network/presets.ts');
  if (isOn(context, 'list')) {
    if (json) return void out.json({ presets });
    return void out.table(
      [words.id, words.name, words.address, 'auth'],
      presets.map((one) => [one.id, one.name, one.baseUrl, one.auth]),
    );
  }
  const id = flag(context, 'preset') ?? (context.canAsk ? await askPreset(context) : undefined);
  if (id === undefined) throw usage(words.needsPreset, '--preset ID, or qcc fc --list');
  const preset = presetOf(id);
  const given = await keyOf(context);
  const { key } =
    (context.canAsk ? await askEndpoint(context, { preset: id, ...(given && { key: given }) }) : { key: given }) ?? {};
  if (key === undefined) throw usage(words.needsKey, '--api-key-stdin, or --api-key-env NAME');
  const row = await withInstallation(context, ({ call }) =>
    call('profile.add', {
      name: flag(context, 'name') ?? preset.id,
      description: preset.name,
      endpoint: { preset: preset.id, key },
    }),
  );
  const tests = isTested(context);
  tellChange(context, {
    json: row,
    data: () => out.done(`${row.name}: ${preset.baseUrl}`),
    now: (said) => said.profileAdded(row.name, row.endpoints, row.tier),
    ...(tests ? {} : { next: (said) => [said.test, `qcc endpoint test ${row.name}`] }),
  });
  if (tests) await testedNow(context, { profile: row.name });
  return undefined;
}
