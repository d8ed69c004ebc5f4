/** An installation's notifications, and a test message that shows whether they arrive. */

import { secretSetting } from '../../config/secrets/secret-setting.ts';
import type { NotifyRow, notifyContract } from '../../contract/notify.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Installation } from '../../installation/installation.ts';
import { notifyWordsOf } from '../../messages/notify.ts';
import { type Channel, channelsOf, type NotifySettings } from '../../notify/channel.ts';
import { type Message, messageOf } from '../../notify/message.ts';
import type { Handlers } from '../handler.ts';

export function notifySettings({ settings, vault }: Installation): NotifySettings {
  return { settings, secret: (key) => secretSetting(vault, key, process.env) };
}

/** One attempt on each channel, whatever `notify.on` says. @throws {QccError} `QCC_NOTIFY_UNSET` when there is no channel */
export async function testNotifications(
  installation: Installation,
  { language }: Params<'notify.test'>,
): Promise<Answer<'notify.test'>> {
  const channels = channelsOf(notifySettings(installation));
  if (channels.length === 0) throw new QccError('QCC_NOTIFY_UNSET', {}, exitCodes.usage);
  const now = installation.world.now();
  const entries = [{ notice: { kind: 'test', at: now } as const, count: 1 }];
  const message = messageOf(entries, notifyWordsOf(language), now);
  return { channels: await Promise.all(channels.map((channel) => tried(installation, channel, message))) };
}

async function tried({ world }: Installation, channel: Channel, message: Message): Promise<NotifyRow> {
  const { name, format, target } = channel;
  const startedAt = world.now();
  const outcome = await channel.send(message, new AbortController().signal);
  const tookMs = world.now() - startedAt;
  return { channel: name, format, target, ok: outcome.ok, tookMs, error: outcome.ok ? null : outcome.error };
}

export const notifyHandlers: Handlers<typeof notifyContract> = {
  'notify.test': testNotifications,
};
