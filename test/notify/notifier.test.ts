import { describe, expect, it, onTestFinished } from 'vitest';
import type { SettingValue } from '../../events/config.ts';
import { effective, type SettingKey } from '../../src/config/settings/settings.ts';
import { notifyWordsOf } from '../../src/messages/notify.ts';
import { Notifier, type NotifyLimits, pauseBefore } from '../../src/notify/notifier.ts';
import type { Core } from '../../src/runtime/core.ts';
import { attemptFailed, coreWithLadder, first, second } from '../support/world.ts';
import { nobody, type Received, receiver } from './receiver.ts';

const path = '/services/very-secret-path';
const patient: NotifyLimits = { pausesMs: [1, 1, 1], sendMs: 10_000, stopMs: 10_000 };

interface Given {
  readonly settings?: Partial<Record<SettingKey, SettingValue>>;
  readonly limits?: Partial<NotifyLimits>;
  readonly secret?: (key: SettingKey) => string;
  /** What another gateway of the fleet tells at the same webhook. */
  readonly elsewhere?: readonly string[];
}

/** A core with two profiles of one endpoint each, and a notifier that tells `url`; messages are gathered for 20 ms. */
async function notifier(url: string, { settings = {}, limits = {}, secret, elsewhere = [] }: Given = {}) {
  const { core } = await coreWithLadder();
  const set = new Map(Object.entries({ 'notify.webhook': url, 'notify.window': 0.05, ...settings }));
  const undelivered: string[] = [];
  let pausing = () => {};
  /** Resolves when a try has failed and the pause before the next one begins. */
  const paused = new Promise<void>((resolve) => {
    pausing = resolve;
  });
  let heard = () => {};
  const made = new Notifier(
    core,
    {
      now: Date.now,
      dice: () => {
        pausing();
        return 0.5;
      },
    },
    {
      settings: () => effective(set, {}).settings,
      secret: secret ?? ((key) => String(set.get(key) ?? '')),
      words: notifyWordsOf('en'),
      isTeller: async (notice) => !elsewhere.includes(notice.kind),
      undelivered: (sentence) => {
        undelivered.push(sentence);
        heard();
      },
    },
    { ...patient, ...limits },
  );
  const givenUp = async () => {
    while (undelivered.length === 0) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return undelivered[0];
  };
  onTestFinished(() => made.stop());
  return { core, made, set, undelivered, givenUp, paused };
}

const refuse = (core: Core, endpoint = first) =>
  void core.tellEndpoint(endpoint, attemptFailed('credential'), { by: 'traffic' });
const told = ({ body }: Received) =>
  JSON.parse(body) as { title: string; text: string; events: { kind: string; count: number }[] };
const kinds = (post: Received) => told(post).events.map(({ kind }) => kind);

describe('a notification', () => {
  it('is sent to the webhook: a refused key that takes its profile down is a failover', async () => {
    const { origin, post } = await receiver();
    const { core } = await notifier(origin + path);
    refuse(core);
    const got = await post(0);
    expect(got.path).toBe(path);
    expect(told(got)).toMatchObject({ title: 'qcc: switched to spare', events: [{ kind: 'failover', count: 1 }] });
    expect(got.body).not.toContain('very-secret');
  });

  it('includes simultaneous subjects: the last endpoints, and the last profile', async () => {
    const { origin, post, received } = await receiver();
    const { core } = await notifier(origin, { settings: { 'notify.on': 'failover,all_down,credential' } });
    refuse(core, first);
    refuse(core, second);
    expect(kinds(await post(0)).sort()).toEqual(['all_down', 'credential', 'credential', 'failover']);
    expect(received).toHaveLength(1);
  });

  it('is left to another gateway that tells the same at the same webhook, but for what that one does not tell', async () => {
    const { origin, post, received } = await receiver();
    const settings = { 'notify.on': 'failover,credential' };
    const { core } = await notifier(origin, { settings, elsewhere: ['credential'] });
    refuse(core, first);
    expect(kinds(await post(0))).toEqual(['failover']);
    expect(received).toHaveLength(1);
  });

  it('is not sent for an event that was not chosen', async () => {
    const { origin, post } = await receiver();
    const { core } = await notifier(origin, { settings: { 'notify.on': 'all_down' } });
    refuse(core, first);
    refuse(core, second);
    expect(kinds(await post(0))).toEqual(['all_down']);
  });

  it('waits for the end of the window when it repeats, and has a count', async () => {
    const { origin, post, received } = await receiver();
    const { core } = await notifier(origin, { settings: { 'notify.window': 0.3 } });
    const failOver = { type: 'FailedOver', data: { from: 'main', to: 'spare', because: 'out' } };
    core.report('priority', [failOver], { by: 'gateway' });
    await post(0);
    for (let i = 0; i < 3; i++) core.report('priority', [failOver], { by: 'gateway' });
    expect(told(await post(1)).events).toMatchObject([{ count: 3 }]);
    expect(received).toHaveLength(2);
  });

  it('is in the format of the setting, and signed', async () => {
    const { origin, post } = await receiver({ body: '{"errcode":0}' });
    const settings = { 'notify.format': 'dingtalk', 'notify.secret': 'SEC-of-the-bot' };
    const { core } = await notifier(`${origin}/robot/send?access_token=t`, { settings });
    refuse(core);
    const { path: target, body } = await post(0);
    expect(target).toMatch(/^\/robot\/send\?access_token=t&timestamp=\d{13}&sign=[\w%]+$/);
    expect(JSON.parse(body)).toMatchObject({ msgtype: 'text' });
  });

  it('is not sent while no channel is set up, and at once when one is', async () => {
    const { origin, post } = await receiver();
    const { core, set } = await notifier('');
    refuse(core, first);
    set.set('notify.webhook', origin);
    refuse(core, second);
    expect(kinds(await post(0))).toEqual(['all_down']);
  });

  it('is handed over before it is sent: the reporter does not wait', async () => {
    const { origin, received, post } = await receiver('hang');
    const { core } = await notifier(origin, { limits: { stopMs: 1 } });
    refuse(core);
    expect(received).toEqual([]);
    await post(0);
  });
});

describe('a webhook that fails', () => {
  it.each([
    ['with 500', { status: 500 }],
    ['with 429', { status: 429 }],
    ['by closing the connection', 'drop' as const],
    ['as a bot that is busy does, with 200', { body: '{"errcode":-1,"errmsg":"busy"}' }],
  ])('%s is retried with success', async (_, behaviour) => {
    const { origin, post } = await receiver(behaviour, behaviour, { body: '{"errcode":0}' });
    const { core, made, undelivered } = await notifier(origin, { settings: { 'notify.format': 'wecom' } });
    refuse(core);
    const posts = [await post(0), await post(1), await post(2)];
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    await made.stop();
    expect(undelivered).toEqual([]);
  });

  it('for good is given up after four attempts, with a sentence that shows no secret', async () => {
    const { origin, received } = await receiver({ status: 503, body: path });
    const { core, givenUp } = await notifier(origin + path);
    refuse(core);
    expect(await givenUp()).toBe(`not delivered: "qcc: switched to spare" (webhook ${origin}/…: HTTP 503)`);
    expect(received).toHaveLength(4);
  });

  it('permanently is not retried', async () => {
    const { origin, received } = await receiver({ status: 404, body: 'no_service' });
    const { core, givenUp } = await notifier(origin);
    refuse(core);
    expect(await givenUp()).toContain('HTTP 404: no_service');
    expect(received).toHaveLength(1);
  });

  it('by a redirect is not followed', async () => {
    const other = await receiver();
    const { origin } = await receiver({ status: 307, headers: { location: other.origin } });
    const { core, givenUp } = await notifier(origin);
    refuse(core);
    expect(await givenUp()).toContain('HTTP 307');
    expect(other.received).toEqual([]);
  });

  it('by refusing connections is given up too', async () => {
    const { core, givenUp } = await notifier(await nobody());
    refuse(core);
    expect(await givenUp()).toContain('ECONNREFUSED');
  });

  it.each(['hang', 'stall'] as const)('by hanging (%s) is given up after its time', async (behaviour) => {
    const { origin, received } = await receiver(behaviour);
    const { core, givenUp } = await notifier(origin, { limits: { sendMs: 50, pausesMs: [1] } });
    refuse(core);
    expect(await givenUp()).toContain('no answer in time');
    expect(received).toHaveLength(2);
  });

  it('gets the wait that it asks for, but not an hour', () => {
    expect(pauseBefore(1_000, 0, 0)).toBe(800);
    expect(pauseBefore(1_000, 0, 1)).toBeCloseTo(1_200);
    expect(pauseBefore(1_000, 30_000, 0.5)).toBe(30_000);
    expect(pauseBefore(1_000, 3_600_000, 0.5)).toBe(60_000);
  });

  it('does not block the next message, which waits for its end', async () => {
    const { origin, post } = await receiver({ status: 404 }, {});
    const { core, givenUp } = await notifier(origin);
    refuse(core, first);
    await givenUp();
    refuse(core, second);
    expect(kinds(await post(1))).toEqual(['all_down']);
  });

  it('because its URL cannot be decrypted does not end the gateway', async () => {
    const secret = () => {
      throw new Error('the vault is damaged');
    };
    const { core, givenUp } = await notifier('http://127.0.0.1:9/x', { secret });
    refuse(core);
    expect(await givenUp()).toContain('the vault is damaged');
  });
});

describe('the end of the gateway', () => {
  it('sends what still waits', async () => {
    const { origin, received } = await receiver();
    const { core, made } = await notifier(origin, { settings: { 'notify.window': 3_600 } });
    refuse(core);
    await made.stop();
    expect(received).toHaveLength(1);
  });

  it('does not wait for a hanging webhook', async () => {
    const { origin, post } = await receiver('hang');
    const { core, made, undelivered } = await notifier(origin, { limits: { stopMs: 20 } });
    refuse(core);
    await post(0);
    await made.stop();
    expect(undelivered).toHaveLength(1);
  });

  it('cuts a pause short, for one last attempt', async () => {
    const { origin, received } = await receiver({ status: 503 });
    const { core, made, undelivered, paused } = await notifier(origin, { limits: { pausesMs: [3_600_000, 1, 1] } });
    refuse(core);
    await paused;
    await made.stop();
    expect([received.length, undelivered.length]).toEqual([2, 1]);
  });

  it('is immediate when there is nothing to send', async () => {
    const { made } = await notifier('http://127.0.0.1:9/x', { limits: { stopMs: 3_600_000 } });
    await expect(made.stop()).resolves.toBeUndefined();
  });

  it('lets later events go unsent', async () => {
    const { origin, received } = await receiver();
    const { core, made } = await notifier(origin);
    await made.stop();
    refuse(core);
    await made.stop();
    expect(received).toEqual([]);
  });
});
