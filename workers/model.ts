/** Which model a probe talks to: the cheapest that its name can tell. */

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

// A model's name is short; a page that looks like a list is not believed for long.
const idMax = 200;
const idsMax = 1_000;

/** The ids of a `/v1/models` answer, or null when it is none. */
export function readModels(body: string): readonly string[] | null {
  let data: unknown;
  try {
    data = (JSON.parse(body) as { data?: unknown } | null)?.data;
  } catch {
    return null;
  }
  if (!Array.isArray(data)) return null;
  return data.slice(0, idsMax).flatMap((one: { id?: unknown } | null) => {
    const id = one?.id;
    return typeof id === 'string' && id !== '' && id.length <= idMax ? [id] : [];
  });
}
