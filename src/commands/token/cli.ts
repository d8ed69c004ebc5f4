/** `qcc token add, list, rotate, revoke`. */
import type { TokenLimit } from '../../../events/token.ts';
import type { MadeToken, TokenRow } from '../../contract/token.ts';
import { usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { spanMs } from '../../messages/times.ts';
import { tokenWordsOf } from '../../messages/tokens.ts';
import { timeText } from '../../platform/time.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, confirmed, countFlag, flag, withInstallation } from '../context.ts';
import { dollars } from '../endpoint/dollars.ts';

export async function addToken(context: Context): Promise<undefined> {
  const [name = ''] = context.positionals;
  const given = {
    name,
    profile: flag(context, 'profile'),
    maxConcurrent: countFlag(context, 'max-concurrent'),
    limit: limitOf(context, flag(context, 'limit-usd')),
    // A new token holds for ever by default.
    expiresInMs: lifetimeOf(context) ?? undefined,
  };
  const made = await withInstallation(context, ({ call }) =>
    call('token.add', Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never),
  );
  return tellMade(context, made, tokenWordsOf(context.language).added(name));
}

/** `none` takes a bound away. */
export async function changeToken(context: Context): Promise<undefined> {
  const { out, json, language, words } = context;
  const [name = ''] = context.positionals;
  const given = Object.fromEntries(bounds.flatMap((bound) => boundOf(context, bound)));
  if (Object.keys(given).length === 0)
    throw usage(words.missing('--limit-usd'), `qcc token change ${name} --limit-usd 20/day`);
  const row = await withInstallation(context, ({ call }) => call('token.change', { name, ...given }));
  if (json) return void out.json(row);
  if (!isTold(context)) return tokenTable(context, [row]);
  const now = tokenWordsOf(language).changed(name, boundsOf(context, row).join(words.comma));
  doneLine(context, now, [changeWordsOf(language).see, 'qcc token list']);
  return undefined;
}

const bounds = [
  ['profile', 'profile'],
  ['max-concurrent', 'maxConcurrent'],
  ['limit-usd', 'limit'],
] as const;

function boundOf(context: Context, [name, field]: (typeof bounds)[number]): readonly (readonly [string, unknown])[] {
  const given = flag(context, name);
  if (given === undefined) return [];
  if (given === 'none') return [[field, null]];
  if (field === 'limit') return [[field, limitOf(context, given)]];
  return [[field, field === 'maxConcurrent' ? countFlag(context, name) : given]];
}

/** `20/day`, `300/month`. @throws {QccError} usage */
function limitOf({ language }: Context, text: string | undefined): TokenLimit | undefined {
  if (text === undefined) return undefined;
  const [, usd, per] = /^\$?(\d+(?:\.\d+)?)\/(day|month)$/.exec(text) ?? [];
  if (usd === undefined || Number(usd) === 0)
    throw usage(tokenWordsOf(language).noLimit(text), '--limit-usd 20/day, --limit-usd 300/month');
  return { usd: Number(usd), per: per as TokenLimit['per'] };
}

export async function rotateToken(context: Context): Promise<undefined> {
  const { language } = context;
  const [name = ''] = context.positionals;
  const expiresInMs = lifetimeOf(context);
  if (await canEnd(context, name, 'token.rotate'))
    await confirmed(context, () => tokenWordsOf(language).askRotate(name));
  const made = await withInstallation(context, ({ call }) =>
    call('token.rotate', { name, ...(expiresInMs === undefined ? {} : { expiresInMs }) }),
  );
  return tellMade(context, made, tokenWordsOf(language).rotated(name));
}

export async function revokeToken(context: Context): Promise<undefined> {
  const { language, out, json } = context;
  const [name = ''] = context.positionals;
  if (await canEnd(context, name, 'token.revoke'))
    await confirmed(context, () => tokenWordsOf(language).askRevoke(name));
  const row = await withInstallation(context, ({ call }) => call('token.revoke', { name }));
  if (json) return void out.json(row);
  if (!isTold(context)) return tokenTable(context, [row]);
  doneLine(context, tokenWordsOf(language).revoked(name), [changeWordsOf(language).see, 'qcc token list']);
  return undefined;
}

/** There is no question about what does not exist, or has ended: the operation finds the words for it. */
async function canEnd(context: Context, name: string, operation: 'token.rotate' | 'token.revoke'): Promise<boolean> {
  return withInstallation(context, async ({ call }) => {
    const { tokens } = await call('token.list', {});
    const known = tokens.find((one) => one.name === name);
    if (known !== undefined && known.state !== 'revoked') return true;
    await call(operation, { name });
    return false;
  });
}

/** Null: for ever. A bare number would be seconds, and `--expires 30` means days. @throws {QccError} usage */
function lifetimeOf({ flags, words, language }: Context): number | null | undefined {
  const text = flags['expires'];
  if (typeof text !== 'string') return undefined;
  if (text === 'none') return null;
  if (/^\d+$/.test(text)) throw usage(tokenWordsOf(language).noUnit(text), `--expires ${text}d`);
  return spanMs(text, words, '--expires 30d, 12h, none');
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
      boundsOf(context, row).join(words.comma) || '-',
      row.expiresAt === null ? said.noEnd : timeText(row.expiresAt),
      row.usedAt === null ? said.never : timeText(row.usedAt),
    ]),
    { optional: [words.id] },
  );
  const unpriced = [...new Set(tokens.flatMap(({ spent }) => spent?.unpriced ?? []))];
  if (unpriced.length > 0) out.note(said.unpriced(unpriced.join(words.comma)));
  return undefined;
}

function boundsOf({ language }: Context, row: TokenRow): readonly string[] {
  const said = tokenWordsOf(language);
  const { profile, maxConcurrent, running, limit, spent } = row;
  return [
    ...(profile === null ? [] : [said.inProfile(profile)]),
    ...(maxConcurrent === null ? [] : [said.atOnce(maxConcurrent, running)]),
    ...(limit === null ? [] : [said.budget(dollars(spent?.usd ?? 0), limit.usd, limit.per)]),
  ];
}
