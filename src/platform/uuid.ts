/** UUIDv7 (RFC 9562 §5.7): sorts by time. Random bytes come in blocks, because each call of the generator costs. */
import { randomFillSync } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';

// Two bits of the first one, nine others: 74 bits.
const bytesPerId = 10;
const block = Buffer.alloc(bytesPerId * 512);
let next = block.length;

/** Of the newest millisecond, with which one id after the other begins. */
let timeAt: Millis = -1;
let timeText = '';

export function uuidv7(now: Millis): string {
  if (next === block.length) {
    randomFillSync(block);
    next = 0;
  }
  if (now !== timeAt) {
    timeAt = now;
    timeText = timeIn(now);
  }
  const variant = variants[(block[next] as number) & 0x3];
  const random = block.toString('hex', next + 1, next + bytesPerId);
  next += bytesPerId;
  return `${timeText}${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6)}`;
}

function timeIn(now: Millis): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

const variants = '89ab';

/** When it was made; null for what is no id of this form. */
export function timeOf(id: string): Millis | null {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(id);
  return hex ? Number.parseInt(`${hex[1]}${hex[2]}`, 16) : null;
}
