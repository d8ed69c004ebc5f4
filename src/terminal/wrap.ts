/** Truncates a line that is wider than the terminal, or breaks it between its words. */
import { clean, hasStyle, styles, unstyled } from './terminal.ts';
import { widthOf } from './width.ts';

/** Truncates by visible width: styles take no cells, are never split, and none is left open. */
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

// A word, or one character of a script without spaces. Closing punctuation stays with the text before it, opening punctuation with the text
// after it, a number with its unit, and a cause with its arrow.
const words =
  /(?:← |[\d.]+ (?=(?:ms|s|min|h|d|%)(?!\w)))?[（「『【]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[，。；：、！？）」』】]*\s*|\s+/g;
// After the indent, a narrow line must still have room for a few words.
const roomLeast = 20;

/** Wraps between words; continuation lines are indented by that many cells. A word that is wider than a line stays whole. */
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
