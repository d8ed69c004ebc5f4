/** The fields of a message's head, which is cut at its CRLFs and nowhere else. */
import { internIn } from '../../platform/memoize.ts';

const lineEnd = '\r\n';

/**
 * Names as they were written, empty where a line has no colon; values without the blanks around them.
 * @param from where the first field begins
 * @param field false ends it, and is then what comes back
 */
export function eachField(text: string, from: number, field: (name: string, value: string) => boolean): boolean {
  for (let at = from; at < text.length; ) {
    const next = text.indexOf(lineEnd, at);
    const end = next < 0 ? text.length : next;
    const { name, value } = fieldAt(text, at, end);
    if (!field(name, value)) return false;
    at = end + lineEnd.length;
  }
  return true;
}

/** Of the line that stands there. */
export function fieldAt(text: string, at: number, end: number): { readonly name: string; readonly value: string } {
  const colon = text.indexOf(':', at);
  if (colon < 0 || colon >= end) return { name: '', value: '' };
  return { name: internIn(text, at, colon), value: valueIn(text, colon + 1, end) };
}

function valueIn(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** RFC 9110 §5.6.3: a space or a tab. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
