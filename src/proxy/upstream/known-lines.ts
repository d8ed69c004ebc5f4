/**
 * The lines of an endpoint's heads. Most of them are the same from one answer to the next: what was read of a line is known again by its text,
 * at the same place, which takes a tenth of reading it.
 */
import { type Meaning, meaningOf } from './answer-fields.ts';
import { fieldAt } from './head-lines.ts';
import { ParseError } from './parse-error.ts';

interface Line {
  /** With its end. */
  readonly text: string;
  readonly name: string;
  readonly value: string;
  readonly meaning: Meaning;
}

// A line keeps the head that it was read from, which has 14 KB at most. Anthropic's have 20 lines.
const knownMax = 32;
const end = '\r\n';
// No control characters, but for the tab.
const allowed = /^[\t\x20-\x7e\x80-\xff]*$/;

export class KnownLines {
  readonly #lines: Line[] = [];

  /**
   * @param head each of its lines has its end
   * @param from where the first field begins
   * @throws {ParseError} for a line that may not stand in a head
   */
  each(head: string, from: number, field: (line: Line) => void): void {
    let place = 0;
    for (let at = from; at < head.length; place++) {
      let line = this.#lines[place];
      if (line === undefined || !head.startsWith(line.text, at)) {
        line = read(head, at);
        if (place < knownMax) this.#lines[place] = line;
      }
      field(line);
      at += line.text.length;
    }
  }
}

function read(head: string, at: number): Line {
  const to = head.indexOf(end, at);
  const text = head.slice(at, to + end.length);
  if (!allowed.test(head.slice(at, to))) throw new ParseError('HPE_INVALID_HEADER_TOKEN');
  const { name, value } = fieldAt(head, at, to);
  return { text, name, value, meaning: meaningOf(name) };
}
