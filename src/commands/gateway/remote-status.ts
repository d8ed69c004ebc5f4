/** `qcc status`, where this machine's clients use the gateway of another one. */
import { checkRemote } from '../../config/network/remote-gateway.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { remoteWordsOf } from '../../messages/remote.ts';
import type { Context } from '../context.ts';
import { rememberedRemote } from '../remote.ts';

/** The exit code; undefined where the gateway is this machine's own. @throws {QccError} why the other one cannot be used */
export async function remoteStatus(context: Context): Promise<number | undefined> {
  const { out, json, language } = context;
  const remote = await rememberedRemote(context);
  if (!remote) return undefined;
  const { url } = remote;
  const error = await checkRemote(remote).then(
    () => undefined,
    (fault: unknown) => {
      if (fault instanceof QccError) return fault;
      throw fault;
    },
  );
  if (json) {
    const isReached = error === undefined || error.exit === exitCodes.credential;
    const refused = error?.exit === exitCodes.credential ? 'refused' : null;
    out.json({ gateway: url, answers: isReached, token: error ? refused : 'good', said: error?.message ?? null });
    return error?.exit ?? exitCodes.done;
  }
  if (error) throw error;
  out.line(`${out.paint('green', '●')} ${remoteWordsOf(language).answers(url)}`);
  return exitCodes.done;
}
