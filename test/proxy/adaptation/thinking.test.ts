/** Blocks of thinking that belong to others are cut out; what is kept is kept to the byte, and the result keeps the API's rules. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyChange } from '../../../src/proxy/adaptation/body-change.ts';
import { spliced } from '../../../src/proxy/adaptation/edits.ts';
import { RequestPlaces } from '../../../src/proxy/adaptation/request-places.ts';
import { thinkingIn, withoutThinking } from '../../../src/proxy/adaptation/thinking.ts';

interface Block {
  readonly type: string;
  readonly [name: string]: unknown;
}
interface Message {
  readonly role: string;
  readonly content: string | readonly Block[];
}

const foreign = 'foreign';

/** Without all whose signature or data begins with "foreign". */
function stripped(text: string): { readonly body: string; readonly blocks: number; readonly isOff: boolean } {
  const places = RequestPlaces.of(Buffer.from(text)) as RequestPlaces;
  const change = new BodyChange(places);
  const all = thinkingIn(places)
    .filter(({ place }) =>
      (places.text(places.member(place, 'signature') ?? places.member(place, 'data')) ?? '').startsWith(foreign),
    )
    .map(({ place }) => place);
  const { blocks, isOff } = withoutThinking(change, all);
  return { body: spliced(places.body, change.edits()).toString(), blocks, isOff };
}

const thought = (owner: string, more = {}) => ({ type: 'thinking', thinking: 'hm', signature: `${owner}-1`, ...more });
const text = (words: string, more = {}) => ({ type: 'text', text: words, ...more });
const use = { type: 'tool_use', id: 't1', name: 'x', input: {} };
const result = { type: 'tool_result', tool_use_id: 't1', content: 'ok' };
const user = (content: Message['content'] = 'go on'): Message => ({ role: 'user', content });
const assistant = (...content: Block[]): Message => ({ role: 'assistant', content });
const body = (messages: readonly Message[], more = {}) => ({
  model: 'm',
  thinking: { type: 'adaptive' },
  ...more,
  messages,
});
const after = (given: object) => JSON.parse(stripped(JSON.stringify(given)).body) as ReturnType<typeof body>;
const cached = { cache_control: { type: 'ephemeral', ttl: '1h' } };

describe('thinking of others', () => {
  it('is cut out of all assistant turns, and nothing else is', () => {
    const given = body([
      user(),
      assistant(thought('foreign'), text('A')),
      user(),
      assistant({ type: 'redacted_thinking', data: 'foreign=' }, thought('own'), text('B')),
      user(),
    ]);
    expect(after(given)).toEqual(
      body([user(), assistant(text('A')), user(), assistant(thought('own'), text('B')), user()]),
    );
  });

  it('is not what a user or a tool wrote', () => {
    const given = body([user([thought('foreign') as Block, text('x')]), assistant(text('A'))]);
    expect(after(given)).toEqual(given);
  });

  it('leaves one text block in a turn that had nothing else', () => {
    const given = body([user(), assistant(thought('foreign'), thought('foreign')), user()]);
    expect(after(given).messages[1]).toEqual(assistant(text('(no content)')));
  });

  it('gives its cache breakpoint to the block before it', () => {
    const given = body([user(), assistant(text('A'), thought('foreign', cached), text('B')), user()]);
    expect(after(given).messages[1]).toEqual(assistant(text('A', cached), text('B')));
  });

  it('gives its cache breakpoint to the last block of the message before, and not to an empty text', () => {
    const given = body([user([text('Q'), text('')]), assistant(thought('foreign', cached), text('B')), user()]);
    expect(after(given).messages[0]).toEqual(user([text('Q', cached), text('')]));
  });

  it('leaves a cache breakpoint as it is where there is one', () => {
    const own = { cache_control: { type: 'ephemeral' } };
    const given = body([user(), assistant(text('A', own), thought('foreign', cached), text('B')), user()]);
    expect(after(given).messages[1]).toEqual(assistant(text('A', own), text('B')));
  });

  it('takes its cache breakpoint along where the message before is a plain text', () => {
    const given = body([user(), assistant(thought('foreign', cached), text('B')), user()]);
    expect(after(given).messages).toEqual([user(), assistant(text('B')), user()]);
  });

  it('gives its cache breakpoint to the text of a turn that had nothing else', () => {
    const given = body([user(), assistant(thought('foreign', cached)), user()]);
    expect(after(given).messages[1]).toEqual(assistant(text('(no content)', cached)));
  });
});

describe('a tool loop that has lost its thinking', () => {
  const loop = [user(), assistant(thought('foreign'), use), user([result])];
  const depends = {
    output_config: { effort: 'high' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  };

  it('has thinking off, and what depends on it', () => {
    const given = body(loop, depends);
    expect(stripped(JSON.stringify(given)).isOff).toBe(true);
    expect(after(given)).toEqual({
      model: 'm',
      thinking: { type: 'disabled' },
      messages: [user(), assistant(use), user([result])],
    });
  });

  it('keeps what does not depend on thinking', () => {
    const given = body(loop, {
      output_config: { format: { type: 'json_schema' }, effort: 'high' },
      context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }] },
    });
    expect(after(given)).toMatchObject({
      output_config: { format: { type: 'json_schema' } },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    });
    expect(after(given)['output_config' as never]).not.toHaveProperty('effort');
  });

  it.each([
    [
      'its turn begins with thinking of its own',
      [user(), assistant(thought('foreign'), thought('own'), use), user([result])],
    ],
    ['it is over', [...loop, assistant(text('Done.')), user()]],
    [
      'a user has spoken since',
      [user(), assistant(thought('foreign'), use), user([result]), assistant(text('Done.')), user('next')],
    ],
    [
      'nothing was cut out of it',
      [user(), assistant(thought('foreign'), text('A')), user(), assistant(use), user([result])],
    ],
  ])('keeps thinking on where %s', (_, messages) => {
    const given = body(messages as Message[], depends);
    expect(stripped(JSON.stringify(given)).isOff).toBe(false);
    expect(after(given)).toMatchObject({ thinking: { type: 'adaptive' }, ...depends });
  });

  it('is seen through messages of the system, words beside the result, and further turns of the loop', () => {
    const messages = [
      user(),
      assistant(thought('foreign'), use),
      user([result, text('a reminder')]),
      assistant(use),
      { role: 'system', content: 'news' },
      user([result]),
    ];
    expect(stripped(JSON.stringify(body(messages))).isOff).toBe(true);
  });

  it('has nothing to switch off where thinking is off already', () => {
    const given = { ...body(loop), thinking: { type: 'disabled' } };
    expect(after(given)).toEqual({ ...given, messages: [user(), assistant(use), user([result])] });
  });
});

describe('a random conversation', () => {
  const block = fc.oneof(
    fc.constantFrom(foreign, 'own').map((owner) => thought(owner)),
    fc.constantFrom(foreign, 'own').map((owner) => ({ type: 'redacted_thinking', data: `${owner}==` })),
    fc.string({ unit: 'grapheme' }).map((words) => text(words)),
    fc.constantFrom(use, text('"type":"thinking","signature":"foreign"')),
  );
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.oneof(fc.string(), fc.array(block, { minLength: 1, maxLength: 5 })),
  });
  const blanks = fc.constantFrom(0, 1, 3, '\t');
  const isForeign = (one: Block) =>
    (one['type'] === 'thinking' || one['type'] === 'redacted_thinking') &&
    String(one['signature'] ?? one['data']).startsWith(foreign);
  const without = ({ role, content }: Message): Message => {
    if (role !== 'assistant' || typeof content === 'string') return { role, content };
    const left = content.filter((one) => !isForeign(one));
    return { role, content: left.length > 0 ? left : [text('(no content)')] };
  };

  it('comes to what a parser would make of it, and what is kept is kept to the byte', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), blanks, fc.string(), (messages, space, tail) => {
        // In the end a user speaks: no tool loop.
        const given = { tail, ...body([...(messages as Message[]), user('end')]), n: 1 };
        const source = JSON.stringify(given, null, space);
        const { body: changed } = stripped(source);
        expect(JSON.parse(changed)).toEqual({ ...given, messages: given.messages.map(without) });
        let at = 0;
        for (const letter of changed.replaceAll(JSON.stringify([text('(no content)')]), '')) {
          at = source.indexOf(letter, at) + 1;
          expect(at).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('without any is left as it is', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), blanks, (messages, space) => {
        const source = JSON.stringify(body(messages as Message[]), null, space).replaceAll('foreign', 'own');
        expect(stripped(source)).toEqual({ body: source, blocks: 0, isOff: false });
      }),
    );
  });
});
