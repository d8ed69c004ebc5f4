/** Tables for people: aligned columns, and rules for what is shown when not all of them fit. */
import { clean } from './terminal.ts';
import { widthOf } from './width.ts';
import { cut, wrapped } from './wrap.ts';

export interface TableShape {
  /** The heads of columns that a narrow terminal omits, in this order. */
  readonly optional?: readonly string[];
  /** The last column is a sentence: it wraps below itself instead of being truncated. */
  readonly wrapsLast?: boolean;
}

interface Page {
  readonly columns: number;
  readonly paintHead: (text: string) => string;
}

type Rows = readonly (readonly string[])[];

const gap = 2;
// A last column narrower than this is truncated: one word a line cannot be read.
const sentenceLeast = 12;
// This much of a sentence on a line reads well; no other column is omitted for more.
const sentenceWish = 24;

/** Columns as wide as their content. What does not fit the terminal is omitted, wrapped or truncated, by the shape. */
export function tableLines(
  heads: readonly string[],
  values: Rows,
  { columns, paintHead }: Page,
  shape: TableShape = {},
): readonly string[] {
  // Before measuring: visible forms are wider than the original characters.
  const table = [heads, ...values.map((row) => row.map(clean))];
  const [head = [], ...rows] = fitting(table, shape, columns);
  const widths = widthsOf([head, ...rows]);
  const indent = wholeOf(widths.slice(0, -1)) + gap;
  const laid = (cells: readonly string[]) => cells.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' '.repeat(gap));
  const lines = (cells: readonly string[]) =>
    shape.wrapsLast && columns - indent >= sentenceLeast && columns < Number.POSITIVE_INFINITY
      ? below(laid(cells.slice(0, -1)), cells.at(-1) ?? '', columns - indent)
      : [cut(laid(cells).trimEnd(), columns)];
  return [...lines(head).map(paintHead), ...rows.flatMap(lines)];
}

/** Without the omitted columns. */
function fitting(table: Rows, { optional = [], wrapsLast = false }: TableShape, columns: number): Rows {
  const [leftOut, ...more] = optional;
  const widths = widthsOf(table);
  const last = widths.at(-1) ?? 0;
  const needed = wholeOf(widths) - (wrapsLast ? Math.max(0, last - sentenceWish) : 0);
  if (leftOut === undefined || needed <= columns) return table;
  const at = table[0]?.indexOf(leftOut) ?? -1;
  const without = at < 0 ? table : table.map((row) => row.toSpliced(at, 1));
  return fitting(without, { optional: more, wrapsLast }, columns);
}

function widthsOf([head = [], ...rows]: Rows): readonly number[] {
  return head.map((name, i) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[i] ?? ''))));
}

function wholeOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap, -gap);
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

/** The sentence beside the other cells, wrapped below itself. */
function below(others: string, sentence: string, room: number): readonly string[] {
  const beside = others === '' ? '' : `${others}${' '.repeat(gap)}`;
  const margin = ' '.repeat(widthOf(beside));
  return wrapped(sentence, room, 0).map((line, i) =>
    cut(`${i === 0 ? beside : margin}${line}`.trimEnd(), room + margin.length),
  );
}
