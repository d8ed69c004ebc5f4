/**
 * How many cells a text takes on a terminal: Chinese characters and emoji take two, styles none. Not by string-width, which agrees on
 * all that a terminal is shown here and takes 55 ms to load; this one takes 5, and the prompts bring it along.
 */
import fastStringWidth from 'fast-string-width';
import { styles } from './terminal.ts';

// Most texts are plain: no pattern has to be made for them, and no cell to be counted.
const plain = /^[\x20-\x7e]*$/;

export function widthOf(text: string): number {
  return plain.test(text) ? text.length : fastStringWidth(text.replace(styles, ''));
}
