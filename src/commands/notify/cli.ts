/** `qcc notify test`. */
import { exitCodes } from '../../errors/qcc-error.ts';
import { type Context, withInstallation } from '../context.ts';

/** A running gateway sends it, because it also sends the real ones. Exits with 7 when a channel failed. */
export async function test(context: Context): Promise<number | undefined> {
  const { out, words, language, json } = context;
  const answer = await withInstallation(context, ({ call }) => call('notify.test', { language }));
  if (json) out.json(answer);
  for (const { channel, format, target, ok, tookMs, error } of json ? [] : answer.channels) {
    const where = `${channel} (${format === null ? target : `${format}, ${target}`})`;
    out.line(ok ? words.notified(where, tookMs) : words.notNotified(where, error ?? ''));
  }
  return answer.channels.every(({ ok }) => ok) ? undefined : exitCodes.checkFailed;
}
