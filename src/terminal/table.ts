/** Tables for people: aligned columns, and rules for what is shown when not all of them fit beside each other. */
import { clean } from './terminal.ts';
import { widthOf } from './width.ts';
import { cut, wrapped } from './wrap.ts';

export interface TableShape {
  /** The heads of columns that a narrow terminal omits, in this order. On a terminal none is shown that has nothing to say. */
  readonly optional?: readonly string[];
  /** The heads of columns that need no head where they stand below their row: "recovering in 5 s", "no answer in time". */
  readonly sentences?: readonly string[];
  /** The last column is a sentence: it wraps below itself. */
  readonly wrapsLast?: boolean;
}

interface Page {
  readonly columns: number;
  readonly paintHead: (text: string) => string;
}

type Cells = readonly string[];
type Rows = readonly Cells[];

/** Which columns stand beside each other, how wide, and which stand below their row. */
interface Layout {
  readonly rows: Rows;
  readonly widths: readonly number[];
  readonly below: Rows;
}

const gap = 2;
// This much of a sentence on a line reads well; a sentence that gets less stands below its row.
const sentenceWish = 24;
// The line below a row is indented by this.
const belowIndent = 4;
// A long cell hangs over its column only where that gives the other columns this much: less is got by leaving a column out.
const overhangLeast = 10;

/** Columns as wide as their content. What does not fit beside the rest is omitted, or stands below its row: nothing else is lost. */
export function tableLines(heads: Cells, values: Rows, page: Page, shape: TableShape = {}): readonly string[] {
  // Before measuring: visible forms are wider than the original characters.
  const table = [heads, ...values.map((row) => row.map(clean))];
  const { columns, paintHead } = page;
  const shown = columns < Infinity ? telling(table, shape) : table;
  const { rows, widths, below } = layoutOf(shown, shape, columns);
  const [head = [], ...others] = rows;
  const [belowHead = [], ...belowOthers] = below;
  const { sentences = [] } = shape;
  const lines = (cells: Cells) => laid(cells, widths, columns);
  const bare = (name: string, i: number) => sentences.includes(name) || (shape.wrapsLast && i === belowHead.length - 1);
  const under = (cells: Cells) => {
    const said = cells.flatMap((cell, i) => {
      const name = belowHead[i] ?? '';
      if (isEmpty(cell)) return [];
      return [bare(name, i) ? cell : `${paintHead(name)} ${cell}`];
    });
    return said.length === 0 ? [] : indented(said.join(' '.repeat(gap)), columns);
  };
  return [
    ...lines(head).map(paintHead),
    ...others.flatMap((cells, i) => [...lines(cells), ...under(belowOthers[i] ?? [])]),
  ];
}

const isEmpty = (cell: string) => cell === '' || cell === '-';

/** Without the optional columns in which no row says anything. */
function telling(table: Rows, { optional = [], sentences = [] }: TableShape): Rows {
  const [head = [], ...rows] = table;
  const quiet = head.map(
    (name, i) => (optional.includes(name) || sentences.includes(name)) && rows.every((row) => isEmpty(row[i] ?? '')),
  );
  return table.map((row) => row.filter((_, i) => !quiet[i]));
}

function layoutOf(table: Rows, { optional = [], wrapsLast = false }: TableShape, columns: number): Layout {
  let rows = table;
  for (const leftOut of [...optional, undefined]) {
    const widths = narrowed(rows, columns, wrapsLast);
    if (widths) return { rows, widths, below: [] };
    const at = leftOut === undefined ? -1 : (rows[0]?.indexOf(leftOut) ?? -1);
    if (at >= 0) rows = rows.map((row) => row.toSpliced(at, 1));
  }
  for (let beside = Math.max(1, (rows[0]?.length ?? 0) - 1); ; beside--) {
    const kept = rows.map((row) => row.slice(0, beside));
    const below = rows.map((row) => row.slice(beside));
    const widths = narrowed(kept, columns, false);
    if (widths || beside <= 1) return { rows: kept, widths: widths ?? widthsOf(kept), below };
  }
}

/**
 * The widths of columns that fit beside each other, or undefined. One long cell takes nothing from the others: it hangs over its column,
 * and its row goes on below it.
 */
function narrowed(rows: Rows, columns: number, wrapsLast: boolean): readonly number[] | undefined {
  let widths = widthsOf(rows);
  const isWider = () => {
    const sentence = wrapsLast ? Math.max(0, (widths.at(-1) ?? 0) - sentenceWish) : 0;
    return wholeOf(widths) - sentence > columns;
  };
  while (isWider()) {
    // A sentence at the end wraps instead.
    const hanging = wrapsLast ? widths.slice(0, -1) : widths;
    const steps = hanging.map((width, i) => ({ i, next: nextWidth(rows, i, width) }));
    const gain = ({ i, next }: { i: number; next: number }) => (widths[i] ?? 0) - next;
    const best = steps.reduce((a, b) => (gain(b) > gain(a) ? b : a), steps[0] ?? { i: 0, next: widths[0] ?? 0 });
    if (gain(best) < overhangLeast) return undefined;
    widths = widths.with(best.i, best.next);
  }
  return widths;
}

/** The width of a column without its widest cells, as long as these are the exception. */
function nextWidth(rows: Rows, column: number, width: number): number {
  const [head = '', ...cells] = rows.map((row) => row[column] ?? '');
  const narrower = Math.max(widthOf(head), ...cells.map(widthOf).filter((one) => one < width));
  const hanging = cells.filter((cell) => widthOf(cell) > narrower).length;
  const others = cells.filter((cell) => !isEmpty(cell) && widthOf(cell) <= narrower).length;
  return hanging <= others ? narrower : width;
}

function widthsOf([head = [], ...rows]: Rows): readonly number[] {
  return head.map((name, i) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[i] ?? ''))));
}

function wholeOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap, -gap);
}

/**
 * One row. What follows a cell that hangs over its column begins on the next line, in its own column; a word that would not fit there
 * begins further left.
 */
function laid(cells: Cells, widths: readonly number[], columns: number): readonly string[] {
  const lines = [''];
  let at = 0;
  for (const [i, cell] of cells.entries()) {
    const width = widthOf(cell);
    const isWord = !cell.includes(' ');
    const from = isWord ? Math.max(0, Math.min(at, columns - width)) : at;
    if (cell !== '') {
      if (i > 0 && widthOf(lines.at(-1) ?? '') > from - gap) lines.push('');
      const [first = '', ...more] = from + width > columns ? wrapped(cell, columns - from, 0) : [cell];
      lines.push(`${padded(lines.pop() ?? '', from)}${first}`, ...more.map((line) => `${' '.repeat(from)}${line}`));
    }
    at += (widths[i] ?? 0) + gap;
  }
  return lines.map((line) => cut(line.trimEnd(), columns));
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

function indented(text: string, columns: number): readonly string[] {
  const margin = ' '.repeat(Math.min(belowIndent, Math.max(0, columns - belowIndent)));
  return wrapped(text, columns - margin.length, 0).map((line) => cut(margin + line, columns));
}
