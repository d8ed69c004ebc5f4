/** `qcc demo`. */
import { exitCodes } from '../../errors/qcc-error.ts';
import { type Context, isOn, numberFlag } from '../context.ts';

export async function demo(context: Context): Promise<number> {
  const { playDemo } = await import('./demo.ts');
  const { out, json, language } = context;
  const port = numberFlag(context, 'port');
  const result = await playDemo({
    ...(port === undefined ? {} : { port }),
    once: isOn(context, 'once'),
    speed: numberFlag(context, 'speed') ?? 1,
    out: json ? () => {} : out.line,
    paint: out.paint,
    lang: language,
  });
  if (json) out.json(result.summary);
  return result.ok ? exitCodes.done : exitCodes.failed;
}
