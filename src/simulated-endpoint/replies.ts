/** Correct answers of a Messages API: bodies and events in Anthropic's shape, generated on demand. */
import type * as anthropic from '@anthropic-ai/sdk/resources';

export type Reply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly tool: string; readonly input: object };

/** The parts of a request that the answer depends on. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly inputTokens: number;
  readonly reply: Reply;
  /** The answer's id: by it a client can tell which endpoint's bytes it has. */
  readonly id: string;
}

interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly content?: unknown;
}

interface Body {
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly tools?: readonly { readonly name?: unknown }[];
  readonly messages?: readonly { readonly role?: unknown; readonly content?: unknown }[];
}

/** What the tool is told to print, and what the last turn looks for in the tool's result. */
const toolWord = 'hello-from-tool';
// English text has about four characters a token; an estimate is enough here.
const charactersAToken = 4;
const modelDefault = 'claude-simulated';

/** @throws {SyntaxError} when the body is not JSON */
export function readAsked(text: string, say: string, id = 'msg_simulated'): Asked {
  const body = (text === '' ? {} : JSON.parse(text)) as Body;
  return {
    model: typeof body.model === 'string' ? body.model : modelDefault,
    stream: body.stream === true,
    inputTokens: Math.ceil(text.length / charactersAToken),
    reply: replyTo(body, say),
    id,
  };
}

function replyTo({ messages = [], tools = [] }: Body, say: string): Reply {
  const blocks = blocksOf(messages.findLast(({ role }) => role === 'user')?.content);
  const result = blocks.find(({ type }) => type === 'tool_result');
  if (result) {
    const worked = JSON.stringify(result.content ?? '').includes(toolWord);
    return { kind: 'text', text: worked ? 'TOOL-OK - the tool has answered.' : 'TOOL-FAILED' };
  }
  if (tools.length > 0 && blocks.some(asksForTool)) {
    const tool = tools.find(({ name }) => name === 'Bash') ?? tools[0];
    return {
      kind: 'tool',
      tool: String(tool?.name),
      input: { command: `echo ${toolWord}`, description: 'Says hello' },
    };
  }
  return { kind: 'text', text: say };
}

function blocksOf(content: unknown): readonly Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? (content as readonly Block[]) : [];
}

/** Claude Code puts reminders of its own before the user's words; those mention tools all the time. */
function asksForTool({ text }: Block): boolean {
  return typeof text === 'string' && !text.startsWith('<system-reminder>') && /use a tool/i.test(text);
}

/** Anthropic's error envelope. */
export function errorBody(type: string, message: string): string {
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_simulated' });
}

/** One event of a stream, in Anthropic's format. */
export function sseEvent(data: { readonly type: string } & Record<string, unknown>): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export const ping = sseEvent({ type: 'ping' });

export function messageBody(asked: Asked): string {
  return JSON.stringify(message(asked));
}

/** The events of a whole answer: [0] `message_start`, [1] the first `content_block_start`, then the rest to the end. */
export function answerEvents(asked: Asked): readonly string[] {
  const { reply } = asked;
  const delta = (part: object) => sseEvent({ type: 'content_block_delta', index: 0, delta: part });
  const empty = reply.kind === 'text' ? { type: 'text', text: '' } : { ...block(reply), input: {} };
  const deltas =
    reply.kind === 'text'
      ? reply.text.split(/(?<= )/).map((text) => delta({ type: 'text_delta', text }))
      : [delta({ type: 'input_json_delta', partial_json: JSON.stringify(reply.input) })];
  const { stop_reason, usage, ...rest } = message(asked);
  const start = { ...rest, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return [
    sseEvent({ type: 'message_start', message: start }),
    sseEvent({ type: 'content_block_start', index: 0, content_block: empty }),
    ping,
    ...deltas,
    sseEvent({ type: 'content_block_stop', index: 0 }),
    sseEvent({
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    }),
    sseEvent({ type: 'message_stop' }),
  ];
}

/** All of a correct answer, in the requested form. */
export function wholeAnswer(asked: Asked): string {
  return asked.stream ? answerEvents(asked).join('') : messageBody(asked);
}

type Content =
  | Pick<anthropic.TextBlock, 'type' | 'text'>
  | Pick<anthropic.ToolUseBlock, 'type' | 'id' | 'name' | 'input'>;

/** As much of the list as clients need. */
type Message = Pick<anthropic.Message, 'id' | 'type' | 'role' | 'model' | 'stop_reason' | 'stop_sequence'> & {
  readonly content: readonly Content[];
  readonly usage: Pick<
    anthropic.Usage,
    'input_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens' | 'output_tokens'
  >;
};

function message({ id, model, inputTokens, reply }: Asked): Message {
  const said = reply.kind === 'text' ? reply.text : JSON.stringify(reply.input);
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [block(reply)],
    stop_reason: reply.kind === 'text' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: Math.ceil(said.length / charactersAToken),
    },
  };
}

function block(reply: Reply): Content {
  if (reply.kind === 'text') return { type: 'text', text: reply.text };
  return { type: 'tool_use', id: 'toolu_simulated', name: reply.tool, input: reply.input };
}
