/** What the bytes of an event stream tell, without parsing its events: names at the beginnings of lines. */

const eventMark = Buffer.from('\nevent:');
const newline = 0x0a;
// The longest name that matters, with its `event: `.
const nameWindow = 32;

export type Sniffed = 'progress' | 'ping' | 'stop' | 'error';

/** Watches a stream go by. Events may be cut anywhere by the chunks they come in. */
export class StreamWatch {
  /** Bytes of the unfinished last line, as far as a name needs them. */
  #tail = '';
  #atLineStart = true;
  stopped = false;
  usage: string | null = null;

  /**
   * What this chunk was, and, for an error, where it began: what stands before is still good.
   * Pings alone are no progress.
   */
  see(chunk: Buffer): { readonly kind: Sniffed; readonly at: number } {
    let kind: Sniffed = 'ping';
    let saw = false;
    let at = this.#tail === '' && this.#atLineStart && startsEvent(chunk, 0) ? 0 : -1;
    if (this.#tail !== '') {
      const joined = this.#tail + chunk.toString('latin1', 0, nameWindow);
      const found = /^event:\s?(\w+)/.exec(joined);
      if (found) {
        saw = true;
        kind = this.#named(found[1] ?? '', chunk, 0);
        if (kind === 'error') return { kind, at: 0 };
      }
    }
    if (at < 0) at = nextEvent(chunk, 0);
    while (at >= 0) {
      saw = true;
      const one = this.#named(nameAt(chunk, at), chunk, at);
      if (one === 'error') return { kind: 'error', at };
      if (one !== 'ping') kind = one;
      at = nextEvent(chunk, at + 1);
    }
    this.#remember(chunk);
    // A piece of a large event, or data without a name: the endpoint is at work.
    return { kind: saw ? kind : 'progress', at: -1 };
  }

  #named(name: string, chunk: Buffer, at: number): Sniffed {
    if (name === 'ping') return 'ping';
    if (name === 'error') return 'error';
    if (name === 'message_stop') {
      this.stopped = true;
      return 'stop';
    }
    if (name === 'message_delta') this.usage = chunk.toString('utf8', at);
    return 'progress';
  }

  #remember(chunk: Buffer): void {
    this.#atLineStart = chunk[chunk.length - 1] === newline;
    if (this.#atLineStart) {
      this.#tail = '';
      return;
    }
    const start = chunk.lastIndexOf(newline) + 1;
    if (start === 0 && this.#tail !== '')
      this.#tail = (this.#tail + chunk.toString('latin1', 0, nameWindow)).slice(0, nameWindow);
    else this.#tail = chunk.toString('latin1', start, start + nameWindow);
  }
}

function startsEvent(chunk: Buffer, at: number): boolean {
  return chunk[at] === 0x65 && chunk[at + 1] === 0x76 && chunk[at + 5] === 0x3a;
}

function nextEvent(chunk: Buffer, from: number): number {
  const at = chunk.indexOf(eventMark, from);
  return at < 0 ? -1 : at + 1;
}

function nameAt(chunk: Buffer, at: number): string {
  let start = at + 'event:'.length;
  if (chunk[start] === 0x20) start++;
  let end = start;
  while (end < chunk.length && end < start + nameWindow && (chunk[end] as number) > 0x20) end++;
  return chunk.toString('latin1', start, end);
}

export type Proof = 'proven' | 'unproven' | { readonly error: string };

/**
 * Whether the beginning of a stream has proven itself: content has begun, or it is whole without any. `message_start` and
 * `ping` prove nothing. Only complete events count.
 */
export function proofOf(held: string): Proof {
  const text = held.includes('\r') ? held.replaceAll('\r\n', '\n') : held;
  let from = 0;
  let reasoned = false;
  for (;;) {
    const end = text.indexOf('\n\n', from);
    if (end < 0) return 'unproven';
    const event = text.slice(from, end);
    const name = /^event:\s*(\S+)/m.exec(event)?.[1];
    if (name === 'content_block_start') return 'proven';
    // Whole without content: only when the answer gave a reason to stop.
    if (name === 'message_stop') return reasoned ? 'proven' : { error: event };
    if (name === 'message_delta') reasoned = /"stop_reason"\s*:\s*"/.test(event);
    if (name === 'error') return { error: event };
    from = end + 2;
  }
}

const countPattern = /\s*:\s*(\d+)/y;

/** A number of the usage that stands last under this name. */
export function countIn(text: string, name: string): number | null {
  let from = text.length;
  for (;;) {
    const at = text.lastIndexOf(`"${name}"`, from);
    if (at < 0) return null;
    countPattern.lastIndex = at + name.length + 2;
    const found = countPattern.exec(text);
    if (found) return Number(found[1]);
    from = at - 1;
    if (from < 0) return null;
  }
}
