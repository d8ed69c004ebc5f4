/** What an endpoint said to a probe's question, read from the body of a Messages answer: a stream, or one piece. */

import type * as anthropic from '@anthropic-ai/sdk/resources';
import { isErrorIn } from '../machines/refusal-words.ts';
import { jsonIn } from '../src/platform/json.ts';
import { StreamWatch } from '../src/proxy/response/sse.ts';

export interface Answer {
  /** Of all text blocks. */
  readonly text: string;
  /** A stream is whole with its last event, an answer in one piece when it parses. */
  readonly isWhole: boolean;
  /** It thought, at least: with so few tokens some models come no further. */
  readonly hasThought: boolean;
  /** The error that it held instead, or in the middle, as JSON text. */
  readonly error: string | null;
  /** Caches included; 0 where nothing was said of them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The names are Anthropic's; what a stranger puts there may be anything. */
type Counts = 'input_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens' | 'output_tokens';
type Usage = { readonly [Name in keyof Pick<anthropic.Usage, Counts>]?: unknown };

interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
}

interface Told {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
}

interface Piece {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly msg?: unknown;
  readonly code?: unknown;
  readonly base_resp?: unknown;
  readonly type?: unknown;
  readonly content?: unknown;
  readonly usage?: Usage | null;
  readonly content_block?: Block;
  readonly delta?: Block;
}

/** A stream is what the proxy's own reader takes for one: an endpoint that passes a probe with it can serve a client. */
export function readAnswer(body: string): Answer {
  const message = parsed(body);
  if (message) return { ...saidIn([message]), isWhole: message.type === 'message', ...spentOn(message.usage) };
  const watch = new StreamWatch();
  watch.see(Buffer.from(body));
  const { input, cacheRead, cacheWrite, output } = watch.usage;
  const inputTokens = (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0);
  return { ...saidIn(eventsIn(body)), isWhole: watch.stopped, inputTokens, outputTokens: output ?? 0 };
}

function saidIn(pieces: readonly Piece[]): Pick<Answer, 'text' | 'hasThought' | 'error'> {
  const blocks = pieces.flatMap(blocksOf);
  const text = blocks.map((block) => (typeof block.text === 'string' ? block.text : '')).join('');
  const error = pieces.find(isErrorIn);
  return {
    text,
    hasThought: blocks.some(({ type }) => typeof type === 'string' && type.includes('thinking')),
    error: error ? errorText(error) : null,
  };
}

/** Any sensible text will do: what it says is the model's affair. Only what cannot be seen or read is none. */
export function isSensible({ text, isWhole, hasThought, error }: Answer): boolean {
  return isWhole && error === null && (hasThought || /[^\s\p{C}\uFFFD]/u.test(text));
}

/** What is looked for in it, and no more: it may be deeper than it can be written. */
function errorText({ type, error, message, msg, code, base_resp }: Piece): string {
  const told = typeof error === 'object' ? (error as Told | null) : null;
  const inner = told ? { type: word(told.type), message: word(told.message), code: word(told.code) } : word(error);
  const base = base_resp as { readonly status_code?: unknown; readonly status_msg?: unknown } | null | undefined;
  return JSON.stringify({
    type: word(type),
    error: inner,
    message: word(message),
    msg: word(msg),
    code: word(code),
    base_resp: base ? { status_code: word(base.status_code), status_msg: word(base.status_msg) } : undefined,
  });
}

function word(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function parsed(text: string): Piece | undefined {
  const value = jsonIn(text);
  return typeof value === 'object' && value !== null ? (value as Piece) : undefined;
}

function eventsIn(body: string): readonly Piece[] {
  return body.split(/\r\n|\n|\r/).flatMap((line) => {
    const event = line.startsWith('data:') ? parsed(line.slice('data:'.length)) : undefined;
    return event ? [event] : [];
  });
}

function blocksOf({ content, content_block, delta }: Piece): readonly Block[] {
  const all: readonly unknown[] = [...(Array.isArray(content) ? content : []), content_block, delta];
  return all.filter((block): block is Block => typeof block === 'object' && block !== null);
}

function spentOn(usage: Usage | null | undefined): Pick<Answer, 'inputTokens' | 'outputTokens'> {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = usage ?? {};
  const sum = (...told: readonly unknown[]) =>
    told.filter((count) => typeof count === 'number').reduce((all, count) => all + count, 0);
  return {
    inputTokens: sum(input_tokens, cache_creation_input_tokens, cache_read_input_tokens),
    outputTokens: sum(output_tokens),
  };
}
