/** What the fields of an answer's head mean for its framing and its connection. */
import { memoize } from '../../platform/memoize.ts';

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

export type Meaning = 'length' | 'coding' | 'connection' | 'keepAlive' | 'other' | 'invalid';

const framing: ReadonlyMap<string, Meaning> = new Map([
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['connection', 'connection'],
  ['keep-alive', 'keepAlive'],
]);

export const meaningOf = memoize((name): Meaning => (token.test(name) ? (framing.get(name) ?? 'other') : 'invalid'));

export function keepAliveMs(value: string): number | null {
  const seconds = /timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

/** @param value in small letters; what says neither leaves it as it is */
export function keepsAlive(value: string, before: boolean): boolean {
  if (value === 'keep-alive') return true;
  return before && !/(^|,)\s*close\s*(,|$)/.test(value);
}
