/** What the bytes of a stream tell, however they are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamWatch } from '../../src/proxy/response/sse.ts';
import { answerEvents, ping, sse, streamed } from './upstreams.ts';

const [start = '', block = '', delta = ''] = answerEvents();
const begins = (content_block: object) => sse('content_block_start', { index: 0, content_block });
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

const judged = (text: string, at: readonly number[] = []) => {
  const watch = new StreamWatch();
  for (const piece of cutAt(text, at)) watch.see(piece);
  return watch;
};

describe('the commit gate of a stream', () => {
  it.each([
    ['a message_start', start],
    ['a message_start and pings', start + ping + ping],
    ['a text that begins empty', start + block],
    ['a thought that begins empty', start + begins({ type: 'thinking', thinking: '', signature: '' })],
    ['a text block without a text', start + begins({ type: 'text' })],
    ['a block of no type', start + begins({})],
    ['half of a delta', start + block + delta.slice(0, -1)],
    ['comments', ': hello\n\n: there\n\n'],
    ['an event that only speaks of content', sse('note', { text: 'event: content_block_start' })],
    ['a name that goes on', `event: content_block_start_${'x'.repeat(40)}\ndata: {}\n\n`],
    ['a name after two blanks, which is another one to clients', 'event:  content_block_start\ndata: {}\n\n'],
    ['a name that a later one takes the place of', 'event: content_block_start\nevent: note\ndata: {}\n\n'],
    ['carriage returns alone', (start + block).replaceAll('\n', '\r')],
  ])('stays closed after %s', (_, text) => {
    fc.assert(
      fc.property(places, (at) => {
        expect(judged(text, at).commitState).toBe('pending');
      }),
    );
  });

  it.each<[string, object]>([
    ['a text', { type: 'text', text: 'Hi' }],
    ['a long text', { type: 'text', text: 'x'.repeat(9_000) }],
    ['a thought', { type: 'thinking', thinking: 'hm' }],
    ['a redacted thought', { type: 'redacted_thinking', data: 'x' }],
    ['a tool', { type: 'tool_use', id: 't', name: 'x', input: {} }],
    ['what nobody knows yet', { type: 'not_known_yet' }],
  ])('opens with a block that carries %s', (_, content) => {
    expect(judged(start + begins(content), []).commitState).toBe('committable');
  });

  it('knows while it thinks, and a comment for a sign of life', () => {
    const watch = judged(start + begins({ type: 'thinking', thinking: '' }), []);
    expect([watch.isThinking, watch.hasPinged, watch.commitState]).toEqual([true, false, 'pending']);
    watch.see(Buffer.from(': busy\n\n'));
    expect([watch.isThinking, watch.hasPinged, watch.isProgress]).toEqual([true, true, false]);
    watch.see(Buffer.from(sse('content_block_stop', { index: 0 })));
    expect(watch.isThinking).toBe(false);
    watch.see(Buffer.from(begins({ type: 'text', text: '' })));
    expect(watch.isThinking).toBe(false);
  });

  it('reads through a comment between an event’s name and its data', () => {
    const text = delta.replace('\n', '\n: still here\n');
    expect(judged(start + block + text, []).commitState).toBe('committable');
  });

  it('opens with content, in either line ending, however it is split', () => {
    fc.assert(
      fc.property(places, fc.boolean(), (at, crlf) => {
        const text = start + ping + block + delta;
        expect(judged(crlf ? text.replaceAll('\n', '\r\n') : text, at)).toMatchObject({
          commitState: 'committable',
          hasPinged: true,
        });
      }),
    );
  });

  it('recognises an error, however it is split', () => {
    fc.assert(
      fc.property(places, fc.boolean(), (at, crlf) => {
        const text = start + error;
        const watch = judged(crlf ? text.replaceAll('\n', '\r\n') : text, at);
        expect(watch).toMatchObject({ commitState: 'failed', errorType: 'overloaded_error', errorAt: -1 });
      }),
    );
  });

  it('accepts an end without content if it gives a reason, and not otherwise', () => {
    const stop = sse('message_stop');
    const reason = sse('message_delta', { delta: { stop_reason: 'end_turn' } });
    expect(judged(start + reason + stop)).toMatchObject({ commitState: 'committable', stopped: true });
    expect(judged(start + sse('message_delta', { delta: { stop_reason: null } }) + stop)).toMatchObject({
      commitState: 'failed',
      stopped: false,
    });
    expect(judged(start + stop)).toMatchObject({ commitState: 'failed', stopped: false });
  });
});

describe('a stream in transfer', () => {
  const watched = (pieces: readonly Buffer[]) => {
    const watch = new StreamWatch();
    const kinds = pieces.map((piece) => {
      watch.see(piece);
      if (watch.errorAt >= 0) return 'error';
      return watch.isProgress ? 'progress' : 'none';
    });
    return { watch, kinds };
  };

  it('is complete when message_stop has come, however it is split', () => {
    fc.assert(
      fc.property(places, fc.boolean(), (at, crlf) => {
        const text = crlf ? streamed.replaceAll('\n', '\r\n') : streamed;
        const { watch, kinds } = watched(cutAt(text, at));
        expect(watch.stopped).toBe(true);
        expect(kinds).not.toContain('error');
      }),
    );
  });

  it('is incomplete without it, even if its text mentions it', () => {
    fc.assert(
      fc.property(places, (at) => {
        const text = start + block + sse('content_block_delta', { text: 'event: message_stop\nevent: error' });
        const { watch, kinds } = watched(cutAt(text, at));
        expect(watch.stopped).toBe(false);
        expect(kinds).not.toContain('error');
      }),
    );
  });

  it('reveals an error wherever it is split, before more than the beginning of its line is sent', () => {
    fc.assert(
      fc.property(places, (at) => {
        const before = start + block + delta;
        const watch = new StreamWatch();
        let passed = '';
        let found = false;
        for (const piece of cutAt(before + error, at)) {
          watch.see(piece);
          found = watch.errorAt >= 0;
          passed += piece.toString('latin1', 0, found ? watch.errorAt : piece.length);
          if (found) break;
        }
        expect(found).toBe(true);
        expect(passed).not.toContain('event: error\n');
        expect(passed.startsWith(Buffer.from(before).toString('latin1'))).toBe(true);
      }),
    );
  });

  it('makes no progress by pings, comments and empty lines alone', () => {
    const { kinds } = watched(
      [ping, ping + ping, ': still here\n\n', '\n\r\n\n', ping + delta, delta, delta.slice(0, 40), delta.slice(40)].map(
        (x) => Buffer.from(x),
      ),
    );
    expect(kinds).toEqual(['none', 'none', 'none', 'none', 'progress', 'progress', 'progress', 'progress']);
  });

  it('recognises a ping that is split in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ping.length - 1 }), (at) => {
        const { kinds } = watched([Buffer.from(ping.slice(0, at)), Buffer.from(ping.slice(at))]);
        expect(kinds).toEqual(['none', 'none']);
      }),
    );
  });

  it('is not complete by the name of its last event alone', () => {
    const { watch } = watched([Buffer.from(`${start}${block}${delta}event: message_stop\n`)]);
    expect(watch.stopped).toBe(false);
    watch.see(Buffer.from('data: {"type":"message_stop"}'));
    expect(watch.stopped).toBe(true);
  });

  it('keeps the largest token counts, however it is split', () => {
    const late = (output: number) => sse('message_delta', { usage: { output_tokens: output, input_tokens: 0 } });
    fc.assert(
      fc.property(places, (at) => {
        const { watch } = watched(cutAt(start + block + late(14) + late(3), at));
        expect(watch.usage).toEqual({ input: 12, output: 14, cacheRead: 3, cacheWrite: 4 });
      }),
    );
  });

  it('keeps no invalid token count', () => {
    const odd = sse('message_start', { message: { usage: { input_tokens: 'many', output_tokens: -1.5 } } });
    expect(watched([Buffer.from(odd)]).watch.usage).toEqual({
      input: null,
      output: null,
      cacheRead: null,
      cacheWrite: null,
    });
  });
});
