/** A line that is wider than the terminal: cut, or broken between its words. */
import { clean, hasStyle, styles, unstyled } from './terminal.ts';
import { widthOf } from './width.ts';

/** Cut by what is seen: styles take no cells, are never cut in two, and none is left open. */
export function cut(text: string, columns: number): string {
  const line = clean(text);
  if (widthOf(line) <= columns) return line;
  let kept = '';
  let cells = 0;
  for (const piece of line.split(styles)) {
    if (hasStyle(piece)) {
      kept += piece;
      continue;
    }
    for (const character of piece) {
      const width = widthOf(character);
      if (cells + width > columns - 1) return `${kept}…${hasStyle(line) ? unstyled() : ''}`;
      kept += character;
      cells += width;
    }
  }
  return kept;
}

// A word, or one character of a script without spaces. A mark that closes stays with what is before it, one that opens with what follows,
// a number with its unit, and a cause with its arrow.
const words =
  /(?:← |[\d.]+ (?=(?:ms|s|min|h|d|%)(?!\w)))?[（「『【]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[，。；：、！？）」』】]*\s*|\s+/g;
// What is left of a narrow line when its indent is taken away must still hold a few words.
const roomLeast = 20;

/** Broken between words; what does not fit goes on below, that many cells in. A word that is wider than a line stays whole. */
export function wrapped(text: string, columns: number, indent: number): readonly string[] {
  const whole = clean(text);
  if (widthOf(whole) <= columns) return [whole];
  const margin = ' '.repeat(Math.max(0, Math.min(indent, columns - roomLeast)));
  const lines = [''];
  for (const piece of whole.split(styles)) {
    for (const word of hasStyle(piece) ? [piece] : (piece.match(words) ?? [])) {
      const last = lines.at(-1) ?? '';
      if (widthOf(last + word.trimEnd()) <= columns || last.trim() === '') lines[lines.length - 1] = last + word;
      else lines.push(margin + word);
    }
  }
  return lines.map((line) => line.trimEnd());
}
