/** The body of an answer that should be JSON: looked at as it comes, and judged once it is whole or cannot be any more. */
import type { Failure } from '../../../events/endpoint.ts';
import { type CallReason, reason } from '../../../events/reason.ts';
import type { Usage } from '../../../events/request.ts';
import { typeWord } from '../../../machines/classify.ts';
import { Places } from '../request/json-places.ts';
import { JsonScanner } from '../request/json-scanner.ts';
import type { Head } from '../upstream/headers.ts';
import { plainText } from './encoding.ts';
import { errorWordsMax } from './error-words.ts';

const counts = {
  input: 'usage.input_tokens',
  output: 'usage.output_tokens',
  cacheRead: 'usage.cache_read_input_tokens',
  cacheWrite: 'usage.cache_creation_input_tokens',
} as const;
const places = new Places('type', 'content', 'input_tokens', ...Object.values(counts));

export interface Wanted {
  readonly wantsStream: boolean;
  readonly isMessages: boolean;
  readonly isCount: boolean;
}

/** `failure` null: what was asked for is not there, which says nothing of the endpoint. */
export interface Fault {
  readonly failure: Failure | null;
  readonly detail: CallReason;
  /** It is an error, and says itself what it means. */
  readonly isInside?: true;
  /** Its bytes, where they are not all that came. */
  readonly error?: Buffer;
}

export class JsonBody {
  readonly #wanted: Wanted;
  readonly #head: Head;
  readonly #scanner = new JsonScanner(places);
  #isJson = true;
  #length = 0;

  constructor(wanted: Wanted, head: Head) {
    this.#wanted = wanted;
    this.#head = head;
  }

  /** What is wrong already, whatever follows. */
  feed(bytes: Buffer): Fault | undefined {
    this.#length += bytes.length;
    if (this.#isJson) this.#isJson = this.#scanner.feed(bytes);
    return this.#isJson ? undefined : this.#noJson(this.#notJson());
  }

  /**
   * What is wrong with all of it, once no more comes.
   * @param length that came
   * @param packed a compressed body that was not looked at as it came: a count is small, and read when it is whole
   */
  over(length: number, packed: Buffer | null): Fault | undefined {
    const { length: told, encoding } = this.#head;
    if (told !== null && told !== length) return { failure: 'badAnswer', detail: reason('cutOff', { code: null }) };
    if (packed) this.feed(Buffer.from(plainText(packed, encoding, errorWordsMax)));
    return this.#end();
  }

  /** What is wrong with all of it: JSON, no error in an envelope, what was asked for. */
  #end(): Fault | undefined {
    const { isMessages, isCount, wantsStream } = this.#wanted;
    const scanner = this.#scanner;
    const bad = (detail: CallReason): Fault => ({ failure: 'badAnswer', detail });
    if (this.#length === 0) return this.#noJson(reason('empty'));
    if (!this.#isJson || !scanner.end()) return this.#noJson(this.#notJson());
    if (scanner.textOf('type') === 'error')
      return { ...bad(reason('errorInside', { status: this.#head.status })), isInside: true };
    if (isCount) return isNumberOf(scanner.numberOf('input_tokens')) ? undefined : this.#noJson(reason('noTokenCount'));
    if (!isMessages) return undefined;
    // Some say in a way of their own what went wrong.
    if (scanner.kindOf('content') !== 'array') return { ...bad(reason('noMessage')), isInside: true };
    return wantsStream ? bad(reason('jsonForStream')) : undefined;
  }

  get usage(): Usage | null {
    const scanner = this.#scanner;
    if (scanner.kindOf('usage') !== 'object') return null;
    return {
      input: scanner.numberOf(counts.input),
      output: scanner.numberOf(counts.output),
      cacheRead: scanner.numberOf(counts.cacheRead),
      cacheWrite: scanner.numberOf(counts.cacheWrite),
    };
  }

  #notJson(): CallReason {
    return reason('notJson', { type: typeWord(this.#head.contentType) });
  }

  #noJson(detail: CallReason): Fault | undefined {
    const { isMessages, isCount } = this.#wanted;
    const { contentType } = this.#head;
    if (!isMessages && !isCount && !contentType.includes('html')) return undefined;
    // A page or nothing, where a count was asked for: that path is not there.
    return { failure: isCount ? null : 'badAnswer', detail };
  }
}

function isNumberOf(tokens: number | null): boolean {
  return tokens !== null && Number.isInteger(tokens) && tokens >= 0;
}
