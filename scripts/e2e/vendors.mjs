/**
 * Three vendors that are not copies of one another: each has a model of its own and signs its thinking, one checks signatures, one wants
 * its thinking back, one knows no beta of Claude Code. A tool loop of two steps goes from the first to the others and back, because each
 * is down when the next one is to be asked.
 */
import { createServer } from 'node:http';

const steps = 2;
const tool = { name: 'Bash', input: { command: 'echo hello-from-tool', description: 'Says hello' } };

/** What each refuses; null: it answers. */
const refusals = {
  strict: ({ thinking }, { name }) =>
    thinking.some(({ signature }) => !signature.startsWith(name))
      ? 'messages.1.content.0: Invalid `signature` in `thinking` block'
      : null,
  passBack: ({ thinking, toolUses }, { name }) =>
    toolUses > thinking.filter(({ signature }) => signature.startsWith(name)).length
      ? 'The `content[].thinking` in the thinking mode must be passed back to the API.'
      : null,
  noBetas: ({ body, betas }) => {
    const beta = betas.find((one) => one.startsWith('context-management-'));
    if (beta) return `Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header.`;
    return 'context_management' in body ? 'context_management: Extra inputs are not permitted' : null;
  },
};

/** The first answers once and is down until the last has answered; the last answers once. */
const isDown = {
  first: ({ first, last }) => first.answered === 1 && last.answered === 0,
  second: () => false,
  last: ({ last }) => last.answered === 1,
};

/** Resolves when all three listen. */
export async function startVendors() {
  const vendors = {
    first: { name: 'first', model: 'one-large', kind: 'strict' },
    second: { name: 'second', model: 'two-large', kind: 'passBack' },
    last: { name: 'last', model: 'three-large', kind: 'noBetas' },
  };
  for (const vendor of Object.values(vendors)) {
    Object.assign(vendor, { key: `sk-vendor-${vendor.name}-0123456789`, answered: 0, told: [] });
    vendor.server = createServer((request, response) => void take(request, response, vendor, vendors));
    await new Promise((resolve) => vendor.server.listen(0, '127.0.0.1', resolve));
    vendor.url = `http://127.0.0.1:${vendor.server.address().port}`;
  }
  return Object.values(vendors);
}

export function stopVendors(vendors) {
  for (const { server } of vendors) {
    server.closeAllConnections();
    server.close();
  }
}

async function take(request, response, vendor, vendors) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (request.method !== 'POST' || !text.startsWith('{'))
    return refuse(response, 404, 'not_found_error', 'no such path');
  const body = JSON.parse(text);
  // The gateway's own probes ask for a word, and are no turn.
  if (!body.tools) return answer(response, body, vendor, []);
  if (body.model !== vendor.model) return refuse(response, 404, 'not_found_error', `model: ${body.model}`);
  if (isDown[vendor.name](vendors)) return refuse(response, 503, 'api_error', 'down for now');
  const turn = turnIn(body, request.headers['anthropic-beta'] ?? '');
  const refusal = refusals[vendor.kind](turn, vendor);
  if (refusal) return refuse(response, 400, 'invalid_request_error', refusal, vendor);
  vendor.answered++;
  return answer(response, body, vendor, blocksOf(turn, vendor));
}

function turnIn(body, header) {
  const blocks = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return {
    body,
    betas: header.split(',').map((one) => one.trim()),
    thinking: blocks.filter(({ type }) => type === 'thinking'),
    toolUses: blocks.filter(({ type }) => type === 'tool_use').length,
    results: blocks.filter(({ type }) => type === 'tool_result').length,
  };
}

function blocksOf({ body, results }, { name, answered }) {
  const thought = { type: 'thinking', thinking: `of ${name}`, signature: `${name}${answered}${'A'.repeat(80)}==` };
  const isOn = body.thinking && body.thinking.type !== 'disabled';
  const said =
    results < steps ? { type: 'tool_use', id: `toolu_${name}${answered}`, ...tool } : { type: 'text', text: 'TOOL-OK' };
  return [...(isOn ? [thought] : []), said];
}

function refuse(response, status, type, message, vendor) {
  vendor?.told.push(message);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_vendor' }));
}

function answer(response, body, { name, model }, blocks) {
  const content = blocks.length > 0 ? blocks : [{ type: 'text', text: 'hello' }];
  const stop = content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  const usage = { input_tokens: 10, output_tokens: 10 };
  const message = { id: `msg_${name}`, type: 'message', role: 'assistant', model, content, stop_reason: stop, usage };
  if (body.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(message));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of eventsOf(message)) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

function eventsOf({ content, stop_reason, ...message }) {
  return [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      ...deltasOf(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: message.usage },
    { type: 'message_stop' },
  ];
}

function emptied(block) {
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };
}

function deltasOf(block) {
  switch (block.type) {
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block.thinking },
        { type: 'signature_delta', signature: block.signature },
      ];
    case 'text':
      return [{ type: 'text_delta', text: block.text }];
    default:
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
  }
}
