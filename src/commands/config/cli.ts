/** `qcc config get, set, list, reset`. */
import { isSecretSetting, settingKey, settingKeys, shortRangeOf } from '../../config/settings/settings.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { configWordsOf } from '../../messages/config.ts';
import { isTold, tellChange } from '../changed.ts';
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
  tellChange(context, {
    json: answer,
    data: () => context.out.done(`${answer.key} = ${answer.value}`),
    now: () => `${answer.key} = ${answer.value}`,
    next: (said) =>
      answer.restart ? [said.next, 'qcc proxy restart'] : [said.toDefault, `qcc config reset ${answer.key}`],
  });
  // Warned only after success: when the value is rejected, the error is the only message.
  if (given !== '-' && given !== '' && isSecretSetting(settingKey(key))) context.out.warn(context.words.secretInArgv);
  if (answer.overriddenBy !== null) context.out.warn(configWordsOf(context.language).overridden(answer.overriddenBy));
  // A confirmation has named the restart already.
  if (answer.restart && !isTold(context)) context.out.note(context.words.restartNeeded);
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
  if (key === undefined) await confirmReset(context);
  const answer = await withInstallation(context, ({ call }) => call('config.reset', key === undefined ? {} : { key }));
  const lines = Object.entries(answer.settings).map(([name, value]) => `${name} = ${value}`);
  return tellChange(context, {
    json: answer,
    data: () => {
      for (const line of lines) context.out.done(line);
    },
    now: (said) => (key === undefined ? said.allDefault : lines.join(context.words.comma)),
    next: (said) => (key === undefined ? [said.back, 'qcc config rollback --last'] : [said.see, 'qcc config list']),
  });
}

/** Names the settings that will change. Where all have their defaults, a question would be in vain. */
async function confirmReset(context: Context): Promise<void> {
  if (isOn(context, 'yes')) return;
  const { settings } = await withInstallation(context, ({ call }) => call('config.list', {}));
  const set = settingKeys.filter((key) => settings[key]?.origin === 'set');
  if (set.length === 0 && context.canAsk) return;
  await confirmed(context, () => changeWordsOf(context.language).askReset(set, set.some(isSecretSetting)));
}
