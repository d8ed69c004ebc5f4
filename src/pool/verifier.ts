/** Verifies long logs in a process of its own, one at a time. */
import { rm } from 'node:fs/promises';
import { Json } from '../contract/json.ts';
import type { FrozenVerification } from '../history/verify-frozen.ts';
import { Apart } from './apart.ts';

export class Verifier {
  #last: Promise<unknown> = Promise.resolve();
  #reader: Apart<'verify'> | undefined;
  #isClosed = false;

  /** Undefined unless all is well. */
  verify(given: FrozenVerification): Promise<Json | undefined> {
    const found = this.#last.then(() => this.#verify(given));
    this.#last = found;
    return found;
  }

  async #verify(given: FrozenVerification): Promise<Json | undefined> {
    if (this.#isClosed) return undefined;
    const reader = new Apart('verify');
    this.#reader = reader;
    try {
      const answer = await reader.ask(given);
      return (JSON.parse(answer) as { ok: boolean }).ok ? new Json(answer) : undefined;
    } catch {
      // A full disk, a file system without links, a table that LevelDB aborts over: who asked looks for itself.
      return undefined;
    } finally {
      this.#reader = undefined;
      reader.close();
      await rm(given.folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }

  /** Ends what runs. */
  close(): void {
    this.#isClosed = true;
    this.#reader?.close();
  }
}
