/** UUIDv7 (RFC 9562 §5.7): sorts by time. Random bytes come in blocks, because each call of the generator costs. */
import { randomFillSync } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';

const bytesPerId = 10;
const block = Buffer.alloc(bytesPerId * 512);
let next = block.length;

export function uuidv7(now: Millis): string {
  if (next === block.length) {
    randomFillSync(block);
    next = 0;
  }
  const random = block.toString('hex', next, next + bytesPerId);
  next += bytesPerId;
  const time = now.toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(random[3] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
