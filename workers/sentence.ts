/** What an endpoint says of its refusal, made fit for a terminal and for the log. */
import type { CallReason } from '../events/reason.ts';
import { keyLike } from '../src/errors/key-shape.ts';

const lengthMax = 280;

/** One line of bounded length that controls no terminal and holds no key, should the endpoint say it back. */
export function sentence(text: string, key: string): string {
  const hidden = (key === '' ? text : text.replaceAll(key, '…')).replace(keyLike, '…');
  // Cut only now: half a key is one too.
  return hidden
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, lengthMax);
}

/** What the endpoint said, to stand behind what we say of its refusal. */
export function quoted(said: string | null, key: string): { readonly said?: string } {
  const told = said === null ? '' : sentence(said, key);
  return told === '' ? {} : { said: told };
}

/** What of it may be recorded. An endpoint may say back anything, what it was asked too, and a fact is for ever. */
export function unquoted({ code, params }: CallReason): CallReason {
  const { said: _, ...known } = params as { readonly said?: string };
  return { code, params: known } as CallReason;
}

/** Something in it looks like a key. */
export function holdsKey(text: string): boolean {
  return text.search(keyLike) >= 0;
}

// Pages have theirs at their beginning.
const titleIn = 4_096;

/** The words of an error body in any of the shapes that relays use, or null where it has none for a person. */
export function wordsOf(body: string): string | null {
  const text = body.trim();
  try {
    return messageIn(JSON.parse(text) as Shape);
  } catch {
    // A title that never ends is looked for from each of its beginnings.
    const title = /<title[^>]*>([^<]+)</i.exec(text.slice(0, titleIn))?.[1];
    return title ?? (text === '' || text.startsWith('<') ? null : text);
  }
}

type Shape = { readonly error?: unknown; readonly message?: unknown; readonly detail?: unknown } | null;

function messageIn(shape: Shape): string | null {
  const inner = typeof shape?.error === 'object' ? (shape.error as Shape)?.message : shape?.error;
  const found = [inner, shape?.message, shape?.detail].find((one) => typeof one === 'string' && one !== '');
  return typeof found === 'string' ? found : null;
}
