/** A whole gateway in a fleet: what it serves does not depend on it, and what a person sees and undoes of it. */
import { describe, expect, it } from 'vitest';
import { effective } from '../../src/config/settings/settings.ts';
import type { Check } from '../../src/contract/checks.ts';
import type { FleetLive } from '../../src/contract/fleet.ts';
import { fleetChecks } from '../../src/diagnostics/fleet-checks.ts';
import { aboutCredential, fleetKeys, identityOf } from '../../src/fleet/identity.ts';
import { sealed } from '../../src/fleet/message.ts';
import { openNats } from '../../src/fleet/nats-engine.ts';
import { checkDetail } from '../../src/messages/checks.ts';
import { at } from '../cli/command.ts';
import { fleetSecret } from '../support/fleet.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { hasNats, natsServer } from '../support/nats.ts';

describe('qcc fleet, without a fleet,', () => {
  it('says so, and how to get one', async () => {
    const run = at(temporaryHome());
    expect(await run('fleet', 'status')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('qcc config set fleet.url'),
    });
    expect((await run('fleet', 'status', '--json')).json()).toMatchObject({ url: null, hasSecret: false, live: null });
    expect((await run('fleet', 'members', '--json')).json()).toEqual({ members: [] });
    expect((await run('fleet', 'beliefs')).err).toContain('no other gateway says anything');
    expect((await run('fleet', 'leave', '--json')).json()).toEqual({ left: false });
    // Of one whose server has never answered, too: it will not be joined.
    await run('config', 'set', 'fleet.url', 'nats://127.0.0.1:1');
    expect((await run('fleet', 'leave', '--json')).json()).toEqual({ left: true });
    expect((await run('config', 'get', 'fleet.url')).out.trim()).toBe('');
    expect((await run('history', '--fleet', '--json')).code).toBe(0);
  });

  it.each([
    ['fleet.url', 'nats://user:pass@host:4222'],
    ['fleet.url', 'http://host'],
    ['fleet.name', 'A.b'],
    ['fleet.secret', 'too short'],
    ['fleet.nkey', 'SUAB'],
  ])('takes no %s that is %s', async (key, value) => {
    expect((await at(temporaryHome())('config', 'set', key, value)).code).toBe(2);
  });
});

it('doctor says what is risky about a fleet, and nothing where there is none', () => {
  const { settings } = effective(new Map([['fleet.url', 'nats://10.0.0.5:4222']]), {});
  const live = { state: 'connecting', error: 'ECONNREFUSED', server: '2.9.10' } as FleetLive;
  const faults = (...[of, hasSecret, now]: Parameters<typeof fleetChecks>) =>
    fleetChecks(of, hasSecret, now).map(({ about }) => about['fault']);
  expect(faults(settings, false, live)).toEqual(['noSecret', 'lost', 'plain', 'oldServer']);
  expect(faults(settings, true, { ...live, state: 'nameTaken', server: '2.10.23' })).toEqual(['nameTaken', 'plain']);
  const [refuses] = fleetChecks(settings, true, { ...live, fault: 'login', server: null });
  expect(refuses).toMatchObject({ about: { why: 'login' }, fix: 'qcc config set fleet.password -' });
  expect(checkDetail(refuses as Check, 'en')).toContain('it refuses fleet.user with fleet.password');
  const refused = { ...live, state: 'connected', server: null, refusedNow: ['stranger', 'version'] } as const;
  expect(faults(settings, true, refused as never)).toEqual(['plain', 'stranger', 'newer']);
  const safe = { ...settings, 'fleet.url': 'tls://10.0.0.5' } as never;
  expect(fleetChecks(safe, true, { ...live, state: 'connected', server: '2.14.1' })).toMatchObject([{ ok: true }]);
  expect(fleetChecks({ ...settings, 'fleet.url': '' } as never, false, undefined)).toEqual([]);
});

describe.skipIf(!hasNats)('a gateway in a fleet', () => {
  it('joins, hears, tells its owner, and leaves', async () => {
    const { url } = await natsServer();
    const { home, call } = await runningGateway();
    const run = at(home);
    await call('profile.add', { name: 'main' });
    const endpoint = { profile: 'main', baseUrl: 'http://127.0.0.1:9' };
    const { id } = await call('endpoint.add', { ...endpoint, name: 'relay', key: 'sk-shared-by-all' });
    await call('endpoint.add', { ...endpoint, name: 'other', key: 'sk-of-this-gateway' });
    await run('config', 'set', 'fleet.name', 'here');
    await run('config', 'set', 'fleet.secret', fleetSecret);
    await run('config', 'set', 'fleet.url', url);
    const live = async () => (await call('fleet.status', {})).live;
    while ((await live())?.state !== 'connected') await new Promise((resolve) => setImmediate(resolve));
    const engine = await openNats({
      url,
      name: 'b',
      secret: fleetSecret,
      user: '',
      password: '',
      nkey: '',
      tlsCa: '',
      followsSwitch: true,
    });
    const keys = fleetKeys(fleetSecret);
    const who = identityOf(Buffer.from('b'), 'b', 1);
    const about = aboutCredential(keys, 'http://127.0.0.1:9', 'sk-shared-by-all');
    const word = {
      kind: 'failure',
      seq: 7,
      id: '00000000-0000-7000-8000-000000000000',
      at: Date.now(),
      about,
      because: 'quota',
      status: 429,
      validMs: 600_000,
    } as const;
    await engine.publish('b', 'fact', '1', sealed(keys, who, word));
    while ((await call('fleet.beliefs', {})).beliefs.length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    await engine.close();
    expect((await run('fleet', 'beliefs', '--json')).json()).toMatchObject({
      beliefs: [{ endpoint: id, about: 'credential', because: 'quota', by: 'b' }],
    });
    expect((await run('fleet', 'beliefs')).out).toMatch(/main\/relay +quota used up +b /);
    expect((await run('fleet', 'members')).out).toMatch(/^b +[0-9a-f]{16} +there/m);
    expect((await run('fleet', 'status')).out).toMatch(/state +connected/);
    expect((await run('history', '--fleet')).out).toMatch(/gateway b met it at .*: quota used up \(429\)/);
    expect((await run('route', '--json')).json()).toMatchObject({
      route: [
        { name: 'other', place: 1 },
        { name: 'relay', because: 'heard', failure: 'quota', place: null },
      ],
    });
    expect((await run('fleet', 'beliefs', 'relay', '--forget')).code).toBe(0);
    expect((await run('fleet', 'beliefs', '--json')).json()).toEqual({ beliefs: [] });
    expect((await run('config', 'doctor', '--json')).out).toContain('"id":"fleet"');
    expect((await run('fleet', 'leave')).code).toBe(0);
    expect((await call('fleet.status', {})).url).toBeNull();
    expect((await run('history', '--type', 'FleetLeft', '--json')).out).toContain('FleetLeft');
  });
});
