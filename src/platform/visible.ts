/**
 * Makes untrusted text visible. Clients, endpoints, files and logs choose names, models, paths and reasons; a control character in one of
 * them would command the reader's terminal (OSC 52 sets the clipboard, CSI moves the cursor), a newline would forge a row, and a direction
 * override disguises a name.
 */

// Most texts are plain: only the others are processed character by character.
const plain = /^[\x20-\x7e]*$/;

/**
 * C0, DEL and C1; soft hyphen and other invisible characters; direction overrides, isolates and marks; line separators; joiners and other
 * characters of no width; tags; lone surrogates; noncharacters.
 */
const hidden = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff]',
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])',
    '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
    // As pairs, because a set of astral characters needs a flag with which the lone surrogates above are never found.
    '\\ud804[\\udcbd\\udccd]',
    '\\ud80d[\\udc30-\\udc3f]',
    '\\ud82f[\\udca0-\\udca3]',
    '\\ud834[\\udd73-\\udd7a]',
    '\\udb40[\\udc00-\\udfff]',
  ].join('|'),
  'g',
);

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escaped as in JSON, so that JSON text stays the same data. */
function escaped(characters: string): string {
  const known = short[characters];
  if (known !== undefined) return known;
  return [...characters.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

/** On one line, with neither control sequences nor invisible characters. */
export function visible(text: string): string {
  return plain.test(text) ? text : text.replace(hidden, escaped);
}

/** The same text without invisible characters; line separators become spaces. For names from other programs. */
export function onlyVisible(text: string): string {
  return plain.test(text)
    ? text
    : text
        .replaceAll(/[\s\u2028\u2029]+/g, ' ')
        .replace(hidden, '')
        .trim();
}

type Replacer = (key: string, value: unknown) => unknown;

/** JSON that is safe to print anywhere: JSON itself escapes C0 alone. */
export function visibleJson(value: unknown, replacer?: Replacer): string {
  return visible(JSON.stringify(value, replacer) ?? 'null');
}

/** The same for a file that people read: indented. */
export function visibleDocument(value: unknown, replacer?: Replacer): string {
  return JSON.stringify(value, replacer, 2).split('\n').map(visible).join('\n');
}
