/** A gateway on another machine: `--gateway` of `qcc use` and `qcc code`, and what is remembered of it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gatewayExample, parseBaseUrl } from '../config/network/base-url.ts';
import { checkRemote, type RemoteGateway } from '../config/network/remote-gateway.ts';
import { QccError, usage } from '../errors/qcc-error.ts';
import { remoteWordsOf } from '../messages/remote.ts';
import { writeFileAtomic } from '../platform/atomic-file.ts';
import { type Context, flag, isOn, withInstallation } from './context.ts';

/** With the path of its certificates, for programs that read them there. */
export interface Remote extends RemoteGateway {
  readonly caFile: string | null;
}

/** The gateway that the command names, or the remembered one; undefined: this machine's own. */
export async function remoteOf(context: Context): Promise<Remote | undefined> {
  const given = flag(context, 'gateway');
  const known = await rememberedRemote(context);
  if (given === undefined) return known;
  const url = parseBaseUrl(given, { allowPlaintext: isOn(context, 'allow-plaintext'), example: gatewayExample });
  const same = known?.url === url ? known : undefined;
  const named = flag(context, 'ca');
  // What Claude Code starts runs in other folders.
  const file = named === undefined ? undefined : resolve(named);
  const ca = file === undefined ? undefined : certificatesIn(file);
  const token = await tokenOf(context, same?.token);
  return { url, token, ca: ca ?? same?.ca ?? null, caFile: file ?? same?.caFile ?? null };
}

export async function rememberedRemote(context: Context): Promise<Remote | undefined> {
  const { url, token, ca } = await withInstallation(context, ({ call }) => call('client.remote', {}));
  if (url === '') return undefined;
  return { url, token, ca: ca === '' ? null : certificatesIn(ca), caFile: ca === '' ? null : ca };
}

function certificatesIn(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new QccError('QCC_FILE_UNREADABLE', { path, code, hint: '--ca ca.pem' });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new QccError('QCC_FILE_UNREADABLE', { path, code: 'PEM', hint: '--ca ca.pem' });
}

/** Never an argument: every user of the machine can read a command line. @throws {QccError} usage, when there is none */
async function tokenOf(context: Context, known: string | undefined): Promise<string> {
  const { words, language, env } = context;
  const said = remoteWordsOf(language);
  const name = flag(context, 'token-env');
  if (name !== undefined) {
    const value = env[name];
    if (!value) throw usage(words.noVariable(name), `export ${name}=…`);
    return value;
  }
  if (isOn(context, 'token-stdin')) return firstLine(said.noTokenOnStdin);
  if (known !== undefined) return known;
  if (!context.canAsk) throw usage(said.needsToken, '--token-stdin, or --token-env NAME');
  const { askSecret } = await import('../terminal/prompt.ts');
  return (await askSecret(said.askToken)).trim();
}

async function firstLine(missing: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const line = Buffer.concat(chunks).toString('utf8').split('\n')[0]?.trim() ?? '';
  if (line === '') throw usage(missing, 'printf %s "$TOKEN" | qcc use --gateway URL --token-stdin');
  return line;
}

/** Asks before anything is written or started. @throws {QccError} when it cannot be used */
export async function usableRemote(context: Context): Promise<Remote | undefined> {
  const remote = await remoteOf(context);
  if (remote) await checkRemote(remote);
  return remote;
}

/** `NODE_EXTRA_CA_CERTS`, where its certificate needs it. It names one file: what the user has there stays trusted. */
export function trustEnv(context: Context, { ca, caFile }: Remote): Readonly<Record<string, string>> {
  if (ca === null || caFile === null) return {};
  const own = context.env['NODE_EXTRA_CA_CERTS'];
  const folder = join(context.home, 'tls');
  const both = join(folder, 'trusted.pem');
  const trusted = own === undefined || own === '' || own === caFile ? undefined : plainCertificates(own);
  if (trusted === undefined) return { NODE_EXTRA_CA_CERTS: caFile };
  // The shell may have an older gateway's from before.
  if (own === both && trusted.includes(ca.trim())) return { NODE_EXTRA_CA_CERTS: both };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileAtomic(both, `${trusted.trimEnd()}\n${ca}`);
  return { NODE_EXTRA_CA_CERTS: both };
}

/** Undefined where there are none: Node goes on without such a file, too. */
function plainCertificates(path: string): string | undefined {
  try {
    return certificatesIn(path);
  } catch {
    return undefined;
  }
}
