/** `qcc demo`. */
import { exitCodes } from '../../errors/qcc-error.ts';
import { type Context, flag, isOn, numberFlag } from '../context.ts';

export async function demo(context: Context): Promise<number> {
  const { playDemo } = await import('./demo.ts');
  const { out, json, language } = context;
  const port = numberFlag(context, 'port');
  const keep = flag(context, 'keep');
  const result = await playDemo({
    ...(port === undefined ? {} : { port }),
    ...(keep === undefined ? {} : { keep }),
    once: isOn(context, 'once'),
    speed: numberFlag(context, 'speed') ?? 1,
    out: json ? () => {} : (line, indent = 2) => (indent === 'whole' ? out.line(line) : out.prose(indent, line)),
    paint: out.paint,
    lang: language,
  });
  if (json) out.json(result.summary);
  return result.ok ? exitCodes.done : exitCodes.failed;
}
