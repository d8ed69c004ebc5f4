/** Compares a client's answer with the bytes of the endpoint that it came from. */
import { gunzipSync } from 'node:zlib';

const ping = 'event: ping\ndata: {"type":"ping"}\n\n';

/** `kind`: `whole`, `left` (the client went away), `cut` (broken after its content, by a faulty endpoint), or `wrong`, with the reason. */
export function judge({ status, isWhole, hasLeft, bytes, error, encoding }, { endpoints, well }) {
  if (hasLeft && !isWhole) return { kind: 'left' };
  const wrong = (why) => ({ kind: 'wrong', why });
  if (status !== 200) return wrong(`${status} ${error ?? ''} ${bytes.toString('utf8').slice(0, 300)}`);
  const text = encoding === 'gzip' && isWhole ? gunzipSync(bytes).toString() : bytes.toString('utf8');
  const source = sourceOf(text, endpoints);
  if (!source) return wrong(`an answer of nobody (${isWhole ? 'whole' : error}): ${text.slice(0, 120)}`);
  const { endpoint, asked } = source;
  const good = asked.whole();
  // The number of pings before slow content depends on the machine's speed.
  const spoken = asked.fault?.kind === 'slowContent' ? (one) => one.replaceAll(ping, '') : (one) => one;
  if (isWhole && spoken(text) === spoken(good)) return { kind: 'whole' };
  const about = `${endpoint.name}, ${JSON.stringify(asked.fault)}, ${text.length} of ${good.length} characters`;
  if (isWhole) return wrong(`whole on the wire, and not what was sent: ${about}`);
  if (!spoken(good).startsWith(spoken(text))) return wrong(`cut, and not what was sent: ${about}`);
  if (!text.includes('content_block_start')) return wrong(`cut before its content: ${about}`);
  if (endpoint === well) return wrong(`cut, and its endpoint was well: ${about}`);
  return { kind: 'cut' };
}

function sourceOf(text, endpoints) {
  const [answer, name] = /msg_(e\d+)_\d+/.exec(text) ?? [];
  const endpoint = endpoints.find((one) => one.name === name);
  const asked = endpoint?.requests.findLast((one) => one.answer === answer);
  return asked && { endpoint, asked };
}

/** Every request that began has one end, and so has every answer that a client received. */
export function wrongEnds(facts, seen) {
  const ends = new Map();
  for (const { stream, type } of facts)
    if (stream.startsWith('request/')) ends.set(stream, [...(ends.get(stream) ?? []), type]);
  const faults = [];
  for (const [stream, types] of ends)
    if (types.length !== 1) faults.push(`${stream} ended ${types.length} times: ${types}`);
  for (const id of seen)
    if (!ends.has(`request/${id}`)) faults.push(`request/${id} was answered, and no fact tells of it`);
  return { count: ends.size, faults };
}

/** Least squares: the increase over sixty steps. */
export function hourly(values) {
  const n = values.length;
  const [meanX, meanY] = [(n - 1) / 2, values.reduce((sum, one) => sum + one, 0) / n];
  const covariance = values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0);
  const variance = values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : (covariance / variance) * 60;
}
