/** `qcc use --gateway URL`: this machine's clients go through the gateway of another one. */
import { clientEnv } from '../../config/clients/client-env.ts';
import { usage } from '../../errors/qcc-error.ts';
import { remoteWordsOf } from '../../messages/remote.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, flag, isOn, withInstallation } from '../context.ts';
import { type Remote, rememberedRemote, trustEnv, usableRemote } from '../remote.ts';

type Apply = (context: Context, env: Readonly<Record<string, string>>) => Promise<{ readonly file: string }>;

/** What points a client at it. */
export function remoteEnv(context: Context, remote: Remote, profile?: string): Record<string, string> {
  const url = profile === undefined ? remote.url : `${remote.url}/p/${encodeURIComponent(profile)}`;
  return { ...clientEnv({ url, token: remote.token }, context.env), ...trustEnv(context, remote) };
}

export async function useGateway(context: Context, apply: Apply): Promise<undefined> {
  const { words, positionals, out, json } = context;
  const [name] = positionals;
  const given = flag(context, 'gateway') ?? '';
  if (name !== undefined)
    throw usage(words.takesNone('--gateway', name), `qcc use --gateway ${given}, or qcc use ${name}`);
  if (given === 'none') return endRemote(context);
  const remote = await usableRemote(context);
  if (!remote) return undefined;
  const { url, token, ca } = remote;
  await withInstallation(context, ({ call }) =>
    call('client.useGateway', { url, token, ...(ca === null ? {} : { ca }) }),
  );
  // Where its certificate is kept now.
  const kept = (await rememberedRemote(context)) ?? remote;
  const env = remoteEnv(context, kept);
  const applied = isOn(context, 'apply') ? await apply(context, env) : undefined;
  if (json) return void out.json({ gateway: url, ca: kept.caFile, ...(applied && { applied: applied.file }) });
  tellUsed(context, url, applied?.file, env['NODE_EXTRA_CA_CERTS']);
  return undefined;
}

function tellUsed(context: Context, url: string, file: string | undefined, certificates: string | undefined): void {
  const { out, words, language } = context;
  const said = remoteWordsOf(language);
  if (isTold(context)) doneLine(context, said.used(url), [said.start, 'qcc code']);
  else out.done(said.used(url));
  if (file === undefined) {
    out.note(words.pointHere, '  eval "$(qcc env)"', '  qcc code');
    return;
  }
  out.note(words.applied(file));
  if (certificates !== undefined) out.note(said.exportCa, `  export NODE_EXTRA_CA_CERTS=${shellWord(certificates)}`);
}

async function endRemote(context: Context): Promise<undefined> {
  const { out, json, language } = context;
  const before = await forgetRemote(context);
  if (json) return void out.json({ gateway: null });
  if (before === null) out.note(remoteWordsOf(language).noneUsed);
  else out.done(remoteWordsOf(language).ended(before));
  return undefined;
}

/** The address that was remembered; null without one. */
export async function forgetRemote(context: Context): Promise<string | null> {
  return withInstallation(context, async ({ call }) => {
    const { url } = await call('client.remote', {});
    if (url !== '') await call('client.useGateway', { url: null });
    return url === '' ? null : url;
  });
}
