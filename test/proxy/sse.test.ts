/** What the bytes of a stream tell, however they are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countIn, proofOf, StreamWatch } from '../../src/proxy/sse.ts';
import { answerEvents, ping, sse, streamed } from './upstreams.ts';

const [start = '', block = '', delta = ''] = answerEvents();
const error = sse('error', { error: { type: 'overloaded_error', message: 'x' } });

/** Cuts a text into pieces at these places. */
function cutAt(text: string, places: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at
    .slice(1)
    .map((end, i) => bytes.subarray(at[i], end))
    .filter((piece) => piece.length > 0);
}

const places = fc.array(fc.nat(10_000), { maxLength: 40 });

describe('whether a stream has proven itself', () => {
  it.each([
    ['a message_start', start],
    ['a message_start and pings', start + ping + ping],
    ['half of a content_block_start', start + block.slice(0, -1)],
    ['comments', ': hello\n\n: there\n\n'],
    ['an event that only speaks of content', sse('note', { text: 'event: content_block_start' })],
  ])('%s proves nothing', (_, text) => {
    expect(proofOf(text)).toBe('unproven');
  });

  it('content proves it, in either line ending', () => {
    expect(proofOf(start + block)).toBe('proven');
    expect(proofOf((start + ping + block).replaceAll('\n', '\r\n'))).toBe('proven');
  });

  it('an error says which', () => {
    expect(proofOf(start + error)).toEqual({ error: expect.stringContaining('overloaded_error') });
    expect(proofOf((start + error).replaceAll('\n', '\r\n'))).toEqual({
      error: expect.stringContaining('overloaded_error'),
    });
  });
});

describe('a stream that goes by', () => {
  const watched = (pieces: readonly Buffer[]) => {
    const watch = new StreamWatch();
    const seen = pieces.map((piece) => watch.see(piece));
    return { watch, seen, kinds: seen.map(({ kind }) => kind) };
  };

  it('is whole when message_stop has come, however it is cut', () => {
    fc.assert(
      fc.property(places, fc.boolean(), (at, crlf) => {
        const text = crlf ? streamed.replaceAll('\n', '\r\n') : streamed;
        const { watch, kinds } = watched(cutAt(text, at));
        expect(watch.stopped).toBe(true);
        expect(kinds).not.toContain('error');
      }),
    );
  });

  it('is not whole without it, though its text speaks of it', () => {
    fc.assert(
      fc.property(places, (at) => {
        const text = start + block + sse('content_block_delta', { text: 'event: message_stop\nevent: error' });
        const { watch, kinds } = watched(cutAt(text, at));
        expect(watch.stopped).toBe(false);
        expect(kinds).not.toContain('error');
      }),
    );
  });

  it('shows an error wherever it is cut, and nothing of it has passed by then but the beginning of its line', () => {
    fc.assert(
      fc.property(places, (at) => {
        const before = start + block + delta;
        const watch = new StreamWatch();
        let passed = '';
        let found = false;
        for (const piece of cutAt(before + error, at)) {
          const { kind, at: place } = watch.see(piece);
          found = kind === 'error';
          passed += piece.toString('latin1', 0, found ? place : piece.length);
          if (found) break;
        }
        expect(found).toBe(true);
        expect(passed).not.toContain('event: error\n');
        expect(passed.startsWith(Buffer.from(before).toString('latin1'))).toBe(true);
      }),
    );
  });

  it('knows that pings alone are no progress', () => {
    const { kinds } = watched(
      [ping, ping + ping, ping + delta, delta, delta.slice(0, 40), delta.slice(40)].map((x) => Buffer.from(x)),
    );
    expect(kinds).toEqual(['ping', 'ping', 'progress', 'progress', 'progress', 'progress']);
  });

  it('knows a ping that is cut in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ping.length - 1 }), (at) => {
        const { kinds } = watched([Buffer.from(ping.slice(0, at)), Buffer.from(ping.slice(at))]);
        expect(kinds.filter((kind) => kind === 'stop' || kind === 'error')).toEqual([]);
      }),
    );
  });

  it('keeps the usage of its message_delta', () => {
    const { watch } = watched([Buffer.from(streamed)]);
    expect(countIn(watch.usage ?? '', 'output_tokens')).toBe(14);
  });
});

describe('a number of the usage', () => {
  it('is the one that stands last, or null', () => {
    expect(countIn('"output_tokens":1 … "output_tokens" : 14', 'output_tokens')).toBe(14);
    expect(countIn('{}', 'output_tokens')).toBeNull();
  });

  it('is not taken from a longer name', () => {
    expect(countIn('"cache_read_input_tokens":3', 'input_tokens')).toBeNull();
  });
});
