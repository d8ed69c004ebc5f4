/** How many cells a text takes on a terminal: Chinese characters take two, styles none. */
import { styles } from './terminal.ts';

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
// Most texts are plain: to make the patterns for the others costs a start two milliseconds.
const plain = /^[\x20-\x7e]*$/;
const none = /[\p{Mn}\p{Me}\u200b-\u200f]/u;

export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let cells = 0;
  for (const character of text.replace(styles, '')) {
    if (!none.test(character)) cells += wide.test(character) ? 2 : 1;
  }
  return cells;
}
