/** Named tokens at a running gateway: who comes in with one, who does not, and where it is told. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestStory } from '../../src/contract/history.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { at } from '../cli/command.ts';
import { answers, refuses, type Step, upstream } from '../proxy/upstreams.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';

const usual = { model: 'claude-haiku-4-5', max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] };

const priced = { model: 'claude-haiku-4-5' };

interface Said {
  readonly status: number;
  readonly retry: string | null;
  readonly after: string | null;
  readonly endpoint: string | null;
  readonly type: string | undefined;
  readonly message: string;
}

async function asked(url: string, token: string, path = '/v1/messages', more: object = {}): Promise<Said> {
  const body = JSON.stringify({ ...usual, ...more });
  const headers = { 'content-type': 'application/json', 'x-api-key': token };
  const response = await fetch(url + path, { method: 'POST', headers, body });
  const { error } = (await response.json()) as { readonly error?: { type: string; message: string } };
  const of = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    retry: of('x-should-retry'),
    after: of('retry-after'),
    endpoint: of('x-qcc-endpoint'),
    type: error?.type,
    message: error?.message ?? '',
  };
}

async function lived(...steps: readonly Step[]) {
  const it = await runningGateway();
  const ids: string[] = [];
  for (const profile of ['main', 'work']) {
    const up = await upstream(profile, ...steps);
    await it.call('profile.add', { name: profile });
    ids.push((await it.call('endpoint.add', { profile, baseUrl: up.url, key: up.key })).id);
  }
  const [main = '', work = ''] = ids;
  return { ...it, url: it.gateway.url, main, work };
}

const filesIn = (home: string): readonly string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((path) => join(home, path))
    .filter((path) => statSync(path).isFile());

describe('a named token', () => {
  it('is told of with its requests in facts, statistics, filters and explanations, and stands nowhere on the disk', async () => {
    const { home, url, call } = await lived();
    const { token, ...row } = await call('token.add', { name: 'ann' });
    expect(row).toMatchObject({ name: 'ann', state: 'valid', running: 0, usedAt: null });
    expect(token.startsWith(`${row.id}_`)).toBe(true);
    expect(await asked(url, token)).toMatchObject({ status: 200 });
    expect(await asked(url, 'proxy-managed')).toMatchObject({ status: 200 });

    const { filters } = await call('history.filters', { token: 'ann' });
    const { facts } = await call('history.read', filters);
    expect(facts.map(({ type }) => type)).toEqual(['TokenAdded', 'RequestServed']);
    expect(facts[1]?.data).toMatchObject({ token: 'ann' });
    const story = (await call('history.explain', { about: facts[1]?.stream.split('/')[1] ?? '' })) as RequestStory;
    expect(story.token).toBe('ann');
    for (const since of [undefined, 1]) {
      const { tokens } = await call('stats.tokens', since === undefined ? {} : { since });
      expect(tokens).toMatchObject([
        { token: 'ann', requests: 1, attempts: 1, failures: 0 },
        { token: null, requests: 1, attempts: 1, failures: 0 },
      ]);
      expect(tokens[0]?.cost?.totalUsd).toBeGreaterThan(0);
      expect(tokens[1]?.cost).toEqual(tokens[0]?.cost);
    }
    const { tokens } = await call('token.list', {});
    expect(tokens).toMatchObject([{ name: 'ann', usedAt: facts[1]?.at }]);
    await expect(call('history.filters', { token: 'anne' })).rejects.toMatchObject({ code: 'QCC_HISTORY_FILTER' });

    await call('history.stats', {});
    const secret = token.slice(row.id.length + 1);
    expect(filesIn(home).filter((path) => readFileSync(path).includes(secret))).toEqual([]);
    expect(readFileSync(join(home, 'logs', 'access.log'), 'utf8')).toContain('"token":"ann"');
  });

  it('has used what it has used, also when it holds no longer; the table says so, and by which prices', async () => {
    const { url, call, home } = await lived();
    for (const name of ['ann', 'bob', 'eve']) await asked(url, (await call('token.add', { name })).token);
    await call('token.revoke', { name: 'eve' });
    const { tokens, prices } = await call('stats.tokens', {});
    expect(tokens.map(({ token, state, requests }) => [token, state, requests]).sort()).toEqual([
      ['ann', 'valid', 1],
      ['bob', 'valid', 1],
      ['eve', 'revoked', 1],
    ]);
    const { out, err } = await at(home)('proxy', 'stats', '--by', 'token');
    expect(out).toContain('eve (revoked)');
    expect(err).toContain(String(prices?.date));
  });

  it('that is bound to a profile leads there alone', async () => {
    const { url, call, main, work } = await lived();
    const { token } = await call('token.add', { name: 'ann', profile: 'work' });
    expect(await asked(url, 'proxy-managed')).toMatchObject({ endpoint: main });
    expect(await asked(url, token)).toMatchObject({ status: 200, endpoint: work });
    expect(await asked(url, token, '/p/work/v1/messages')).toMatchObject({ status: 200, endpoint: work });
    expect(await asked(url, token, '/p/main/v1/messages')).toMatchObject({ status: 403, type: 'permission_error' });
    await call('profile.remove', { name: 'work' });
    expect(await asked(url, token)).toMatchObject({ status: 404, message: expect.stringContaining('"work"') });
  });

  it('is read from either header, in each spelling that RFC 9110 allows, whatever stands in the other', async () => {
    const { url, call } = await lived();
    const [old, { token }] = [await call('token.add', { name: 'old' }), await call('token.add', { name: 'ann' })];
    await call('token.revoke', { name: 'old' });
    const statusWith = async (headers: Readonly<Record<string, string>>) =>
      (
        await fetch(`${url}/v1/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(usual),
        })
      ).status;
    const spellings = [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}`, 'Bearer junk', `Bearer ${old.token}`];
    expect(
      await Promise.all(
        spellings.map((authorization) =>
          statusWith(authorization.endsWith(token) ? { authorization } : { authorization, 'x-api-key': token }),
        ),
      ),
    ).toEqual(spellings.map(() => 200));
    expect(await statusWith({ authorization: `Bearer ${token}`, 'x-api-key': old.token })).toBe(200);
    expect(await statusWith({ authorization: `Basic ${token}` })).toBe(401);
    expect(await statusWith({ authorization: 'Bearer ' })).toBe(401);
  });

  it('has no more requests at once than it may, and says when to ask again', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { url, call } = await lived(async (turn) => {
      await held;
      await answers()(turn);
    });
    const { token } = await call('token.add', { name: 'ann', maxConcurrent: 1 });
    const first = asked(url, token);
    while ((await call('token.list', {})).tokens[0]?.running === 0);
    expect(await asked(url, token)).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      after: '2',
      retry: null,
      message: expect.stringContaining('"ann" may have one request at once'),
    });
    goOn();
    expect(await first).toMatchObject({ status: 200 });
    expect(await asked(url, token)).toMatchObject({ status: 200 });
    expect((await call('token.list', {})).tokens[0]?.running).toBe(0);
  });

  it('that was revoked leaves nothing to the next one of its name: neither its running requests nor what they cost', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let isFirst = true;
    const { url, call } = await lived(async (turn) => {
      if (isFirst) {
        isFirst = false;
        await held;
      }
      await answers()(turn);
    });
    const bounds = { name: 'ann', maxConcurrent: 1, limit: { usd: 0.000_03, per: 'day' } } as const;
    const old = await call('token.add', bounds);
    const first = asked(url, old.token, undefined, priced);
    while ((await call('token.list', {})).tokens[0]?.running === 0);
    await call('token.revoke', { name: 'ann' });
    const made = await call('token.add', bounds);
    expect(made.running).toBe(0);
    expect(await asked(url, made.token, undefined, { ...priced, stream: false })).toMatchObject({ status: 200 });
    const { tokens } = await call('token.list', {});
    goOn();
    expect(await first).toMatchObject({ status: 200 });
    while ((await call('proxy.status', {})).requests?.succeeded !== 2);
    expect((await call('token.list', {})).tokens).toEqual(tokens);
    expect(await call('history.verify', {})).toMatchObject({ ok: true });
  });

  it('that holds no longer is told what to do, and its client not to try again', async () => {
    const { url, call } = await lived();
    const made = await call('token.add', { name: 'ann' });
    const wrong = { status: 401, retry: 'false', type: 'authentication_error' };
    const forged = `${made.id}_${'A'.repeat(43)}`;
    expect(await asked(url, forged)).toMatchObject({ ...wrong, message: expect.stringContaining('qcc token list') });
    expect(await asked(url, 'sk-ant-1')).toMatchObject({ ...wrong, message: expect.stringContaining('qcc env') });

    const rotated = await call('token.rotate', { name: 'ann' });
    expect(await asked(url, rotated.token)).toMatchObject({ status: 200 });
    expect(await asked(url, made.token)).toMatchObject({ ...wrong, message: expect.stringContaining('was rotated') });

    expect(await call('token.revoke', { name: 'ann' })).toMatchObject({ state: 'revoked' });
    const ended = { ...wrong, message: expect.stringContaining('was revoked') };
    expect(await asked(url, rotated.token)).toMatchObject(ended);
    await expect(call('token.rotate', { name: 'ann' })).rejects.toMatchObject({ code: 'QCC_TOKEN_REVOKED' });
    // The name is free again, and the former token stays what it is.
    expect(await asked(url, (await call('token.add', { name: 'ann' })).token)).toMatchObject({ status: 200 });
    expect(await asked(url, rotated.token)).toMatchObject(ended);

    const brief = await call('token.add', { name: 'bob', expiresInMs: 1 });
    while ((await call('token.list', {})).tokens.find(({ name }) => name === 'bob')?.state === 'valid');
    expect(await asked(url, brief.token)).toMatchObject({ ...wrong, message: expect.stringContaining('expired on') });
    const again = await call('token.rotate', { name: 'bob', expiresInMs: 3_600_000 });
    expect(await asked(url, again.token)).toMatchObject({ status: 200 });
  });

  it('opens a port that requires tokens, which the well-known word does not', async () => {
    const { url, call } = await lived();
    const { token } = await call('token.add', { name: 'ann' });
    await call('config.set', { key: 'proxy.require_token', value: 'true' });
    expect(await asked(url, 'proxy-managed')).toMatchObject({ status: 401 });
    expect(await asked(url, token)).toMatchObject({ status: 200 });
    expect(await asked(url, (await call('client.settings', {})).token)).toMatchObject({ status: 200 });
  });
});

/** A gateway at this home, which is stopped by the test or with it. */
async function gatewayAt(home: string) {
  const gateway = await runGateway({ home, port: 0 });
  const stop = async () => {
    await gateway.stop(0);
    await gateway.stopped;
  };
  onTestFinished(stop);
  return { url: gateway.url, stop, ...(await connect({ home, needGateway: true })) };
}

describe('a budget', () => {
  const strange = { model: 'a-model-of-nobody' };

  it('ends what a token may ask for, survives a restart, and is widened by a command', async () => {
    const home = temporaryHome();
    const before = await gatewayAt(home);
    const up = await upstream('main', answers());
    await before.call('profile.add', { name: 'main' });
    await before.call('endpoint.add', { profile: 'main', baseUrl: up.url, key: up.key });
    const { token } = await before.call('token.add', { name: 'ann', limit: { usd: 0.000_03, per: 'day' } });
    expect(await asked(before.url, token, undefined, priced)).toMatchObject({ status: 200 });
    // 0.0000225 of 0.00003: one more may begin, and nobody knows what it will cost.
    expect(await asked(before.url, token, undefined, priced)).toMatchObject({ status: 200 });
    await before.stop();

    const { url, call } = await gatewayAt(home);
    const refused = { status: 429, retry: 'false', type: 'rate_limit_error' };
    const said = await asked(url, token, undefined, priced);
    expect(said).toMatchObject({ ...refused, after: null });
    expect(said.message).toMatch(
      /"ann" has spent its budget, \$0\.000045 of \$0\.00003 a day - the next day begins at .* 00:00:00/,
    );
    expect(said.message).toContain('qcc token change ann --limit-usd');
    expect((await call('token.list', {})).tokens).toMatchObject([
      { limit: { usd: 0.000_03, per: 'day' }, spent: { usd: 0.000_045, unpriced: [] } },
    ]);
    expect(await asked(url, 'proxy-managed', undefined, priced)).toMatchObject({ status: 200 });
    await call('token.change', { name: 'ann', limit: { usd: 1, per: 'month' } });
    expect(await asked(url, token, undefined, priced)).toMatchObject({ status: 200 });
    await call('token.change', { name: 'ann', limit: { usd: 0.000_001, per: 'month' } });
    expect(await asked(url, token, undefined, priced)).toMatchObject({
      ...refused,
      message: expect.stringContaining('the next month begins'),
    });
    await call('token.change', { name: 'ann', limit: null });
    expect(await asked(url, token, undefined, priced)).toMatchObject({ status: 200 });
    expect((await call('history.read', { type: 'TokenChanged' })).facts).toHaveLength(3);
  });

  it('of a new token is whole, also where one of that name has ended with its own used up', async () => {
    const { url, call } = await lived();
    const limit = { usd: 0.000_001, per: 'day' } as const;
    const old = await call('token.add', { name: 'ann', limit });
    expect(await asked(url, old.token, undefined, priced)).toMatchObject({ status: 200 });
    expect(await asked(url, old.token, undefined, priced)).toMatchObject({ status: 429 });
    await call('token.revoke', { name: 'ann' });
    const made = await call('token.add', { name: 'ann', limit });
    expect(made).toMatchObject({ spent: { usd: 0 }, usedAt: null });
    expect(await asked(url, made.token, undefined, priced)).toMatchObject({ status: 200 });
    expect(await call('history.verify', {})).toMatchObject({ ok: true });
  });

  it('does not count models without a price, and names them', async () => {
    const { url, call } = await lived();
    const { token } = await call('token.add', { name: 'ann', limit: { usd: 0.000_001, per: 'day' } });
    for (let i = 0; i < 2; i++) expect(await asked(url, token, undefined, strange)).toMatchObject({ status: 200 });
    expect((await call('token.list', {})).tokens).toMatchObject([{ spent: { usd: 0, unpriced: [strange.model] } }]);
  });
});

describe('a request that waits in the queue when its client has left', () => {
  async function queuedFor(limit?: { usd: number; per: 'day' }) {
    let isDown = false;
    const it = await lived((turn) => (isDown ? refuses(503) : answers())(turn));
    for (const [key, value] of [
      ['queue.hold', '0'],
      ['queue.base_delay', '1'],
    ] as const)
      await it.call('config.set', { key, value });
    const { token } = await it.call('token.add', { name: 'ann', profile: 'main' });
    expect(await asked(it.url, token, undefined, priced)).toMatchObject({ status: 200 });
    isDown = true;
    expect(await asked(it.url, token, undefined, priced)).toMatchObject({ status: 503 });
    isDown = false;
    if (limit) await it.call('token.change', { name: 'ann', limit });
    const item = async () => (await it.call('queue.list', {})).items[0];
    const back = () => it.call('health.reset', { id: it.main });
    return { ...it, token, item, back };
  }

  it('is not sent for a token that was revoked, whoever has its name now', async () => {
    const { call, item, back } = await queuedFor();
    await call('token.revoke', { name: 'ann' });
    await call('token.add', { name: 'ann' });
    await back();
    while ((await item())?.state === 'waiting');
    expect(await item()).toMatchObject({ state: 'cancelled', attempts: 0 });
    const { facts } = await call('history.read', { type: 'QueuedRequestCancelled' });
    expect(facts).toMatchObject([{ data: { because: { code: 'tokenEnded', params: { token: 'ann' } } } }]);
  });

  it('waits for a budget that is wider', async () => {
    const { call, url, item, back } = await queuedFor({ usd: 0.000_001, per: 'day' });
    await back();
    expect(await asked(url, 'proxy-managed', '/p/main/v1/messages')).toMatchObject({ status: 200 });
    expect(await item()).toMatchObject({ state: 'waiting', attempts: 0 });
    await call('token.change', { name: 'ann', limit: null });
    while ((await item())?.state !== 'answered');
    expect((await call('stats.tokens', {})).tokens).toContainEqual(
      expect.objectContaining({ token: 'ann', requests: 2 }),
    );
  });
});
