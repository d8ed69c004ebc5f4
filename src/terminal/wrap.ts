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
// after it, a number with its unit, a time with its preposition, and a cause with its arrow.
const words =
  /(?:← |(?:since|until|at|自|至) (?=\d)|[\d.]+ (?=(?:ms|s|min|h|d|%)(?!\w)))*[（「『【]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[，。；：、！？）」』】]*\s*|\s+/g;
// After the indent, a narrow line must still have room for a few words.
const roomLeast = 20;

/**
 * Wraps between words; continuation lines are indented by that many cells, less where a long word needs the room. A word that is wider
 * than a whole line stays whole.
 */
export function wrapped(text: string, columns: number, indent: number): readonly string[] {
  const whole = clean(text);
  if (widthOf(whole) <= columns) return [whole];
  const margin = ' '.repeat(Math.max(0, Math.min(indent, columns - roomLeast)));
  const lines = [''];
  for (const piece of whole.split(styles)) {
    for (const word of hasStyle(piece) ? [piece] : (piece.match(words) ?? [])) {
      const last = lines.at(-1) ?? '';
      const width = widthOf(word.trimEnd());
      if (widthOf(last) + width <= columns || last.trim() === '') lines[lines.length - 1] = last + word;
      else lines.push(margin.slice(0, Math.max(0, columns - width)) + word);
    }
  }
  return lines.map((line) => line.trimEnd());
}

// Where the command begins in `next: qcc use work`; and what no command holds, but a sentence with a command in it does.
const command = /(?:^|[\s：])(?=qcc |claude |eval )/;
const sentence = /[,;，；。]/;
// What ends a line of a command that goes on below: a shell reads the lines as one.
const goesOn = ' \\';
const goesOnIndent = 4;

/** A line that may hold a command. What does not fit goes on below, in a form that can still be copied into a shell. */
export function wrappedCommand(text: string, columns: number): readonly string[] {
  const whole = clean(text);
  const begins = command.exec(whole);
  const indent = whole.length - whole.trimStart().length;
  if (widthOf(whole) <= columns) return [whole];
  if (!begins || sentence.test(whole)) return wrapped(whole, columns, indent + 2);
  const at = begins.index + begins[0].length;
  const margin = ' '.repeat(indent + goesOnIndent);
  const lines = [whole.slice(0, at)];
  for (const word of whole.slice(at).split(' ')) {
    const last = lines.at(-1) ?? '';
    const isFirst = last === whole.slice(0, at) || last === margin;
    const longer = isFirst ? last + word : `${last} ${word}`;
    if (isFirst || widthOf(longer) + goesOn.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(margin + word);
  }
  return lines.map((line, i) => (i < lines.length - 1 ? line + goesOn : line));
}
