/** A session crosses vendors: thinking that the next one has not signed is cut out after one refusal, and then beforehand. */
import { describe, expect, it } from 'vitest';
import { reason } from '../../events/reason.ts';
import type { Served } from '../../events/request.ts';
import { as, ask, type Call, gateway } from './gateway.ts';
import { answers, type FakeUpstream, refuses, type Step, upstream } from './upstreams.ts';

interface Block {
  readonly type: string;
  readonly signature?: string;
}
interface Body {
  readonly thinking?: { readonly type: string };
  readonly output_config?: object;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
}

const thought = (owner: string, n = 1) =>
  `{"type":"thinking","thinking":"of ${owner} 1.0","signature":"${owner}+/${n}=="}`;
const user = (content = '"go on"') => `{"role":"user","content":${content}}`;
const said = (...blocks: string[]) => `{"role":"assistant","content":[${blocks.join(', ')}]}`;
const text = '{"type":"text","text":"\\u0041nswer"}';
const use = '{"type":"tool_use","id":"t1","name":"x","input":{}}';
const result = user('[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]');
const body = (...messages: string[]) =>
  `{"model":"claude-test","max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"high"},"messages":[${messages.join(',')}],"stream":true}`;
const call = (given: string, session: string | null = 's'): Call => ({
  body: given,
  ...(session === null ? {} : { session }),
});
const bodies = ({ heard }: FakeUpstream) => heard.map((one) => one.body.toString());

const blocksOf = (json: Body) => json.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
const invalid = refuses(400, {}, 'messages.1.content.0: Invalid `signature` in `thinking` block');

/** It takes thinking that it has signed itself, and in a tool loop a beginning with thinking. */
async function strict(name: string): Promise<FakeUpstream> {
  const up: FakeUpstream = await upstream(name, (turn) => {
    const json = JSON.parse(up.heard.at(-1)?.body.toString() ?? '{}') as Body;
    const isForeign = blocksOf(json).some(({ signature }) => signature !== undefined && !signature.startsWith(name));
    const last = json.messages.findLast(({ role }) => role === 'assistant')?.content as readonly Block[] | undefined;
    const isOn = json.thinking !== undefined && json.thinking.type !== 'disabled';
    const isLoop = last?.some(({ type }) => type === 'tool_use') && json.messages.at(-1)?.content !== '"go on"';
    if (isForeign) return invalid(turn);
    if (isOn && isLoop && last?.[0]?.type !== 'thinking')
      return refuses(
        400,
        {},
        'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`',
      )(turn);
    if (!isOn && json.output_config !== undefined)
      return refuses(400, {}, 'output_config.effort: needs thinking')(turn);
    return answers()(turn);
  });
  return up;
}
const adaptedOf = (fact: { readonly data: Served } | unknown) =>
  (fact as { readonly data: Served }).data.attempts.map(({ adapted }) => adapted);

describe('a session that crosses to an endpoint that checks signatures', () => {
  it('costs one refusal, whatever number of turns follow', async () => {
    const a = await upstream('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    const turns = [user(), said(thought('a'), text), user()];
    const got = await ask(gw, call(body(...turns)));
    expect([got.status, got.headers['x-qcc-adapted']]).toEqual([200, 'thinkingDropped=1']);
    expect(bodies(b)).toEqual([body(...turns), body(user(), said(text), user())]);
    expect(adaptedOf(await gw.fact(1)).at(-1)).toEqual([reason('thinkingDropped', { blocks: 1 })]);
    for (let n = 2; n <= 6; n++) {
      turns.push(said(thought('b', n), text), user());
      expect((await ask(gw, call(body(...turns)))).status).toBe(200);
      // Its own thinking stays, and that of the other one is cut out.
      expect(bodies(b).at(-1)).toBe(body(...turns).replace(`${thought('a')}, `, ''));
    }
    expect(b.heard).toHaveLength(2 + 5);
    expect(gw.failures.filter(({ endpoint }) => endpoint === 'b')).toEqual([]);
  });

  it('and back costs one more, and then none', async () => {
    const a = await strict('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    const turns = [user(), said(thought('a'), text), user()];
    await ask(gw, call(body(...turns)));
    turns.push(said(thought('b'), text), user());
    const calls = () => a.heard.length + b.heard.length;
    // The first endpoint is back, and has the session's thinking of then.
    a.does((turn) => {
      const json = JSON.parse(a.heard.at(-1)?.body.toString() ?? '{}') as Body;
      const isForeign = blocksOf(json).some(({ signature }) => signature?.startsWith('b'));
      return (isForeign ? invalid : answers())(turn);
    });
    gw.show({ main: [a] });
    const before = calls();
    await ask(gw, call(body(...turns)));
    expect([calls() - before, bodies(a).at(-1)]).toEqual([2, body(...turns).replace(`${thought('b')}, `, '')]);
    turns.push(said(thought('a', 2), text), user());
    await ask(gw, call(body(...turns)));
    expect([calls() - before, bodies(a).at(-1)]).toEqual([3, body(...turns).replace(`${thought('b')}, `, '')]);
  });

  it('is not another session, nor a second key of the same vendor', async () => {
    const a = await upstream('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    const crossed = body(user(), said(thought('a'), text), user());
    await ask(gw, call(crossed));
    await ask(gw, call(body(user(), said(thought('b'), text), user()), 'another'));
    expect(bodies(b).at(-1)).toBe(body(user(), said(thought('b'), text), user()));
  });

  it('has thinking off in the middle of a tool loop, and on again after it, without a second refusal', async () => {
    const a = await upstream('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    const loop = [user(), said(thought('a'), use), result];
    const off = (given: string) =>
      given
        .replace(`${thought('a')}, `, '')
        .replace('{"type":"enabled","budget_tokens":1024}', '{"type":"disabled"}')
        .replace('"output_config":{"effort":"high"},', '');
    const got = await ask(gw, call(body(...loop)));
    expect([got.status, got.headers['x-qcc-adapted']]).toEqual([200, 'thinkingDropped=1, thinkingOff']);
    expect(bodies(b)).toEqual([body(...loop), off(body(...loop))]);
    const longer = [...loop, said(use), result];
    expect((await ask(gw, call(body(...longer)))).status).toBe(200);
    expect(bodies(b).at(-1)).toBe(off(body(...longer)));
    const over = [...longer, said(text), user()];
    expect((await ask(gw, call(body(...over)))).status).toBe(200);
    expect(bodies(b).at(-1)).toBe(body(...over).replace(`${thought('a')}, `, ''));
    expect(b.heard).toHaveLength(4);
  });

  it('from one without thinking has it off until the tool loop is over', async () => {
    const a = await upstream('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    expect((await ask(gw, call(body(user(), said(use), result)))).headers['x-qcc-adapted']).toBe('thinkingOff');
    expect((await ask(gw, call(body(user(), said(use), result, said(use), result)))).status).toBe(200);
    expect(b.heard).toHaveLength(3);
  });

  it('gets its answer without a session as well, at the price of a refusal each time', async () => {
    const b = await strict('b');
    const gw = await gateway({ main: [b] });
    const crossed = body(user(), said(thought('a'), text), user());
    for (const calls of [2, 4]) {
      expect((await ask(gw, call(crossed, null))).status).toBe(200);
      expect([b.heard.length, bodies(b).at(-1)]).toEqual([calls, body(user(), said(text), user())]);
    }
  });

  it('keeps no thinking for a reseller that refuses its own', async () => {
    const b = await upstream('b');
    const gw = await gateway({ main: [b] });
    await ask(gw, call(body(user())));
    const refusing: Step = (turn) => (bodies(b).at(-1)?.includes('signature') ? invalid : answers())(turn);
    b.does(refusing);
    const turns = [user()];
    for (let n = 1; n <= 3; n++) {
      turns.push(said(thought('b', n), text), user());
      expect((await ask(gw, call(body(...turns)))).status).toBe(200);
    }
    const before = b.heard.length;
    turns.push(said(thought('b', 4), text), user());
    expect((await ask(gw, call(body(...turns)))).status).toBe(200);
    expect(b.heard.length - before).toBe(1);
    expect(bodies(b).at(-1)).not.toContain('signature');
  });
});

describe('what its owner has said of thinking', () => {
  const crossed = body(user(), said(thought('a'), text), user());

  it('keep: the refusal goes to the client', async () => {
    const b = await strict('b');
    const gw = await gateway({ main: [as(b, { thinking: 'keep' })] });
    const got = await ask(gw, call(crossed));
    expect([got.status, b.heard.length, bodies(b)[0]]).toEqual([400, 1, crossed]);
  });

  it('strip: what others have signed is cut out beforehand, and its own stays', async () => {
    const a = await upstream('a');
    const b = await strict('b');
    const gw = await gateway({ main: [a], spare: [as(b, { thinking: 'strip' })] });
    await ask(gw, call(body(user())));
    a.does(refuses(503));
    expect((await ask(gw, call(crossed))).headers['x-qcc-adapted']).toBe('thinkingDropped=1');
    const next = body(user(), said(thought('a'), text), user(), said(thought('b'), text), user());
    await ask(gw, call(next));
    expect(bodies(b)).toEqual([body(user(), said(text), user()), next.replace(`${thought('a')}, `, '')]);
  });

  it('adapting is off: the refusal goes to the client', async () => {
    const b = await strict('b');
    const gw = await gateway({ main: [as(b, { adapt: 'off', thinking: 'strip' })] });
    expect((await ask(gw, call(crossed))).status).toBe(400);
    expect(bodies(b)).toEqual([crossed]);
  });
});

describe('an endpoint that wants its thinking back', () => {
  const passBack = refuses(400, {}, 'The `content[].thinking` in the thinking mode must be passed back to the API.');
  const crossed = body(user(), said(thought('a'), text), user());

  it('is passed over for the session, nothing is cut, and it is not to blame', async () => {
    const b = await upstream('b', passBack);
    const c = await upstream('c');
    const gw = await gateway({ main: [b], spare: [c] });
    for (const calls of [1, 2]) {
      expect((await ask(gw, call(crossed))).status).toBe(200);
      expect([b.heard.length, c.heard.length]).toEqual([1, calls]);
    }
    expect([...bodies(b), ...bodies(c)]).toEqual([crossed, crossed, crossed]);
    const first = await gw.fact(0);
    expect(adaptedOf(first)[0]).toEqual([reason('noThinkingHere')]);
    const [{ request } = { request: '' }, ...others] = first.data.passedOver ?? [];
    expect([request.length, others]).toEqual([36, []]);
    // The next one says by which request it is known.
    expect((await gw.fact(1)).data).toMatchObject({ attempts: [{}], passedOver: [{ endpoint: 'b', request }] });
    expect(gw.failures).toEqual([]);
    await ask(gw, call(body(user()), 'another'));
    expect(b.heard).toHaveLength(2);
    expect((await gw.fact(2)).data.passedOver).toHaveLength(1);
  });

  it('says so itself where nobody else is there', async () => {
    const b = await upstream('b', passBack);
    const gw = await gateway({ main: [b] });
    for (const calls of [1, 2]) {
      const got = await ask(gw, call(crossed));
      expect([got.status, got.text.includes('must be passed back'), b.heard.length]).toEqual([400, true, calls]);
    }
  });
});
