/** What a person saw, in the form in which two runs agree; and what must hold for each screen. */
import { widthOf } from './width.mjs';

const width = (shape) => (text) => shape.slice(0, text.length).padEnd(text.length, '0');

// What differs between two runs, each with a stand-in of the same width.
const varying = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, width('00000000-0000-0000-0000-000000000000')],
  [/\b\d{4}-\d\d-\d\d\b/g, () => '2026-01-02'],
  [/\b\d\d:\d\d:\d\d(?:\.\d{3})?\b/g, width('12:34:56.789')],
  [/(?<=127\.0\.0\.1:)\d{5}\b/g, () => '00000'],
  [/(?<=…)[0-9a-f]{6}\b/g, () => 'abcdef'],
  [/(?<![\w.-])(?=[0-9a-f]*\d)[0-9a-f]{8}(?![\w.-])/g, () => 'abcd1234'],
  [/\bpid:? \d+/g, () => 'pid 00000'],
  // How many clients may connect depends on how many files the machine lets a process open.
  [/(?<=of |上限 )\d+/g, width('0000')],
  [/\d+(?:\.\d+)?(?=\/\d+ ms\b)/g, width('0000')],
  [/\d+(?:\.\d+)?(?= (?:ms|s|min|h)\b)/g, width('0000')],
  [/\d+(?:\.\d+)?(?= (?:毫秒|秒|分钟|小时))/g, width('0000')],
];

/** @param folder the run's own, whose name is another one each time */
export function recordable(lines, folder) {
  return lines.map((line) =>
    varying.reduce(
      (text, [what, by]) => text.replace(what, by),
      line.replaceAll(folder, `${folder.slice(0, -6)}XXXXXX`),
    ),
  );
}

/** Spans of one digit and of two move what stands beside them: how it is laid out is held by the faults, and by who reads the difference. */
export function sameWords(a, b) {
  const words = (text) => text.replace(/0+(?= ?(?:ms|s|min|h|秒)\b)/g, '0').replace(/\s+/g, '');
  return words(a) === words(b);
}

/**
 * @param rows what stands on the screen; `lines` the same, as it was printed
 * @returns what is wrong with it, in sentences
 */
export function faultsOf({ rows, lines, columns, keys }) {
  const faults = [];
  // A single word that is wider than the terminal cannot stand on it whole.
  for (const line of lines)
    if (widthOf(line) > columns && (widthOf(line.trim()) <= columns || /\S\s/.test(line.trim())))
      faults.push(`the terminal broke this line: ${line}`);
  const whole = rows.join('');
  for (const key of keys)
    for (let at = 0; at + shownMost < key.length; at++)
      if (whole.includes(key.slice(at, at + shownMost + 1))) {
        faults.push('a key stands on it');
        break;
      }
  return faults;
}

// The end of a key tells two keys apart; more of it is shown nowhere.
const shownMost = 10;
