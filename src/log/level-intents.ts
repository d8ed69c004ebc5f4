/**
 * Intents: what commands are about to do, on the disk before any of it is done. A command is accepted when its intent is written; if it
 * cannot be written, the command fails with no effect. The batch that writes its facts removes the intent: if an intent is left, the
 * process ended in between, and the next one carries it out.
 */
import type { BatchWriter } from './batch-writer.ts';
import { allIntents, DamagedRecord, intentKey, pack, seqOf, unpack } from './codec.ts';
import type { Connection } from './level-database.ts';
import type { Intent, LeftIntent } from './log.ts';

export class LevelIntents {
  readonly #connection: Connection;
  readonly #writer: () => BatchWriter;
  /** Accepted, and not written as facts yet. */
  readonly #live = new Set<Intent>();
  #last = 0;

  constructor(connection: Connection, writer: () => BatchWriter) {
    this.#connection = connection;
    this.#writer = writer;
  }

  /** @throws {QccError} `QCC_LOG_SUSPENDED` */
  async add(what: unknown): Promise<Intent> {
    const intent = ++this.#last as Intent;
    await this.#writer().writeNow(intentKey(intent), pack(what));
    this.#live.add(intent);
    return intent;
  }

  done(intent: Intent): void {
    this.#live.delete(intent);
  }

  async withdraw(intent: Intent): Promise<void> {
    this.#live.delete(intent);
    await this.#connection.database.del(intentKey(intent));
  }

  /** Oldest first. A damaged one cannot be carried out, and blocks no other. */
  async left(): Promise<readonly LeftIntent[]> {
    const left: LeftIntent[] = [];
    for await (const [key, value] of this.#connection.database.iterator(allIntents)) {
      const intent = seqOf(key) as Intent;
      this.#last = Math.max(this.#last, intent);
      this.#live.add(intent);
      try {
        left.push({ intent, what: unpack(value) });
      } catch (error) {
        if (!(error instanceof DamagedRecord)) throw error;
        await this.withdraw(intent);
      }
    }
    return left;
  }

  /** Removes intents of refused commands that reached the disk all the same: a failed command must not be carried out. */
  async sweep(): Promise<void> {
    const { database } = this.#connection;
    for await (const key of database.keys(allIntents))
      if (!this.#live.has(seqOf(key) as Intent)) await database.del(key, { sync: true });
  }
}
