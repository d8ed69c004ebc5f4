/** Tickets and bearers: what opens the page, how often, and for how long. */
import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../events/units.ts';
import { openPages, withHeader } from '../support/page.ts';

const password = (text: string) => ['Authorization', `Basic ${Buffer.from(`qcc:${text}`).toString('base64')}`] as const;

describe('a ticket', () => {
  it('is 256 random bits, and is exchanged for a bearer of as many, which is another', async () => {
    const { ask, post, listener } = await openPages();
    const [one, other] = [listener.ticket('write'), listener.ticket('write')];
    expect(one.ticket).toMatch(/^[\w-]{43}$/);
    expect(other.ticket).not.toBe(one.ticket);
    const answer = await ask(post('/ticket', { ticket: one.ticket }));
    expect(answer?.status).toBe(200);
    const given = JSON.parse(answer?.body ?? '') as Record<string, string>;
    const [bearer, state] = [expect.stringMatching(/^[\w-]{43}$/), expect.objectContaining({ seq: 1 })];
    expect(given).toEqual({ bearer, scope: 'write', language: 'en', state });
    expect(given['bearer']).not.toBe(one.ticket);
  });

  it('is good once', async () => {
    const { ask, post, listener } = await openPages();
    const { ticket } = listener.ticket('write');
    const answers = await Promise.all([1, 2, 3].map(() => ask(post('/ticket', { ticket }))));
    expect(answers.map((one) => one?.status).sort()).toEqual([200, 401, 401]);
  });

  it('is good for 60 seconds', async () => {
    const { ask, post, listener, gateway } = await openPages();
    const { ticket, until } = listener.ticket('write');
    expect(until).toBe(gateway.world.at + 60 * secondMs);
    const late = listener.ticket('write').ticket;
    gateway.world.pass(60 * secondMs - 1);
    expect(await ask(post('/ticket', { ticket }))).toMatchObject({ status: 200 });
    gateway.world.pass(1);
    expect(await ask(post('/ticket', { ticket: late }))).toMatchObject({ status: 401, code: 'ticket' });
  });

  it('in an address is no ticket, and is not used up by it', async () => {
    const { ask, get, post, listener } = await openPages();
    const { ticket } = listener.ticket('write');
    for (const target of [
      `/?t=${ticket}`,
      `/?ticket=${ticket}`,
      `/plain?ticket=${ticket}`,
      `/stream?after=0&t=${ticket}`,
    ])
      expect(await ask(get(target))).toMatchObject({ status: 401 });
    expect(await ask(post(`/ticket?ticket=${ticket}`, {}))).toMatchObject({ status: 401, code: 'ticket' });
    expect(await ask(post('/ticket', ticket))).toMatchObject({ status: 401, code: 'ticket' });
    expect(await ask(get('/ticket'))).toMatchObject({ status: 401, code: 'bearer' });
    expect(await ask(post('/ticket', { ticket }))).toMatchObject({ status: 200 });
  });

  it('that is guessed ten times in a minute closes everything; nine times, or slowly, it does not', async () => {
    const { ask, post, gateway, attacks } = await openPages();
    const guess = () => ask(post('/ticket', { ticket: 'x'.repeat(43) }));
    for (let i = 0; i < 9; i++) expect(await guess()).toMatchObject({ status: 401 });
    gateway.world.pass(minuteMs);
    for (let i = 0; i < 9; i++) await guess();
    expect(attacks()).toBe(0);
    await guess();
    expect(attacks()).toBe(1);
  });

  it('is the password of the plain page too, and counts as guessed there', async () => {
    const { ask, get, post, listener, attacks } = await openPages();
    const { ticket } = listener.ticket('write');
    const page = await ask(get('/plain', password(ticket)));
    expect(page).toMatchObject({ status: 200 });
    expect(page?.body).toContain('<html lang="en">');
    // A browser sends it with each reload.
    expect(await ask(get('/plain', password(ticket)))).toMatchObject({ status: 200 });
    expect(await ask(post('/ticket', { ticket }))).toMatchObject({ status: 401 });
    expect(await ask(withHeader(post('/call/config.list', {}), ...password(ticket)))).toMatchObject({ status: 401 });
    for (let i = 0; i < 20; i++) expect((await ask(get('/plain')))?.status).toBe(401);
    expect(attacks()).toBe(0);
    for (let i = 0; i < 9; i++) await ask(get('/plain', password('wrong')));
    expect(attacks()).toBe(1);
  });
});

describe('a bearer', () => {
  it('is good for 12 hours, however often it is used', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    const one = await bearer('write');
    const call = () => ask(post('/call/config.list', {}, one));
    for (let i = 0; i < 11; i++) {
      gateway.world.pass(hourMs);
      expect(await call()).toMatchObject({ status: 200 });
    }
    gateway.world.pass(hourMs - 1);
    expect(await call()).toMatchObject({ status: 200 });
    gateway.world.pass(1);
    expect(await call()).toMatchObject({ status: 401, code: 'bearer' });
  });

  it('of one listener is nothing to another', async () => {
    const [one, other] = [await openPages(), await openPages()];
    const bearer = await one.bearer('write');
    expect(await one.ask(one.post('/call/config.list', {}, bearer))).toMatchObject({ status: 200 });
    expect(await other.ask(other.post('/call/config.list', {}, bearer))).toMatchObject({ status: 401 });
  });

  it('changes no setting that is a secret, and asks for none', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    const writing = await bearer('write');
    for (const key of ['notify.secret', 'notify.webhook'])
      expect(await ask(post('/call/config.set', { key, value: 'x' }, writing))).toMatchObject({
        status: 403,
        code: 'never',
      });
    expect(await ask(post('/call/config.set', { key: 'queue.hold', value: '1' }, writing))).toMatchObject({
      status: 200,
    });
    expect(gateway.calls).toHaveLength(1);
  });

  it('lasts until 64 newer ones were given out', async () => {
    const { ask, post, bearer } = await openPages();
    const oldest = await bearer('write');
    for (let i = 0; i < 63; i++) await bearer('read');
    expect(await ask(post('/call/config.list', {}, oldest))).toMatchObject({ status: 200 });
    await bearer('read');
    expect(await ask(post('/call/config.list', {}, oldest))).toMatchObject({ status: 401 });
  });
});
