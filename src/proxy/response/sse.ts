/**
 * What the bytes of an event stream tell, in one pass, however they are cut: the names of its events, and of four of them what is
 * said in a few places. Nothing is held but the beginning of a line.
 */
import type * as anthropic from '@anthropic-ai/sdk/resources';
import type { Usage } from '../../../events/request.ts';
import { Places } from '../request/json-places.ts';
import { JsonScanner } from '../request/json-scanner.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);
// An error's words are a few hundred bytes.
const errorDataMax = 65_536;
// Longer than any name that matters.
const nameMax = 32;

const counts = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
] as const satisfies readonly (keyof anthropic.Usage)[];
const atStart = counts.map((count) => `message.usage.${count}`);
const atEnd = counts.map((count) => `usage.${count}`);
const block = { type: 'content_block.type', text: 'content_block.text', thinking: 'content_block.thinking' } as const;
const mayBeginEmpty: ReadonlyMap<string, string> = new Map([
  ['text', block.text],
  ['thinking', block.thinking],
]);
const places = new Places('error.type', 'delta.stop_reason', ...Object.values(block), ...atStart, ...atEnd);

/** Those whose data is read. */
const isRead: ReadonlySet<string> = new Set<anthropic.RawMessageStreamEvent['type'] | 'error'>([
  'message_start',
  'message_delta',
  'content_block_start',
  'error',
]);

// Where in a line the next byte stands.
const lineStart = 0;
const carriage = 1;
const eventField = 2;
const dataField = 3;
const name = 4;
const dataStart = 5;
const data = 6;
const comment = 7;
const other = 8;

/** How nearly all events of a stream begin. */
const usual = Buffer.from('event: content_block_delta\ndata: ');

const fields: Readonly<Record<number, Buffer>> = {
  [eventField]: Buffer.from('event:'),
  [dataField]: Buffer.from('data:'),
};

/**
 * `pending` until content has come, or the stream is whole without any: `message_start`, `ping` and a block that begins empty show nothing,
 * and only complete events count. `failed`: an error instead, or an end that gives no reason.
 */
export type CommitState = 'pending' | 'committable' | 'failed';

export class StreamWatch {
  commitState: CommitState = 'pending';
  /** Its last event has come. */
  stopped = false;
  /** A ping or a comment has come: a sign of a process, none of progress. Who waits for another one takes it away. */
  hasPinged = false;
  /** It thinks: of a block of that kind the end has not come. */
  isThinking = false;
  /** It has said why it stops: what is still to come is an end. */
  hasReason = false;
  /** Of the error that came instead of content, where it told; as it was told. */
  errorType: string | null = null;
  /** The data of that error event, as it came. */
  errorData: Buffer = nothing;
  /** What the last piece was: pings, comments and empty lines alone are no progress. */
  isProgress = false;
  /** Where in the last piece an error event begins that came after content, or -1. What stands before it is still good. */
  errorAt = -1;
  #at = lineStart;
  /** How far a field's name was read. */
  #matched = 0;
  /** What has come of a name whose line is not over. */
  #begun = '';
  #event = '';
  #hasData = false;
  #scanner: JsonScanner | undefined;
  #isScanning = false;
  /** In the order of `counts`; -1 was not told. */
  readonly #usage = [-1, -1, -1, -1];

  /** @param isMore it is seen as one piece together with the last one */
  see(piece: Buffer, isMore = false): void {
    if (!isMore) this.isProgress = false;
    else if (this.errorAt >= 0) return;
    this.errorAt = -1;
    let lineAt = 0;
    let at = 0;
    while (at < piece.length) {
      switch (this.#at) {
        case lineStart:
          lineAt = at;
          at = this.#usual(piece, at) ?? this.#lineStart(piece, at);
          break;
        case carriage:
          // An empty line, or a line of another field that begins with a CR.
          if (piece[at] === newline) {
            this.#eventOver();
            at++;
            this.#at = lineStart;
          } else this.#at = other;
          break;
        case eventField:
        case dataField:
          at = this.#field(piece, at);
          break;
        case name:
          at = this.#name(piece, at);
          if ((this.#at as number) === lineStart && this.#event === 'error' && this.commitState === 'committable') {
            this.errorAt = lineAt;
            return;
          }
          break;
        case dataStart:
          if (piece[at] === 0x20) at++;
          this.#at = data;
          this.#dataBegins();
          break;
        default:
          at = this.#rest(piece, at);
      }
    }
  }

  /** The largest figures that were told: some relays begin with zeros, others end with them. */
  get usage(): Usage {
    const [input, output, cacheRead, cacheWrite] = this.#usage.map((count) => (count < 0 ? null : count));
    return {
      input: input ?? null,
      output: output ?? null,
      cacheRead: cacheRead ?? null,
      cacheWrite: cacheWrite ?? null,
    };
  }

  /** Behind a delta that is there as a whole, in the form that Anthropic gives it: as if it had been read line by line. */
  #usual(piece: Buffer, at: number): number | undefined {
    if (this.#event !== '' || this.#hasData || piece.length - at < usual.length) return undefined;
    for (let i = 0; i < usual.length; i++) if (piece[at + i] !== usual[i]) return undefined;
    const end = piece.indexOf(newline, at + usual.length);
    if (end < 0 || piece[end + 1] !== newline) return undefined;
    this.isProgress = true;
    if (this.commitState === 'pending') this.commitState = 'committable';
    return end + 2;
  }

  #lineStart(piece: Buffer, at: number): number {
    this.#matched = 1;
    switch (piece[at]) {
      case newline:
        this.#eventOver();
        break;
      case carriageReturn:
        this.#at = carriage;
        break;
      case 0x65:
        this.#at = eventField;
        break;
      case 0x64:
        this.#at = dataField;
        break;
      case 0x3a:
        this.hasPinged = true;
        this.#at = comment;
        break;
      default:
        this.#at = other;
    }
    return at + 1;
  }

  #field(piece: Buffer, from: number): number {
    const field = fields[this.#at] as Buffer;
    let at = from;
    while (at < piece.length && this.#matched < field.length && piece[at] === field[this.#matched]) {
      at++;
      this.#matched++;
    }
    if (this.#matched < field.length) {
      if (at < piece.length) this.#at = other;
      return at;
    }
    this.#begun = '';
    this.#at = this.#at === eventField ? name : dataStart;
    return at;
  }

  #name(piece: Buffer, from: number): number {
    const end = piece.indexOf(newline, from);
    const to = end < 0 ? piece.length : end;
    // One letter more than any name, so that a longer one is none of them.
    const left = nameMax - this.#begun.length;
    const text = this.#begun + piece.toString('latin1', from, Math.min(to, from + left));
    if (end < 0) {
      this.#begun = text;
      return to;
    }
    const start = text.charCodeAt(0) === 0x20 ? 1 : 0;
    this.#event = text.slice(start, text.charCodeAt(text.length - 1) === carriageReturn ? -1 : undefined);
    if (this.#event !== 'ping') this.isProgress = true;
    this.#at = lineStart;
    return end + 1;
  }

  /** What is left of a line whose field is known. */
  #rest(piece: Buffer, from: number): number {
    const end = piece.indexOf(newline, from);
    const to = end < 0 ? piece.length : end;
    if (this.#at === data) {
      if (to > from && this.#event !== 'ping') this.isProgress = true;
      if (this.#isScanning) this.#scanner?.feed(piece, from, to);
      if (this.#event === 'error' && this.commitState === 'pending') this.#keep(piece.subarray(from, to));
    }
    if (end < 0) return to;
    this.#at = lineStart;
    return end + 1;
  }

  /** Of an error alone, which is small. */
  #keep(data: Buffer): void {
    if (this.errorData.length < errorDataMax) this.errorData = Buffer.concat([this.errorData, data]);
  }

  #dataBegins(): void {
    const isFirst = !this.#hasData;
    this.#hasData = true;
    if (this.#event === 'message_stop' && this.commitState === 'committable') this.stopped = true;
    this.#isScanning = isRead.has(this.#event);
    if (!this.#isScanning) return;
    this.#scanner ??= new JsonScanner(places);
    if (isFirst) this.#scanner.reset();
  }

  #eventOver(): void {
    const event = this.#event;
    if (event !== '') this.#complete(event);
    this.#event = '';
    this.#hasData = false;
    this.#isScanning = false;
  }

  #complete(event: string): void {
    switch (event) {
      case 'ping':
        this.hasPinged = true;
        return;
      case 'content_block_start':
        this.#blockBegins();
        return;
      case 'content_block_delta':
        if (this.commitState === 'pending') this.commitState = 'committable';
        return;
      case 'content_block_stop':
        this.isThinking = false;
        return;
      case 'message_start':
        this.#count(atStart);
        return;
      case 'message_delta':
        this.#count(atEnd);
        this.hasReason ||= this.#isScanning && this.#scanner?.kindOf('delta.stop_reason') === 'string';
        return;
      case 'message_stop':
        // Whole without content: only when the answer gave a reason to stop.
        if (this.commitState === 'pending') this.commitState = this.hasReason ? 'committable' : 'failed';
        this.stopped = this.commitState === 'committable';
        return;
      case 'error':
        this.#errorIs();
    }
  }

  #errorIs(): void {
    if (this.commitState !== 'pending') return;
    this.commitState = 'failed';
    this.errorType = this.#isScanning ? (this.#scanner?.textOf('error.type') ?? null) : null;
  }

  /** A text or a thought that begins empty is none yet; whatever else a block is begins with what it is. */
  #blockBegins(): void {
    const scanner = this.#isScanning ? this.#scanner : undefined;
    const type = scanner?.textOf(block.type);
    this.isThinking = type === 'thinking';
    if (this.commitState !== 'pending') return;
    const place = mayBeginEmpty.get(type ?? '');
    const isEmpty = place !== undefined && (scanner?.kindOf(place) !== 'string' || scanner.textOf(place) === '');
    if (!isEmpty && type != null) this.commitState = 'committable';
  }

  #count(paths: readonly string[]): void {
    if (!this.#isScanning) return;
    for (const [i, path] of paths.entries()) {
      const told = this.#scanner?.numberOf(path) ?? -1;
      if (Number.isSafeInteger(told) && told > (this.#usage[i] as number)) this.#usage[i] = told;
    }
  }
}
