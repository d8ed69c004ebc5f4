/** Which model a probe talks to: the cheapest that its name can tell. */
import { jsonIn } from '../src/platform/json.ts';
import { holdsKey } from './sentence.ts';

/** Known to most relays, and small: for an endpoint of which nothing is known. */
export const defaultModel = 'claude-haiku-4-5';

// Lists of relays hold everything that they resell; these do not hold a conversation.
const otherTrades = nameWith('embed|embedding|embeddings|whisper|tts|asr|dall|image|audio|video|moderation|rerank|ocr');
// What is called so is the small, the middle and the large one everywhere. Whole words: "mini" is not "gemini".
const small = nameWith('haiku|mini|nano|flash|lite|small|air|turbo');
const middle = nameWith('sonnet|plus|medium');
const large = nameWith('opus|max|ultra|pro|large');

/**
 * Those of `ids` that can be asked, the cheapest first. Claude's own come before all others: the Messages API is theirs,
 * and a relay may list what it does not translate. Among equals the list's order stays (Anthropic lists the newest first,
 * and old ones are retired).
 */
export function cheapestFirst(ids: readonly string[]): readonly string[] {
  return ids.filter((id) => !otherTrades.test(id)).sort((a, b) => rank(a) - rank(b));
}

function rank(id: string): number {
  const size = [small, middle, large].findIndex((pattern) => pattern.test(id));
  // Without a word on its size: between the small and the middle one.
  const cost = size < 0 ? 0.5 : size;
  return cost + (/claude/i.test(id) ? 0 : 3);
}

function nameWith(words: string): RegExp {
  return new RegExp(`(^|[^a-z])(${words})($|[^a-z])`, 'i');
}

// A page that looks like a list is not believed for long.
const idsMax = 1_000;
// What a model is called stands in facts: short, of letters that names are made of, and no key that is said back.
const name = /^[\w.:/@+[\]() -]{1,128}$/;
const idIn = /"id"\s*:\s*"([^"\\]{1,128})"/g;
const list = /^\s*\{\s*(?:"[a-z_]+"\s*:\s*(?:"[^"\\]*"|true|false|null)\s*,\s*)*"data"\s*:\s*\[/;

/** The ids of a `/v1/models` answer, or of its beginning, or null when it is none. */
export function readModels({
  body,
  isAborted,
}: {
  readonly body: string;
  readonly isAborted: boolean;
}): readonly string[] | null {
  if (isAborted) return list.test(body) ? [...body.matchAll(idIn)].flatMap(([, id = '']) => named(id)) : null;
  const data = (jsonIn(body) as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(data)) return null;
  return data.slice(0, idsMax).flatMap((one: { id?: unknown } | null) => {
    const id = one?.id;
    return typeof id === 'string' ? named(id) : [];
  });
}

function named(id: string): readonly string[] {
  return name.test(id) && !holdsKey(id) ? [id] : [];
}
