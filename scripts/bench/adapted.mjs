/**
 * What it costs to adapt a request: a conversation of 200 KB and one of 2 MB, in which a field is left out, max_tokens lowered and thinking
 * of another vendor cut out; and what it costs where nothing differs. Exit 1 when 200 KB take a millisecond or more.
 *
 * node scripts/bench/adapted.mjs
 */
import { source } from '../source.mjs';

const { RequestAdaptation } = await source('src/proxy/adaptation/request-adaptation.ts');
const { ThinkingMemory } = await source('src/proxy/adaptation/thinking-memory.ts');
const { sniffBody } = await source('src/proxy/request/body-sniffing.ts');

const limitMs = 1;
const rounds = 400;
const model = 'claude-bench';
const week = 604_800_000;
const headers = ['anthropic-beta', 'claude-code-20250219,context-management-2025-06-27'];
const endpoint = { id: 'e', origin: 'https://vendor.test', models: [], missing: [], adapt: 'auto', thinking: 'auto' };
const missing = [
  { model, what: 'context_management', limit: null, until: Date.now() + week },
  { model, what: 'max_tokens', limit: 8_192, until: Date.now() + week },
];
const ports = { now: Date.now, capabilityMissing: () => undefined };

/** As Claude Code writes one: turns of thinking, a tool use and its result, and tools with schemas. */
function conversation(bytes) {
  const messages = [];
  for (let size = 0, n = 0; size < bytes; n++, size += 4_000) {
    const thinking = { type: 'thinking', thinking: 'a thought '.repeat(60), signature: `${n}${'S'.repeat(400)}==` };
    const use = { type: 'tool_use', id: `t${n}`, name: 'Bash', input: { command: `ls "${n}"`, description: 'Lists' } };
    const result = {
      type: 'tool_result',
      tool_use_id: `t${n}`,
      content: [{ type: 'text', text: 'line of output\n'.repeat(160) }],
    };
    messages.push({ role: 'assistant', content: [thinking, use] }, { role: 'user', content: [result] });
  }
  const properties = Object.fromEntries(
    [...'abcdefgh'].map((name) => [name, { type: 'string', description: 'what it is' }]),
  );
  const tools = Array.from({ length: 16 }, (_, n) => ({
    name: `t${n}`,
    description: 'does something',
    input_schema: { type: 'object', properties },
  }));
  messages.push({ role: 'user', content: 'go on' });
  return Buffer.from(
    JSON.stringify({ model, messages, tools, max_tokens: 64_000, context_management: { edits: [] }, stream: true }),
  );
}

async function medianMs(body, to) {
  const summary = await sniffBody(body);
  const memory = new ThinkingMemory();
  const session = memory.begins('s');
  // The session has crossed: all of its thinking is another vendor's.
  const around = {
    id: 'r',
    session: to.missing.length > 0 ? 's' : 'plain',
    owner: () => 'https://other.test m',
    memory,
    ports,
  };
  session.refused(`${endpoint.origin} ${model}`, [], null);
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    const made = new RequestAdaptation({ headers, body, summary }, around).to(to);
    times.push(performance.now() - began);
    if ((made.body === body) !== (to.missing.length === 0)) throw new Error('it was not adapted, or needlessly');
  }
  return times.sort((a, b) => a - b)[rounds / 2];
}

let worst = 0;
for (const kilobytes of [200, 2_000]) {
  const body = conversation(kilobytes * 1_000);
  const plain = await medianMs(body, endpoint);
  const adapted = await medianMs(body, { ...endpoint, missing });
  if (kilobytes === 200) worst = adapted - plain;
  process.stdout.write(
    `${(body.length / 1_000).toFixed(0).padStart(6)} KB  as it came ${(plain * 1_000).toFixed(1).padStart(6)} µs  adapted ${(adapted * 1_000).toFixed(0).padStart(6)} µs\n`,
  );
}
process.exitCode = worst >= limitMs ? 1 : 0;
