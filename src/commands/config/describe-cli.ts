/** `qcc config describe`: one setting in full, readable on a narrow terminal. */
import { settingKey, shortRangeOf, unitOf } from '../../config/settings/settings.ts';
import type { Answer } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { configWordsOf } from '../../messages/config.ts';
import { settingAbout } from '../../messages/settings.ts';
import { widthOf } from '../../terminal/width.ts';
import { type Context, withInstallation } from '../context.ts';

type Row = Answer<'config.list'>['settings'][string];

export async function describe(context: Context): Promise<undefined> {
  const { out, language, json } = context;
  const key = settingKey(context.positionals[0] ?? '');
  const { settings } = await withInstallation(context, ({ call }) => call('config.list', {}));
  const row = settings[key];
  // The gateway may be of a version that lacks this setting.
  if (!row)
    throw new QccError('QCC_SETTING_UNKNOWN', { name: key, near: '', hint: 'qcc proxy restart' }, exitCodes.usage);
  const unit = unitOf(key);
  if (json) return void out.json({ key, about: settingAbout(key, 'en'), ...row, unit });
  out.line(out.paint('bold', key));
  out.prose(2, `  ${settingAbout(key, language)}`);
  out.line('');
  const { words } = context;
  const said = configWordsOf(language);
  tellParts(context, [
    [words.value, words.bracketed(shown(row.value), originOf(context, row))],
    [said.default, shown(row.default)],
    [words.range, shortRangeOf(key, language)],
    ...(unit === null ? [] : [[said.unit, said.units[unit]] as const]),
    [said.restart, row.restart ? said.restartYes : said.restartNo],
    [said.change, `qcc config set ${key} VALUE`],
    [said.variable, row.env],
  ]);
  return undefined;
}

const shown = (value: Row['value']) => (value === '' ? '-' : String(value));

function originOf({ language }: Context, { origin, env }: Row): string {
  const said = configWordsOf(language);
  return origin === 'env' ? said.fromVariable(env) : said.origins[origin];
}

function tellParts({ out }: Context, parts: readonly (readonly [string, string])[]): void {
  const left = Math.max(...parts.map(([name]) => widthOf(name)));
  for (const [name, text] of parts) {
    const space = ' '.repeat(left - widthOf(name) + 2);
    out.prose(left + 4, `  ${out.paint('dim', name)}${space}${text}`);
  }
}
