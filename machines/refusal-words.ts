/**
 * What an endpoint's error says, in whichever shape it says it: Anthropic's, OpenAI's, or one of the vendors'. What comes out is bounded,
 * and is text to be looked at: nothing of it is ever made into a pattern.
 */

export interface ErrorWords {
  /** `error.type`; empty where there is none. */
  readonly type: string;
  /** Every code in it, as text: HTTP's own among them, where a vendor repeats it. */
  readonly codes: readonly string[];
  /** MiniMax's `base_resp.status_code`, whose numbers mean something else than other vendors'. */
  readonly baseCode: string;
  /** For a person. */
  readonly message: string;
  /** The envelope that Anthropic documents, which its clients understand. */
  readonly isEnvelope: boolean;
}

// An error says at its beginning what it is. Behind that some quote the request, whose words are no words of theirs.
const messageMax = 1_000;
// More strings than an error has.
const sayingsMax = 64;
const codeMax = 80;
// A page, or an answer of another kind altogether, is not taken apart.
const bodyMax = 65_536;

const nothing: ErrorWords = { type: '', codes: [], baseCode: '', message: '', isEnvelope: false };

type Part = Readonly<Record<string, unknown>>;

/** @param body as far as it was read */
export function errorWordsIn(body: string): ErrorWords {
  const text = body.slice(0, bodyMax).trim();
  if (text === '') return nothing;
  const json = jsonOf(text) ?? jsonOf(dataOf(text));
  return json === undefined ? { ...nothing, type: typeWithin(text), message: text.slice(0, messageMax) } : of(json);
}

function of(json: unknown): ErrorWords {
  const outer = partOf(json);
  const list = Array.isArray(json) ? partOf(json[0]) : outer;
  const inner = partOf(list['error'] ?? list['errors']);
  const base = partOf(list['base_resp']);
  const details = partOf(inner['details']);
  const codes = [inner['code'], details['error_code'], list['code'], list['error_code'], inner['status']];
  // A relay's own word for it, and beside that what it is about.
  const both = [list['error'], list['message']].map(sentenceOf).filter((one) => one !== '');
  const said = [inner['message'], both.join(': '), list['msg'], list['detail'], base['status_msg']];
  const message = said.map(sentenceOf).find((one) => one !== '') ?? '';
  return {
    type: wordOf(inner['type']),
    codes: [...codes.map(wordOf), /^\[(\d{4})\]/.exec(message)?.[1] ?? ''].filter((code) => code !== ''),
    // In Anthropic's envelope the number stands at the end of the sentence.
    baseCode: wordOf(base['status_code']) || (/\((\d{4})\)$/.exec(message)?.[1] ?? ''),
    message: ownWords(message),
    isEnvelope: list['type'] === 'error' && typeof inner['type'] === 'string',
  };
}

/** Whether it is an error in one of these shapes. A good answer may have their places, and nothing in them. */
export function isErrorIn(json: unknown): boolean {
  const { type, error, success, base_resp: base } = partOf(json);
  if (type === 'error' || success === false || (error !== undefined && error !== null)) return true;
  const code = partOf(base)['status_code'];
  return code !== undefined && code !== 0;
}

function jsonOf(text: string): unknown {
  if (text[0] !== '{' && text[0] !== '[') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of an event stream: what the first line of data says. */
function dataOf(text: string): string {
  const at = text.startsWith('data:') ? 0 : text.indexOf('\ndata:') + 1;
  if (at === 0 && !text.startsWith('data:')) return '';
  const end = text.indexOf('\n', at);
  return text.slice(at + 'data:'.length, end < 0 ? undefined : end).trim();
}

// Words between quotes, and not a name or a list of names.
const quotedWords = /(?<![\w\\])(["'`])((?:\\.|(?!\1)[^\\\n]){1,8192})\1(?!\w)/g;
const isSentence = /[^,\s]\s+\S/;
/** What follows is an error inside of an error. */
const introduces = /\b(?:message|msg|error|errors|details?|reason|raw|response|body)["']?\s{0,4}[:=(-]?\s{0,4}$/i;
const introducesMax = 24;

/** Without what it quotes: a vendor that says what is wrong with a prompt may repeat it, and the prompt speaks of anything. */
function ownWords(text: string): string {
  return text.replace(quotedWords, (quoted: string, _: string, inside: string, at: number) =>
    isSentence.test(inside) && !introduces.test(text.slice(Math.max(0, at - introducesMax), at)) ? '…' : quoted,
  );
}

/** Where some repeat what was sent. */
const echoes: ReadonlySet<string> = new Set(['input', 'ctx']);

/** All that an error says in its own words, wherever it says it: for patterns that look for names. */
export function sayingsIn(body: string): string {
  const text = body.slice(0, bodyMax).trim();
  const json = jsonOf(text) ?? jsonOf(dataOf(text));
  if (json === undefined) return ownWords(text);
  const found: string[] = [];
  const left: unknown[] = [json];
  while (left.length > 0 && found.length < sayingsMax) {
    const next = left.shift();
    if (typeof next === 'string') found.push(ownWords(next));
    else left.push(...within(next).slice(0, sayingsMax));
  }
  return found.join('\n');
}

function within(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return Object.entries(partOf(value)).flatMap(([name, one]) => (echoes.has(name) ? [] : [one]));
}

/** Of what is cut off, or is JSON with something around it. */
function typeWithin(text: string): string {
  return /"error"\s*:\s*\{[^{}]*?"type"\s*:\s*"([a-z_]+)"/.exec(text)?.[1] ?? '';
}

function partOf(value: unknown): Part {
  return typeof value === 'object' && value !== null ? (value as Part) : {};
}

function wordOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.slice(0, codeMax) : '';
}

function sentenceOf(value: unknown): string {
  return typeof value === 'string' ? value.trim().slice(0, messageMax) : '';
}
