/** `qcc token add, list, rotate, revoke`. */
import type { MadeToken, TokenRow } from '../../contract/token.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { spanMs } from '../../messages/times.ts';
import { tokenWordsOf } from '../../messages/tokens.ts';
import { timeText } from '../../platform/time.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, confirmed, countFlag, flag, withInstallation } from '../context.ts';

export async function addToken(context: Context): Promise<undefined> {
  const [name = ''] = context.positionals;
  const given = {
    name,
    profile: flag(context, 'profile'),
    maxConcurrent: countFlag(context, 'max-concurrent'),
    expiresInMs: lifetimeOf(context),
  };
  const made = await withInstallation(context, ({ call }) =>
    call('token.add', Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never),
  );
  return tellMade(context, made, tokenWordsOf(context.language).added(name));
}

export async function rotateToken(context: Context): Promise<undefined> {
  const { language } = context;
  const [name = ''] = context.positionals;
  const expiresInMs = lifetimeOf(context);
  await confirmed(context, async () => tokenWordsOf(language).askRotate(await knownName(context, name)));
  const made = await withInstallation(context, ({ call }) =>
    call('token.rotate', { name, ...(expiresInMs === undefined ? {} : { expiresInMs }) }),
  );
  return tellMade(context, made, tokenWordsOf(language).rotated(name));
}

export async function revokeToken(context: Context): Promise<undefined> {
  const { language, out, json } = context;
  const [name = ''] = context.positionals;
  await confirmed(context, async () => tokenWordsOf(language).askRevoke(await knownName(context, name)));
  const row = await withInstallation(context, ({ call }) => call('token.revoke', { name }));
  if (json) return void out.json(row);
  if (!isTold(context)) return tokenTable(context, [row]);
  doneLine(context, tokenWordsOf(language).revoked(name), [changeWordsOf(language).see, 'qcc token list']);
  return undefined;
}

/** For the question: there is none about what does not exist. */
async function knownName(context: Context, name: string): Promise<string> {
  const { tokens } = await withInstallation(context, ({ call }) => call('token.list', {}));
  const known = tokens.find((one) => one.name === name);
  // The operation finds the words for what is not there.
  if (!known) await withInstallation(context, ({ call }) => call('token.revoke', { name }));
  return name;
}

function lifetimeOf(context: Context): number | undefined {
  const text = flag(context, 'expires');
  return text === undefined ? undefined : spanMs(text, context.words);
}

/** Into a pipe the token alone: `printf` and a secret store want nothing else. */
function tellMade(context: Context, made: MadeToken, now: string): undefined {
  const { out, json, language } = context;
  if (json) return void out.json(made);
  if (isTold(context)) doneLine(context, now);
  out.line(made.token);
  if (isTold(context)) out.note(context.words.labelled(changeWordsOf(language).see, 'qcc token list'));
  return undefined;
}

export async function listTokens(context: Context): Promise<undefined> {
  const { out, json, language } = context;
  const { tokens } = await withInstallation(context, ({ call }) => call('token.list', {}));
  if (json) return void out.json({ tokens });
  if (tokens.length === 0) return void out.note(tokenWordsOf(language).none, '  qcc token add laptop');
  return tokenTable(context, tokens);
}

function tokenTable(context: Context, tokens: readonly TokenRow[]): undefined {
  const { out, words, language } = context;
  const said = tokenWordsOf(language);
  out.table(
    [words.name, words.state, words.id, said.bounds, said.expires, said.used],
    tokens.map((row) => [
      row.name,
      out.paint(row.state === 'valid' ? 'green' : 'red', said.states[row.state]),
      row.id,
      boundsOf(context, row),
      row.expiresAt === null ? said.never : timeText(row.expiresAt),
      row.usedAt === null ? said.never : timeText(row.usedAt),
    ]),
    { optional: [words.id] },
  );
  return undefined;
}

function boundsOf({ words, language }: Context, { profile, maxConcurrent, running }: TokenRow): string {
  const said = tokenWordsOf(language);
  const bounds = [
    ...(profile === null ? [] : [said.inProfile(profile)]),
    ...(maxConcurrent === null ? [] : [said.atOnce(maxConcurrent, running)]),
  ];
  return bounds.length === 0 ? '-' : bounds.join(words.comma);
}
