/** A client as small as one can be: one request through the gateway, read to its end. */
import { request } from 'node:http';

/** @returns the status of the answer */
export function ask(gateway, token = 'proxy-managed') {
  const body = JSON.stringify({
    model: 'claude-simulated',
    max_tokens: 64,
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'anthropic-version': '2023-06-01',
    authorization: `Bearer ${token}`,
    'x-claude-code-session-id': '11111111-2222-4333-8444-555555555555',
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${gateway}/v1/messages?beta=true`, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
