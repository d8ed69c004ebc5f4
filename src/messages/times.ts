/** Instants and spans as people write them; as they are printed, they are in `platform/time.ts`. */
import { dayMs, hourMs, minuteMs, secondMs } from '../../events/units.ts';
import type { Moment } from '../contract/moment.ts';
import { usage } from '../errors/qcc-error.ts';
import type { Words } from './messages.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs };

/** `30s`, `5m`, `1h30m`, `250ms`; a bare number is seconds. @throws {QccError} usage, with examples */
export function spanMs(text: string, words: Words, examples = '30s, 5m, 1h30m'): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * secondMs;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) throw usage(words.noSpan(text), examples);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0), 0);
}

// As ISO has it, and as it is printed here: what was read can be typed again.
const whole = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{1,2}:[\d:.]+) ?(Z|UTC|[+-]\d{2}:?\d{2})?)?$/;

/** ISO, `14:03:22` today, `-15m` or `15m` (ago), `yesterday`. Without a zone: local. @throws {QccError} usage */
export function instant(text: string, now: number, words: Words): number {
  if (text === 'now') return now;
  if (text.startsWith('-')) return now - spanMs(text.slice(1), words);
  // Every instant that is asked for has passed: `5m` can only be five minutes ago.
  if (/^\d+(\.\d+)?(ms|s|m|h|d)/.test(text)) return now - spanMs(text, words);
  if (text === 'today') return startOfDay(now, 0);
  if (text === 'yesterday') return startOfDay(now, -1);
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock) return new Date(now).setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
  // A date alone would be read as UTC; people mean their own day.
  const [, date, time, zone = ''] = whole.exec(text) ?? [];
  const at = date === undefined ? Number.NaN : Date.parse(`${date}T${time ?? '00:00:00'}${zone.replace('UTC', 'Z')}`);
  if (Number.isFinite(at)) return at;
  throw usage(words.noTime(text), '15m, 14:03:22, yesterday, 2026-01-31T14:03:22, #1234');
}

/** By the calendar: a day of a clock change has 23 hours, or 25. */
function startOfDay(now: number, days: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  return day.setHours(0, 0, 0, 0);
}

/** `#1234`, or a time. @throws {QccError} usage */
export function momentOf(text: string, now: number, words: Words): Moment {
  const seq = seqOf(text, words);
  return seq === undefined ? { at: instant(text, now, words) } : { seq };
}

/** `#1234`. @throws {QccError} usage, when what follows is no number */
export function seqOf(text: string | undefined, words: Words): number | undefined {
  if (!text?.startsWith('#')) return undefined;
  if (/^#\d+$/.test(text)) return Number(text.slice(1));
  throw usage(words.noFactNumber(text), '#1234');
}
