/**
 * Threads (beta `message-threads-…`): a request that continues one holds only what is new, and its beginning is at the endpoint that gave the
 * last answer. Another one would answer without the context, and without an error.
 */
import { Places } from './json-places.ts';
import { JsonScanner } from './json-scanner.ts';

const beta = 'message-threads-';
const places = new Places('thread.type');

/** @param betas of its header; without this one there is no thread, and nothing is looked at */
export function continuesThread(betas: string | undefined, body: Buffer | null): boolean {
  if (body === null || !betas?.includes(beta)) return false;
  const scanner = new JsonScanner(places);
  scanner.feed(body);
  return scanner.textOf('thread.type') === 'continue';
}
