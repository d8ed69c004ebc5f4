/**
 * Detects text that looks like an API key. A key that is pasted in the place of a name, a reason or an address would be kept in the log for
 * ever, or be repeated in an error: so it is refused there, and no error repeats it.
 */

// The mask of a shorter key would reveal too much of it.
const shownFrom = 16;
const headLength = 6;
const tailLength = 4;

export function maskKey(key: string): string {
  return key.length < shownFrom ? '…' : `${key.slice(0, headLength)}…${key.slice(-tailLength)}`;
}

/** The prefixes of the vendors' keys. A JWT counts too: relays issue them. */
const vendors =
  /(?<![A-Za-z0-9])(?:sk-ant-[\w-]{4,}|(?:sk|rk|pk|ak|ark|key|api)[-_][\w-]{16,}|gsk_\w{16,}|xai-[\w-]{16,}|AIza[\w-]{20,}|A[KS]IA[A-Z0-9]{12,}|ABSK[\w+/=-]{20,}|gh[a-z]_\w{16,}|qcc_[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)/g;
// `sk-relay-of-the-office` is a name: the characters of a key do not form words.
const words = /^(?:sk|rk|pk|ak|ark|key|api)(?:[-_](?:[a-z]{1,12}|\d{1,4}))+$/i;

/**
 * In untrusted text, which may repeat a key that is not even ours: of any provider, whole or in part, and with false positives rather than
 * misses.
 */
export const keyLike = /\b(?:sk|ak|cr|key|api)[-_][\w-]{8,}|\bBearer\s+\S+/gi;

// A token without a vendor's prefix: text so long, and so mixed, is no word and no version.
const mixedMin = 24;
const lowerMin = 32;
/** Without such a long run there is no token, and most texts have none: this is checked before a text is split. */
const longRun = new RegExp(`[\\w.+~-]{${mixedMin}}`);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const bounds = /[\s"'`“”=,;:|()<>[\]{}&?#@]+/;

function isToken(piece: string): boolean {
  if (piece.length < mixedMin || uuid.test(piece) || !/^[\w.+~-]+$/.test(piece)) return false;
  // A key is one run of characters; the name of a model or a host is words with punctuation between them.
  return piece.split(/[-_.+~]/).some((run) => {
    const has = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(run)).length;
    return (run.length >= mixedMin && has === 3) || (run.length >= lowerMin && has >= 2 && /\d/.test(run));
  });
}

const isVendors = (found: string) => !words.test(found);

/** Whether it contains a key in a vendor's form. For identifiers, which may be as random as a key. */
export function holdsVendorKey(text: string): boolean {
  return (text.match(vendors) ?? []).some(isVendors);
}

/** Whether it contains a key, or a long random token. */
export function looksLikeKey(text: string): boolean {
  return holdsVendorKey(text) || (longRun.test(text) && text.split(bounds).some(isToken));
}

/** The same text, with keys masked. */
export function withoutKeys(text: string): string {
  // Most texts are short words.
  if (text.length < shownFrom) return holdsVendorKey(text) ? '…' : text;
  const known = text.replace(vendors, (found) => (isVendors(found) ? maskKey(found) : found));
  if (!longRun.test(known)) return known;
  return known
    .split(/([\s"'`“”=,;:|()<>[\]{}&?#@]+)/)
    .map((piece) => (isToken(piece) ? maskKey(piece) : piece))
    .join('');
}
