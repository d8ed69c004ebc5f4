/** `qcc demo`. */
import { exitCodes, usage } from '../../errors/qcc-error.ts';
import { type Context, flag, isOn, numberFlag, portFlag } from '../context.ts';

export async function demo(context: Context): Promise<number> {
  const { playDemo } = await import('./demo.ts');
  const { out, json, language } = context;
  const port = portFlag(context);
  const keep = flag(context, 'keep');
  const result = await playDemo({
    ...(port === undefined ? {} : { port }),
    ...(keep === undefined ? {} : { keep }),
    once: isOn(context, 'once'),
    speed: speedOf(context),
    out: json ? () => {} : (line, indent = 2) => (indent === 'whole' ? out.line(line) : out.prose(indent, line)),
    paint: out.paint,
    lang: language,
  });
  if (json) out.json(result.summary);
  return result.ok ? exitCodes.done : exitCodes.failed;
}

/** @throws {QccError} usage: a day that does not go on, or goes back, would not end */
function speedOf(context: Context): number {
  const speed = numberFlag(context, 'speed') ?? 1;
  if (speed > 0) return speed;
  throw usage(context.words.mustBePositive('--speed', flag(context, 'speed') ?? ''), '--speed 10');
}
