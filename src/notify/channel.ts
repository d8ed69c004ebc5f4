/** The channels of messages, according to the present settings. */
import type { Millis } from '../../events/fact.ts';
import type { SettingKey, Settings } from '../config/settings/settings.ts';
import { show } from './desktop.ts';
import { type Format, formatOf, type Outcome, outcomeOf, postOf, type Target } from './format.ts';
import type { Message } from './message.ts';
import { post } from './webhook.ts';

export interface NotifySettings {
  settings(): Settings;
  /** The value itself, which `settings` masks; empty for none. */
  secret(key: SettingKey): string;
}

export interface Channel {
  readonly name: 'webhook' | 'desktop';
  /** Null when it is not a webhook. */
  readonly format: Format | null;
  /** The address in its masked form. */
  readonly target: string;
  /** One attempt; never rejects. */
  send(message: Message, end: AbortSignal): Promise<Outcome>;
}

// Slack answers in a second; a webhook that needs longer counts as failed.
const sendMsMax = 10_000;

/** @param limitMs the limit of one attempt */
export function channelsOf({ settings, secret }: NotifySettings, limitMs: Millis = sendMsMax): readonly Channel[] {
  const { 'notify.webhook': shown, 'notify.format': wanted, 'notify.desktop': onDesktop } = settings();
  const limited = (end: AbortSignal) => AbortSignal.any([end, AbortSignal.timeout(limitMs)]);
  const channels: Channel[] = [];
  const url = shown === '' ? '' : secret('notify.webhook');
  if (url !== '') {
    const format = formatOf(wanted, url);
    const target = { url, secret: secret('notify.secret') };
    const send: Channel['send'] = (message, end) => posted(format, message, target, limited(end));
    channels.push({ name: 'webhook', format, target: shown, send });
  }
  if (onDesktop) {
    const send: Channel['send'] = (message, end) => show(message, limited(end));
    channels.push({ name: 'desktop', format: null, target: process.platform, send });
  }
  return channels;
}

async function posted(format: Format, message: Message, target: Target, signal: AbortSignal): Promise<Outcome> {
  try {
    return outcomeOf(format, await post(postOf(format, message, target), signal), target);
  } catch (error) {
    const { code, name } = error as { readonly code?: unknown; readonly name: string };
    const reason = typeof code === 'string' ? code : name;
    return { ok: false, error: signal.aborted ? 'no answer in time' : reason, retry: true, waitMs: 0 };
  }
}
