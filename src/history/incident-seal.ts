/** The last line of an incident file: the number of facts, and proof that none was changed. */
import { createHash } from 'node:crypto';

export interface End {
  readonly end: true;
  readonly facts: number;
  readonly sha256: string;
}

export class IncidentSeal {
  readonly #hash = createHash('sha256');
  #facts = -1;

  add(line: string): void {
    this.#hash.update(`${line}\n`);
    this.#facts++;
  }

  end(): End {
    return { end: true, facts: Math.max(0, this.#facts), sha256: this.#hash.digest('hex') };
  }
}
