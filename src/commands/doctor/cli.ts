/** `qcc config validate, doctor`. */
import type { Check } from '../../contract/checks.ts';
import { exitCodes } from '../../errors/qcc-error.ts';
import { checkDetail } from '../../messages/checks.ts';
import { configWordsOf } from '../../messages/config.ts';
import { type Context, isOn, withInstallation } from '../context.ts';

export async function validate(context: Context): Promise<number> {
  const [profile] = context.positionals;
  const params = { connect: isOn(context, 'connect'), ...(profile === undefined ? {} : { profile }) };
  const { checks } = await withInstallation(context, ({ call }) => call('config.validate', params));
  return show(context, checks, {});
}

export async function doctor(context: Context): Promise<number> {
  const { home, env, connect } = context;
  const { examine } = await import('../../diagnostics/doctor.ts');
  const treatment = { fix: isOn(context, 'fix'), connect: isOn(context, 'connect') };
  const { checks, fixed } = await examine({ home, env, cwd: process.cwd(), connect }, treatment);
  if (!context.json && fixed.length > 0)
    context.out.note(configWordsOf(context.language).mended(fixed.join(context.words.comma)));
  return show(context, checks, { fixed });
}

/** Exits with 7 on an error, not on a warning. */
function show({ out, language, json }: Context, checks: readonly Check[], more: object): number {
  const rows = checks.map((check) => {
    const { id, ok, severity, fix } = check;
    return { id, ok, severity, detail: checkDetail(check, language), fix };
  });
  const faults = rows.filter(({ ok, severity }) => !ok && severity === 'fault');
  const warnings = rows.filter(({ ok, severity }) => !ok && severity === 'warning');
  if (json) out.json({ checks: rows, ...more });
  else {
    const bad = [...faults, ...warnings];
    const width = Math.max(...rows.map(({ id }) => id.length));
    const tell = (mark: string, { id, detail }: { readonly id: string; readonly detail: string }) =>
      out.prose(width + 4, `${mark} ${id}${' '.repeat(width - id.length)}  ${detail}`);
    for (const row of rows.filter(({ ok }) => ok)) tell(out.paint('green', '✓'), row);
    for (const row of bad) {
      const { severity, fix } = row;
      tell(severity === 'fault' ? out.paint('red', '✗') : out.paint('yellow', '!'), row);
      if (fix !== null) out.line(`    ${fix}`);
    }
    out.line(configWordsOf(language).found(faults.length, warnings.length));
  }
  return faults.length > 0 ? exitCodes.checkFailed : exitCodes.done;
}
