/** Which headers pass, both ways; for any set of them, no credential but the endpoint's own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headersUp, headOf, endToEnd as kept, privateNames } from '../../src/proxy/upstream/headers.ts';

type Pairs = readonly (readonly [string, string])[];

const pairsOf = (flat: readonly string[]): Pairs =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);

function up(
  pairs: Pairs,
  { connection, auth = 'x-api-key' }: { connection?: string; auth?: 'x-api-key' | 'bearer' } = {},
) {
  return pairsOf(headersUp(pairs.flat(), connection, auth, 'the-key'));
}

function down(pairs: Pairs, status = 200) {
  return headOf(status, pairs.flat());
}

const theirs: Pairs = [
  ['Authorization', 'Bearer local'],
  ['X-Api-Key', 'local'],
  ['Cookie', 'a=b'],
  ['Proxy-Authorization', 'Basic x'],
  ['Api-Key', 'azure'],
  ['X-Goog-Api-Key', 'google'],
  ['x-litellm-api-key', 'litellm'],
  ['CF-AIG-Authorization', 'Bearer cloudflare'],
];
const hops: Pairs = [
  ['Connection', 'keep-alive, X-Named, Upgrade'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'trailers'],
  ['Trailer', 'x'],
  ['Transfer-Encoding', 'chunked'],
  ['Upgrade', 'websocket'],
  ['X-Named', '1'],
];
const ways: Pairs = [
  ['Forwarded', 'for=1.2.3.4'],
  ['X-Forwarded-For', '1.2.3.4'],
  ['X-Forwarded-Host', 'evil.test'],
  ['X-FORWARDED-PROTO', 'https'],
];
const framing: Pairs = [
  ['Host', '127.0.0.1:7860'],
  ['Content-Length', '2'],
  ['Expect', '100-continue'],
  ['Accept-Encoding', 'gzip, br'],
];
const endToEnd: Pairs = [
  ['Accept', 'application/json'],
  ['Content-Type', 'application/json'],
  ['User-Agent', 'claude-cli/2.1.330 (external, cli)'],
  ['anthropic-beta', 'claude-code-20250219,not-known-yet-2099-01-01'],
  ['anthropic-not-known-yet', 'a, b'],
  ['X-Custom', 'kept'],
  ['X-Custom', 'twice'],
];

it('headers that a setting names go to no endpoint', () => {
  const given = ['X-My-Token', 'secret', 'x-other', 'kept'];
  const isPrivate = privateNames(' x-my-token, ,X-Another');
  expect(headersUp(given, undefined, 'x-api-key', 'k', isPrivate)).not.toContain('secret');
  expect(headersUp(given, undefined, 'x-api-key', 'k', isPrivate)).toContain('kept');
  expect(headersUp(given, undefined, 'x-api-key', 'k', privateNames(''))).toContain('secret');
});

describe('a stored request', () => {
  it('has the headers for the endpoint, without any credential, and gives the same request later', () => {
    const all = [...theirs, ...hops, ...ways, ...framing, ...endToEnd];
    const found = kept(all.flat(), 'keep-alive, X-Named, Upgrade');
    expect(pairsOf(found)).toEqual(endToEnd);
    expect(headersUp(found, undefined, 'bearer', 'the-key')).toEqual(
      headersUp(all.flat(), 'keep-alive, X-Named, Upgrade', 'bearer', 'the-key'),
    );
  });
});

describe('the headers to an endpoint', () => {
  it('are those meant for it, in their spelling, and one credential', () => {
    const connection = 'keep-alive, X-Named, Upgrade';
    expect(up([...theirs, ...hops, ...endToEnd, ...ways, ...framing], { connection })).toEqual([
      ...endToEnd,
      ['accept-encoding', 'identity'],
      ['x-api-key', 'the-key'],
    ]);
  });

  it('carry the credential in the style of the endpoint', () => {
    expect(up(theirs, { auth: 'bearer' })).toEqual([
      ['accept-encoding', 'identity'],
      ['authorization', 'Bearer the-key'],
    ]);
  });

  it('never contain a secret of the client, whatever it sends and in whatever spelling', () => {
    const secret = 'local-secret';
    const spelled = (name: string) =>
      fc
        .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
        .map((upper) => [...name].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''));
    const credential = fc.constantFrom('authorization', 'x-api-key', 'cookie', 'proxy-authorization').chain(spelled);
    const other = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
    const pair = fc.oneof(
      fc.tuple(credential, fc.constant(secret)),
      fc.tuple(
        other.filter((name) => !/^(authorization|x-api-key|cookie|proxy-.*)$/i.test(name)),
        fc.constant('plain'),
      ),
    );
    fc.assert(
      fc.property(fc.array(pair), fc.constantFrom('x-api-key' as const, 'bearer' as const), (pairs, auth) => {
        const sent = up(pairs, { auth });
        expect(sent.flat()).not.toContain(secret);
        const credentials = sent.filter(([name]) => /^(authorization|x-api-key)$/i.test(name));
        expect(credentials).toEqual([
          auth === 'bearer' ? ['authorization', 'Bearer the-key'] : ['x-api-key', 'the-key'],
        ]);
      }),
    );
  });
});

describe('the headers to a client', () => {
  const kept: Pairs = [
    ['Content-Type', 'Application/JSON'],
    ['request-id', 'req_1'],
    ['anthropic-ratelimit-unified-status', 'allowed'],
    ['retry-after', '7'],
    ['X-Odd', 'é'],
  ];
  const dropped: Pairs = [
    ['Connection', 'close'],
    ['Transfer-Encoding', 'chunked'],
    ['Set-Cookie', 'a=b'],
    ['Alt-Svc', 'h3'],
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Expose-Headers', 'x'],
    ['X-Qcc-Endpoint', 'forged'],
  ];

  it('are those meant for it', () => {
    expect(pairsOf(down([...kept, ...dropped]).pairs)).toEqual(kept);
  });

  it('include type, length and coding of the content', () => {
    expect(down([...kept, ['Content-Length', '12']])).toMatchObject({
      contentType: 'application/json',
      length: 12,
      isEncoded: false,
    });
    expect(down([['Content-Encoding', 'gzip']]).isEncoded).toBe(true);
    expect(down([['Content-Encoding', 'identity']]).isEncoded).toBe(false);
    expect(down([]).length).toBeNull();
  });

  it('are found by any spelling', () => {
    const { get } = down(kept);
    expect([get('retry-after'), get('request-id'), get('x-none')]).toEqual(['7', 'req_1', null]);
  });
});
