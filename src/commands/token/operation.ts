/** The operations of named tokens. */
import { isDeepStrictEqual } from 'node:util';
import type { Millis } from '../../../events/fact.ts';
import { parseTokenName, streams, type TokenName } from '../../../events/ids.ts';
import type { TokenFact } from '../../../events/token.ts';
import { isReserved } from '../../contract/fields.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import type { TokenRow, tokenContract } from '../../contract/token.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { type Installation, profileNamed } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import { newToken } from '../../installation/tokens.ts';
import { nearest } from '../../platform/nearest.ts';
import { iso, isoOrNull } from '../../platform/time.ts';
import { type KnownToken, tokenState } from '../../projections/tokens.ts';
import type { Core } from '../../runtime/core.ts';
import type { Handlers } from '../handler.ts';
import { Budgets, nextPeriodAt } from './budgets.ts';

// More are no team any more; the state holds them all.
const tokensMax = 256;

async function addToken(
  it: Installation,
  { name: given, profile, maxConcurrent, limit, expiresInMs }: Params<'token.add'>,
  live: LiveSide | undefined,
): Promise<Answer<'token.add'>> {
  const name = parseTokenName(given);
  if (name === undefined || isReserved(name)) throw new QccError('QCC_TOKEN_NAME', { name: given }, exitCodes.usage);
  const { tokens } = it.core.state;
  const known = tokens.get(name);
  if (known && known.revokedAt === null) throw new QccError('QCC_TOKEN_EXISTS', { name }, exitCodes.conflict);
  if (tokens.all().filter(({ revokedAt }) => revokedAt === null).length >= tokensMax)
    throw new QccError('QCC_TOKEN_MANY', { most: tokensMax }, exitCodes.conflict);
  if (profile !== undefined) profileNamed(it, profile);
  const { token, ...proof } = newToken(it);
  const expiresAt = expiresInMs === undefined ? null : it.core.now() + expiresInMs;
  const bounds = { profile: profile ?? null, maxConcurrent: maxConcurrent ?? null, limit: limit ?? null };
  await write(it, name, { type: 'TokenAdded', data: { name, ...proof, expiresAt, ...bounds } });
  return { ...(await rowNamed(it, name, live)), token };
}

/** A lifetime begins anew, as long as it was unless another one is given; null is for ever. */
async function rotateToken(
  it: Installation,
  { name, expiresInMs }: Params<'token.rotate'>,
  live: LiveSide | undefined,
): Promise<Answer<'token.rotate'>> {
  const known = tokenThatHolds(it, name);
  const { token, ...proof } = newToken(it);
  const lifetimeMs = expiresInMs === undefined ? lifetimeOf(known) : expiresInMs;
  const expiresAt = lifetimeMs === null ? null : it.core.now() + lifetimeMs;
  await write(it, known.name as TokenName, { type: 'TokenRotated', data: { ...proof, expiresAt } });
  return { ...(await rowNamed(it, name, live)), token };
}

function lifetimeOf({ expiresAt, madeAt }: KnownToken): Millis | null {
  return expiresAt === null ? null : expiresAt - madeAt;
}

async function revokeToken(
  it: Installation,
  { name }: Params<'token.revoke'>,
  live: LiveSide | undefined,
): Promise<Answer<'token.revoke'>> {
  const known = tokenNamed(it, name);
  if (known.revokedAt === null)
    await write(it, known.name as TokenName, { type: 'TokenRevoked', data: { name: known.name } });
  return rowNamed(it, name, live);
}

async function write({ core }: Installation, name: TokenName, fact: TokenFact): Promise<void> {
  await core.command({ do: 'report', stream: streams.token(name), facts: [fact] });
}

/** @throws {QccError} `QCC_TOKEN_UNKNOWN` */
function tokenNamed({ core }: Installation, name: string): KnownToken {
  const { tokens } = core.state;
  const known = tokens.get(name);
  if (known) return known;
  const names = tokens.all().map((one) => one.name);
  const params = { name, near: nearest(name, names) ?? '', known: names.slice(0, 8).join(', ') };
  throw new QccError('QCC_TOKEN_UNKNOWN', params, exitCodes.notFound);
}

function tokenThatHolds(it: Installation, name: string): KnownToken {
  const known = tokenNamed(it, name);
  if (known.revokedAt !== null) throw new QccError('QCC_TOKEN_REVOKED', { name: known.name }, exitCodes.conflict);
  return known;
}

async function rowNamed(it: Installation, name: string, live: LiveSide | undefined): Promise<TokenRow> {
  const [row] = await rowsOf(it, [tokenNamed(it, name)], live);
  return row as TokenRow;
}

async function rowsOf(
  { core }: Installation,
  tokens: readonly KnownToken[],
  live: LiveSide | undefined,
): Promise<readonly TokenRow[]> {
  const budgets = new Budgets(core.state, () => core.now());
  await budgets.prepare();
  return tokens.map((token) => rowOf(core, token, budgets, live));
}

function rowOf(core: Core, token: KnownToken, budgets: Budgets, live: LiveSide | undefined): TokenRow {
  const { name, tokenId, profile, maxConcurrent, limit, expiresAt, addedAt, revokedAt } = token;
  return {
    name,
    id: `qcc_${tokenId}`,
    state: tokenState(token, core.now()),
    profile,
    maxConcurrent,
    limit,
    spent: limit && spentRow(budgets.spent(token, limit), nextPeriodAt(limit.per, core.now())),
    expiresAt: isoOrNull(expiresAt),
    addedAt: iso(addedAt),
    revokedAt: isoOrNull(revokedAt),
    usedAt: isoOrNull(core.state.tokens.usedAt(name)),
    running: live ? live.runningOf(token) : null,
  };
}

function spentRow({ usd, unpriced }: ReturnType<Budgets['spent']>, resetsAt: Millis): TokenRow['spent'] {
  return { usd: Math.round(usd * 1e6) / 1e6, resetsAt: iso(resetsAt), unpriced };
}

async function changeToken(
  it: Installation,
  { name, ...given }: Params<'token.change'>,
  live: LiveSide | undefined,
): Promise<Answer<'token.change'>> {
  const known = tokenThatHolds(it, name);
  if (typeof given.profile === 'string') profileNamed(it, given.profile);
  const changes = Object.fromEntries(
    Object.entries(given).filter(([field, to]) => !isDeepStrictEqual(to, known[field as keyof typeof given])),
  );
  if (Object.keys(changes).length > 0)
    await write(it, known.name as TokenName, { type: 'TokenChanged', data: { changes } });
  return rowNamed(it, name, live);
}

export const tokenHandlers: Handlers<typeof tokenContract> = {
  'token.add': addToken,
  'token.list': async (it, _, live) => ({ tokens: await rowsOf(it, it.core.state.tokens.all(), live) }),
  'token.change': changeToken,
  'token.rotate': rotateToken,
  'token.revoke': revokeToken,
};
