/** A client of the data port whose answer is kept as well: what goes out to it is copied on its way. */

import type { LargeAnswer } from './response/large-answers.ts';
import type { Receiver } from './response/receiver.ts';
import type { AnswerCopy } from './retry-queue.ts';

export class RecordingReceiver implements Receiver {
  readonly #client: Receiver;
  readonly #copy: AnswerCopy;

  constructor(client: Receiver, copy: AnswerCopy) {
    this.#client = client;
    this.#copy = copy;
  }

  get isBegun(): boolean {
    return this.#client.isBegun;
  }

  begin(status: number, pairs: readonly string[], length: number | null): void {
    this.#copy.head(status, withoutOurs(pairs));
    this.#client.begin(status, pairs, length);
  }

  bytes(chunk: Buffer, framed?: Buffer): boolean {
    this.#copy.data(chunk);
    return this.#client.bytes(chunk, framed);
  }

  onRoom(goOn: () => void): void {
    this.#client.onRoom(goOn);
  }

  end(): void {
    this.#client.end();
  }

  whole(status: number, pairs: readonly string[], pieces: readonly Buffer[], length: number, held?: LargeAnswer): void {
    // Its head has gone out with `hold`, where the answer had none yet.
    const kept = withoutOurs(pairs);
    this.#copy.head(status, kept.length > 0 ? kept : ['content-type', 'application/json']);
    for (const piece of pieces) this.#copy.data(piece);
    this.#client.whole(status, pairs, pieces, length, held);
  }

  commitEarly(pairs: readonly string[]): void {
    this.#client.commitEarly(pairs);
  }

  keepAlive(): void {
    this.#client.keepAlive();
  }

  abort(): void {
    this.#client.abort();
  }
}

/** What we have added tells of this request, and not of another one that gets the answer later. */
function withoutOurs(pairs: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    if (!name.startsWith('x-qcc-') && name !== 'server-timing') kept.push(name, pairs[i + 1] as string);
  }
  return kept;
}
