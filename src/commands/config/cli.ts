/** `qcc config get, set, list, reset`. */
import { isSecretSetting, settingKey, settingKeys, shortRangeOf } from '../../config/settings/settings.ts';
import { configWordsOf } from '../../messages/config.ts';
import { type Context, confirmed, isOn, withInstallation } from '../context.ts';
import { readStdin } from '../options.ts';

export async function get(context: Context): Promise<undefined> {
  const [key = ''] = context.positionals;
  const answer = await withInstallation(context, ({ call }) => call('config.get', { key }));
  if (context.json) context.out.json(answer);
  else context.out.line(String(answer.value));
  return undefined;
}

export async function set(context: Context): Promise<undefined> {
  const [key = '', given = ''] = context.positionals;
  const value = given === '-' ? await readStdin(context) : given;
  const answer = await withInstallation(context, ({ call }) => call('config.set', { key, value }));
  if (context.json) context.out.json(answer);
  else context.out.done(`${answer.key} = ${answer.value}`);
  // Warned only after success: when the value is rejected, the error is the only message.
  if (given !== '-' && given !== '' && isSecretSetting(settingKey(key))) context.out.warn(context.words.secretInArgv);
  if (answer.overriddenBy !== null) context.out.warn(configWordsOf(context.language).overridden(answer.overriddenBy));
  if (answer.restart) context.out.note(context.words.restartNeeded);
  return undefined;
}

export async function list(context: Context): Promise<undefined> {
  const { out, words, language, json } = context;
  const { settings } = await withInstallation(context, ({ call }) => call('config.list', {}));
  const withOrigin = isOn(context, 'show-origin');
  if (json) {
    return void out.json({
      settings: withOrigin
        ? settings
        : Object.fromEntries(Object.entries(settings).map(([key, { value }]) => [key, value])),
    });
  }
  const { settingAbout } = await import('../../messages/settings.ts');
  out.table(
    ['', words.value, ...(withOrigin ? [words.origin] : []), words.range, words.description],
    settingKeys.flatMap((key) => {
      const row = settings[key];
      // A gateway of another version may have settings that this one does not know.
      if (!row) return [];
      return [
        [
          row.origin === 'default' ? key : out.paint('bold', key),
          String(row.value) || '-',
          ...(withOrigin ? [row.origin === 'env' ? row.env : row.origin] : []),
          shortRangeOf(key, language),
          settingAbout(key, language),
        ],
      ];
    }),
    { optional: [words.description, words.range] },
  );
  return undefined;
}

export async function reset(context: Context): Promise<undefined> {
  const [key] = context.positionals;
  if (key === undefined) await confirmed(context, `qcc config reset: ${context.words.sure}`);
  const answer = await withInstallation(context, ({ call }) => call('config.reset', key === undefined ? {} : { key }));
  if (context.json) context.out.json(answer);
  else for (const [name, value] of Object.entries(answer.settings)) context.out.done(`${name} = ${value}`);
  return undefined;
}
