/** UUIDv7 (RFC 9562 §5.7): sorts by time. Random bytes come in blocks, because each call of the generator costs time. */
import type { Millis } from '../../events/fact.ts';

// Two bits of the first byte, and nine further bytes: 74 bits.
const bytesPerId = 10;
// Plain bytes and Web Crypto: the rules are also run in browsers.
const block = new Uint8Array(bytesPerId * 512);
let next = block.length;

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Of the newest millisecond, with which successive ids begin. */
let timeAt: Millis = -1;
let timeText = '';

export function uuidv7(now: Millis): string {
  if (next === block.length) {
    crypto.getRandomValues(block);
    next = 0;
  }
  if (now !== timeAt) {
    timeAt = now;
    timeText = timeIn(now);
  }
  const variant = variants[(block[next] as number) & 0x3];
  let random = '';
  for (let at = next + 1; at < next + bytesPerId; at++) random += hexOf[block[at] as number];
  next += bytesPerId;
  return `${timeText}${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6)}`;
}

function timeIn(now: Millis): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

const variants = '89ab';

/** The instant at which it was made; null for an id of another form. */
export function timeOf(id: string): Millis | null {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(id);
  return hex ? Number.parseInt(`${hex[1]}${hex[2]}`, 16) : null;
}
