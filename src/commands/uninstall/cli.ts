/** `qcc uninstall`: restores Claude Code's settings, ends the gateway, removes the service and, on request, the home. */
import { existsSync } from 'node:fs';
import { paths } from '../../config/files/home.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { configWordsOf } from '../../messages/config.ts';
import { inLanguage } from '../../messages/errors.ts';
import { answers } from '../../platform/listening.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, confirmed, isOn } from '../context.ts';
import { stopGateway } from '../gateway/cli.ts';
import { removeService } from '../gateway/service-cli.ts';

export async function uninstall(context: Context): Promise<undefined> {
  const { out, json, home, env, language } = context;
  const said = configWordsOf(language);
  const keepHome = isOn(context, 'keep-home');
  const there = existsSync(home);
  if (there && !keepHome) await confirmed(context, () => said.removesHome(home));
  // First, because the record of Claude Code's former settings is in the home.
  const files = there ? await restoreClaude(context) : [];
  const stopped = there && (await answers(paths(home).socket));
  const service = await withoutService(context);
  // Removing a service also ends its gateway.
  if (stopped && (await answers(paths(home).socket))) await stopGateway(context);
  const { removed, left } = keepHome ? { removed: false, left: [] } : await remove(home, env);
  if (json) return void out.json({ restored: files.length > 0, stopped, service, removed, files, left });
  const done = (text: string) => (isTold(context) ? doneLine(context, text) : out.done(text));
  for (const file of files) done(context.words.restored(file));
  if (service) done(said.serviceGone);
  if (stopped) done(said.gatewayGone);
  if (removed) done(said.homeGone(home));
  if (left.length > 0) out.warn(said.notOurs(left.join(context.words.comma)));
  if (files.length > 0) out.note(context.words.liveSessions);
  out.note(said.programStays);
  return undefined;
}

async function restoreClaude({ home, out, words, language }: Context): Promise<readonly string[]> {
  if (!existsSync(paths(home).claude)) return [];
  const [{ restoreAllClaudeSettings }, { openVault }] = await Promise.all([
    import('../../config/clients/claude.ts'),
    import('../../config/secrets/vault.ts'),
  ]);
  try {
    return restoreAllClaudeSettings({ home, vault: await openVault(home) }).map(({ file }) => file);
  } catch (error) {
    // If the vault cannot be opened any more, the former settings cannot be restored; that must not prevent the removal.
    if (!(error instanceof QccError && error.code.startsWith('QCC_VAULT'))) throw error;
    out.warn(words.labelled(configWordsOf(language).notGivenBack, inLanguage(error, language).message));
    return [];
  }
}

/** A system without services has none of ours. */
async function withoutService(context: Context): Promise<boolean> {
  try {
    return await removeService(context);
  } catch (error) {
    if (error instanceof QccError && error.code === 'QCC_SERVICE_UNSUPPORTED') return false;
    throw error;
  }
}

async function remove(home: string, env: Context['env']) {
  const { removeHome } = await import('./home-removal.ts');
  return removeHome(home, env);
}
