/** Lines of a list in time: a lead, a subject, and a sentence about it. */
import type { Output } from '../terminal/output.ts';
import { widthOf } from '../terminal/width.ts';

interface Told {
  /** The time, and what is as short in each line. */
  readonly lead: string;
  readonly subject: string;
  readonly paint: (subject: string) => string;
  readonly sentence: string;
  /** The cells of a usual subject. */
  readonly width?: number;
}

const usualWidth = 18;
// A subject that is no longer than that moves its sentence a little.
const slack = 6;
const gap = 2;
// A sentence reads well in this room; where there is less, it stands below its subject.
const sentenceLeast = 30;
// Past the time.
const narrowIndent = 9;

/** A long subject, or a narrow terminal, takes no room from the sentence: that stands below then. */
export function tellSubject(out: Output, { lead, subject, paint, sentence, width = usualWidth }: Told): void {
  const column = widthOf(lead) + 1 + width + gap;
  const spaces = ' '.repeat(Math.max(0, width - widthOf(subject)));
  const head = `${lead} ${paint(subject)}${spaces}${' '.repeat(gap)}`;
  const isNarrow = out.columns - column < sentenceLeast;
  const isLong = widthOf(subject) > width + slack;
  const isBelow = widthOf(head + sentence) > out.columns && (isNarrow || isLong);
  const below = isNarrow ? narrowIndent : column;
  const indent = isBelow ? below : widthOf(head);
  const lines = isBelow ? [head.trimEnd(), ' '.repeat(indent) + sentence] : [head + sentence];
  out.prose(indent, ...lines);
}
