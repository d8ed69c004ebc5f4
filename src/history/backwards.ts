/** The facts from the newest back: what people refer to was mostly just read. */
import type { Recorded } from '../../events/fact.ts';
import type { ReadableLog } from '../log/log.ts';

const windowFacts = 20_000;
// A short form refers to something that was just read: of two requests with the same ending, a year apart, the newer one is meant.
const scannedMax = 200_000;

/** In windows, oldest first within each; ends after a maximum, or when told to. */
export async function* backwards(log: ReadableLog): AsyncIterable<readonly Recorded[]> {
  const last = Math.max(log.tail, log.head - scannedMax + 1);
  for (let end = log.head; end >= last; end -= windowFacts) {
    const facts: Recorded[] = [];
    for await (const some of log.read(Math.max(last, end - windowFacts + 1), end)) facts.push(...some);
    yield facts;
  }
}
