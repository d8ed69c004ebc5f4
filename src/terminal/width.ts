/**
 * The number of cells of a text on a terminal: Chinese characters and emoji take two, styles none. Not by string-width, which agrees on all
 * that is shown here but takes 55 ms to load; this one takes 5, and the prompts depend on it anyway.
 */
import fastStringWidth from 'fast-string-width';
import { styles } from './terminal.ts';

// Most texts are plain: they need no pattern and no counting of cells.
const plain = /^[\x20-\x7e]*$/;

export function widthOf(text: string): number {
  return plain.test(text) ? text.length : fastStringWidth(text.replace(styles, ''));
}
