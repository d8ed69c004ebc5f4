/** One message for a person, about everything that is due at once. Independent of any vendor's format. */
import type { Millis } from '../../events/fact.ts';
import type { NotifyWords } from '../messages/notify.ts';
import { clockOf } from '../platform/time.ts';
import { visible } from '../platform/visible.ts';
import type { Entry } from './digest.ts';
import type { Notice } from './notice.ts';

export interface Message {
  /** Begins with the program's name: a bot may insist on a keyword. */
  readonly title: string;
  /** A line for each subject, with its local time. */
  readonly text: string;
  /** The message needs attention now. */
  readonly urgent: boolean;
  readonly at: Millis;
  readonly events: readonly Entry[];
}

// More than a person reads in a notification.
const linesMax = 10;
const gravity: readonly Notice['kind'][] = ['all_down', 'credential', 'failover', 'recovery', 'fleet', 'test'];

/** @param entries at least one */
export function messageOf(entries: readonly Entry[], words: NotifyWords, now: Millis): Message {
  const gravest = [...entries].sort((a, b) => weight(a) - weight(b))[0]?.notice ?? { kind: 'test', at: now };
  const lines = entries.slice(0, linesMax).map((entry) => lineOf(entry, words));
  const left = entries.length - lines.length;
  return {
    title: oneLine(`qcc: ${titleOf(gravest, words)}`),
    text: [...lines, ...(left > 0 ? [words.more(left)] : [])].join('\n'),
    urgent: gravest.kind === 'all_down' || gravest.kind === 'credential',
    at: now,
    events: entries,
  };
}

const weight = ({ notice }: Entry) => gravity.indexOf(notice.kind);

function titleOf(notice: Notice, words: NotifyWords): string {
  switch (notice.kind) {
    case 'failover':
      return words.failoverTitle(notice.to);
    case 'recovery':
      return notice.from === null ? words.backInService(notice.to) : words.recoveryTitle(notice.to);
    case 'all_down':
      return words.allDownTitle;
    case 'credential':
      return notice.because === 'billing' ? words.billingTitle(notice.profile) : words.credentialTitle(notice.profile);
    case 'fleet':
      return notice.afterMs === null ? words.fleetLostTitle : words.fleetBackTitle;
    case 'test':
      return words.testTitle;
  }
}

function lineOf({ notice, count }: Entry, words: NotifyWords): string {
  const told = `${clockOf(notice.at)} ${bodyOf(notice, words)}`;
  return oneLine(count > 1 ? `${told} ${words.times(count)}` : told);
}

function bodyOf(notice: Notice, words: NotifyWords): string {
  switch (notice.kind) {
    case 'failover':
      return words.failover(notice.from, notice.to, notice.because);
    case 'recovery':
      return notice.from === null
        ? words.backInService(notice.to)
        : words.recovery(notice.from, notice.to, notice.because);
    case 'all_down':
      return words.allDown;
    case 'credential':
      return notice.because === 'billing'
        ? words.billing(notice.profile, notice.name, notice.endpoint)
        : words.credential(notice.profile, notice.name, notice.endpoint);
    case 'fleet':
      return notice.afterMs === null ? words.fleetLost : words.fleetBack(notice.afterMs);
    case 'test':
      return words.test;
  }
}

/** The name of an endpoint is arbitrary text. */
const oneLine = (text: string) => visible(text.replaceAll(/\s+/g, ' '));
