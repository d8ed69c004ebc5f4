/** Instants and spans as text: for data, for file names, and for people. `messages/times.ts` parses what people write. */
import { dayMs, hourMs, minuteMs, secondMs } from '../../events/units.ts';

// What instants of the same second begin with: a line of the access log asks for one each request.
let secondAt = Number.NaN;
let secondText = '';

/** For data: ISO 8601. */
export function iso(at: number): string {
  const second = Math.floor(at / secondMs);
  if (second !== secondAt) {
    secondText = new Date(second * secondMs).toISOString().slice(0, -4);
    secondAt = second;
  }
  return `${secondText}${String(Math.floor(at) - second * secondMs).padStart(3, '0')}Z`;
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}

/** For a file's name. */
export function stampOf(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

/** `3 s`, `5 min`, `2 h`: a span in the past or in the future. */
export function shortSpan(ms: number): string {
  const whole = Math.round(Math.abs(ms) / secondMs) * secondMs;
  if (whole < 90 * secondMs) return `${whole / secondMs} s`;
  if (whole < 90 * minuteMs) return `${Math.round(whole / minuteMs)} min`;
  return whole < 2 * dayMs ? `${Math.round(whole / hourMs)} h` : `${Math.round(whole / dayMs)} d`;
}

/** In the time zone of this machine. */
export function dayOf(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export function clockOf(at: number): string {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** The UTC offset of the reader's time zone at that instant: `+08:00`, or `UTC`. */
export function zoneOf(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** An instant for people: in their own time zone, which is shown, in every command. */
export function timeText(at: number | string): string {
  const instant = typeof at === 'string' ? Date.parse(at) : at;
  return `${dayOf(instant)} ${clockOf(instant)} ${zoneOf(instant)}`;
}

const two = (number: number) => String(number).padStart(2, '0');
