/**
 * The only way to the terminal. Lines are printed through here, and they contain no control sequence but our own styles. A style is a
 * placeholder until it is printed: it holds a random number of this process, so that no foreign text can contain one.
 */
import { styleText } from 'node:util';
import { visible } from '../platform/visible.ts';

const esc = '\u001b';

export type Style = Parameters<typeof styleText>[0];

let drawn: string | undefined;

/** The placeholder for the escape character of our own styles. It begins with a character that occurs in no text. */
function mark(): string {
  drawn ??= `\ufdd0${crypto.randomUUID()}`;
  return drawn;
}

/** A style, or its end, until it is printed. It contains the mark, which cannot be predicted. */
export const styles = /(\ufdd0[0-9a-f-]{36}\[[0-9;]*m)/g;
const parameters = /^\[[0-9;]*m/;

/** The text in a style. The text may contain styles of its own. */
export function styled(style: Style, text: string): string {
  const painted = styleText(style, '\n', { validateStream: false }).replaceAll(esc, mark());
  const [open = '', close = ''] = painted.split('\n');
  return open + text + close;
}

/** Ends all styles: for a line that is truncated in the middle of one. */
export const unstyled = (): string => `${mark()}[0m`;

export const hasStyle = (text: string): boolean => drawn !== undefined && text.includes(drawn);

/** Everything but our own styles is made visible; styles are still placeholders. */
export function clean(text: string): string {
  return hasStyle(text) ? pieces(text, mark()) : visible(text);
}

/** A line in the form that the terminal receives. */
export function rendered(line: string): string {
  return hasStyle(line) ? pieces(line, esc) : visible(line);
}

function pieces(text: string, begin: string): string {
  const [first = '', ...more] = text.split(mark());
  const shown = more.map((piece) => {
    const [style = ''] = parameters.exec(piece) ?? [];
    return (style === '' ? '' : begin + style) + visible(piece.slice(style.length));
  });
  return visible(first) + shown.join('');
}

/** Lines, each on its own: a line break inside a line is escaped. */
export function print(stream: { write(text: string): unknown }, ...lines: readonly string[]): void {
  if (lines.length > 0) stream.write(lines.map((line) => `${rendered(line)}\n`).join(''));
}

/** Lines for a program that splits them at tabs. In the fields themselves a tab would be escaped. */
export function printFields(stream: { write(text: string): unknown }, ...rows: readonly (readonly string[])[]): void {
  if (rows.length > 0) stream.write(rows.map((fields) => `${fields.map(visible).join('\t')}\n`).join(''));
}
