/** Who reaches the page's listener: every rule, at every operation of the catalogue, over real sockets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contract, type OperationName } from '../../src/contract/operations.ts';
import { type Asked, bytesOf, openPages, twice, withHeader, without } from '../support/page.ts';

const names = Object.keys(contract) as OperationName[];
const mebibyte = 1_048_576;

type Wrong = readonly [
  what: string,
  change: (asked: Asked, port: number) => Asked,
  status: number | null,
  code?: string,
];

const host = (value: (port: number) => string): Wrong => [
  `the Host ${value(7861)}`,
  (asked, port) => withHeader(asked, 'Host', value(port)),
  421,
  'host',
];
const header = (name: string, value: string, status: number, code: string): Wrong => [
  `${name}: ${value}`,
  (asked) => withHeader(asked, name, value),
  status,
  code,
];

/** Each is a request as the page sends it, but for one thing. */
const wrong: readonly Wrong[] = [
  host((port) => `rebound.example:${port}`),
  host((port) => `localhost.rebound.example:${port}`),
  host((port) => `127.0.0.1.rebound.example:${port}`),
  host((port) => `127.1:${port}`),
  host((port) => `2130706433:${port}`),
  host((port) => `0x7f000001:${port}`),
  host((port) => `127.0.0.2:${port}`),
  host((port) => `0.0.0.0:${port}`),
  host((port) => `[::]:${port}`),
  host((port) => `[::ffff:127.0.0.1]:${port}`),
  host((port) => `localhost.:${port}`),
  host((port) => `user@localhost:${port}`),
  host((port) => `127.0.0.1:${port + 1}`),
  host(() => '127.0.0.1'),
  host(() => 'localhost'),
  host(() => ''),
  ['no Host', (asked) => without(asked, 'Host'), 421, 'host'],
  ['the Host twice', (asked, port) => twice(asked, 'Host', `127.0.0.1:${port}`), 421, 'host'],
  ['a second Host', (asked) => twice(asked, 'Host', 'rebound.example'), 421, 'host'],
  header('Origin', 'https://evil.example', 403, 'origin'),
  header('Origin', 'null', 403, 'origin'),
  header('Origin', '', 403, 'origin'),
  header('Origin', 'http://127.0.0.1', 403, 'origin'),
  header('Origin', 'http://localhost:5173', 403, 'origin'),
  ['its Origin over TLS', (asked, port) => withHeader(asked, 'Origin', `https://127.0.0.1:${port}`), 403, 'origin'],
  ['its Origin with a path', (asked, port) => withHeader(asked, 'Origin', `http://127.0.0.1:${port}/`), 403, 'origin'],
  ['a rebound Origin', (asked, port) => withHeader(asked, 'Origin', `http://rebound.example:${port}`), 403, 'origin'],
  [
    'its Origin twice',
    (asked, port) => twice(twice(asked, 'Origin', `http://127.0.0.1:${port}`), 'Origin', `http://127.0.0.1:${port}`),
    403,
    'origin',
  ],
  header('Sec-Fetch-Site', 'cross-site', 403, 'site'),
  header('Sec-Fetch-Site', 'same-site', 403, 'site'),
  header('Sec-Fetch-Site', 'none', 403, 'site'),
  header('Sec-Fetch-Site', 'same-origin, cross-site', 403, 'site'),
  header('Content-Type', 'application/x-www-form-urlencoded', 415, 'type'),
  header('Content-Type', 'multipart/form-data; boundary=x', 415, 'type'),
  header('Content-Type', 'text/plain', 415, 'type'),
  header('Content-Type', 'text/plain; application/json', 415, 'type'),
  header('Content-Type', 'application/jsonp', 415, 'type'),
  header('Content-Type', 'application/json; charset=utf-7', 415, 'type'),
  ['no content type', (asked) => without(asked, 'Content-Type'), 415, 'type'],
  ['two content types', (asked) => twice(asked, 'Content-Type', 'application/json'), 415, 'type'],
  header('X-Forwarded-For', '203.0.113.9', 403, 'forwarded'),
  header('X-Forwarded-Host', 'localhost', 403, 'forwarded'),
  header('X-Forwarded-Proto', 'https', 403, 'forwarded'),
  header('x-forwarded-anything', '1', 403, 'forwarded'),
  header('Forwarded', 'for=203.0.113.9', 403, 'forwarded'),
  header('Upgrade', 'websocket', 403, 'upgrade'),
  header('Expect', '100-continue', 417, 'expect'),
  header('Expect', 'anything', 417, 'expect'),
  ['an upgrade', (asked) => withHeader(withHeader(asked, 'Upgrade', 'websocket'), 'Connection', 'Upgrade'), null],
  ['HTTP/2 in clear', (asked) => withHeader(withHeader(asked, 'Upgrade', 'h2c'), 'Connection', 'Upgrade'), null],
  ['CONNECT', (asked, port) => ({ ...asked, method: 'CONNECT', target: `127.0.0.1:${port}` }), null],
  ['PUT', (asked) => ({ ...asked, method: 'PUT' }), 405, 'method'],
  ['DELETE', (asked) => ({ ...asked, method: 'DELETE' }), 405, 'method'],
  ['PATCH', (asked) => ({ ...asked, method: 'PATCH' }), 405, 'method'],
  ['OPTIONS', (asked) => ({ ...asked, method: 'OPTIONS' }), 405, 'method'],
  ['GET with a body', (asked) => ({ ...asked, method: 'GET' }), 413, 'length'],
  ['a body that is too long', (asked) => withHeader(asked, 'Content-Length', String(mebibyte + 1)), 413, 'length'],
  ['a length beyond numbers', (asked) => withHeader(asked, 'Content-Length', '9'.repeat(15)), 400, 'length'],
  [
    'a body of unknown length',
    (asked) => ({
      ...withHeader(without(asked, 'Content-Length'), 'Transfer-Encoding', 'chunked'),
      body: '2\r\n{}\r\n0\r\n\r\n',
    }),
    411,
    'length',
  ],
  [
    'an endless body of unknown length',
    (asked) => ({
      ...withHeader(without(asked, 'Content-Length'), 'Transfer-Encoding', 'chunked'),
      body: `100000\r\n${' '.repeat(mebibyte)}\r\n100000\r\n${' '.repeat(mebibyte)}\r\n`,
    }),
    411,
    'length',
  ],
  [
    'the absolute form',
    (asked, port) => ({ ...asked, target: `http://127.0.0.1:${port}${asked.target}` }),
    400,
    'target',
  ],
  [
    'the absolute form of another host',
    (asked) => ({ ...asked, target: `http://evil.example${asked.target}` }),
    400,
    'target',
  ],
  ['two slashes', (asked) => ({ ...asked, target: `/${asked.target}` }), 400, 'target'],
];

/** Where the path alone is wrong, nothing is found. */
const paths: readonly ((name: string) => string)[] = [
  (name) => `/call/../call/${name}`,
  (name) => `/call/./${name}`,
  (name) => `/call//${name}`,
  (name) => `/call/${name}/`,
  (name) => `/call/${name}%00`,
  (name) => `/call/${name}.json`,
  (name) => `/call%2f${name}`,
  (name) => `/CALL/${name}`,
  (name) => `/call/${name.replace('.', '%2e')}`,
  (name) => `/assets/..%2fcall/${name}`,
  (name) => `/call/${name.toUpperCase()}`,
  () => '/call/',
  () => '/call/__proto__',
  () => '/call/constructor',
  () => '/call/toString',
];

describe('every operation of the catalogue', () => {
  it('is reached by the page as it asks, and by curl with a bearer; or it is none of the page', async () => {
    const { ask, post, bearer, gateway, port } = await openPages();
    const writing = await bearer('write');
    for (const name of names) {
      gateway.calls.length = 0;
      const curl = post(`/call/${name}`, {}, writing);
      const byName = withHeader(curl, 'Host', `LocalHost:${port}`);
      const page = withHeader(withHeader(curl, 'Origin', `http://127.0.0.1:${port}`), 'Sec-Fetch-Site', 'same-origin');
      for (const asked of [curl, byName, page, withHeader(curl, 'Content-Type', 'application/json; charset=UTF-8')]) {
        const answer = await ask(asked);
        if (contract[name].page === 'never') expect(answer, name).toMatchObject({ status: 403, code: 'never' });
        else expect(answer, name).toMatchObject({ status: 200, body: '{"answer":{}}' });
      }
      expect(gateway.calls).toHaveLength(contract[name].page === 'never' ? 0 : 4);
    }
  });

  for (const [what, change, status, code] of wrong) {
    it(`is not reached with ${what}`, async () => {
      const { ask, post, bearer, gateway, port } = await openPages();
      const writing = await bearer('write');
      for (const name of names) {
        const answer = await ask(change(post(`/call/${name}`, {}, writing), port));
        if (status === null) expect(answer, name).toBeNull();
        else expect(answer, name).toMatchObject({ status, code });
      }
      expect(gateway.calls).toEqual([]);
    });
  }

  it('is not reached by a path that only looks like its own', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    const writing = await bearer('write');
    for (const name of names)
      for (const path of paths)
        expect(await ask(post(path(name), {}, writing)), path(name)).toMatchObject({ status: 404, code: 'unknown' });
    expect(gateway.calls).toEqual([]);
  });

  it('is not reached without a bearer, with a wrong one, with two, or with one in the query or in a cookie', async () => {
    const { ask, post, bearer, listener, gateway, attacks } = await openPages();
    const writing = await bearer('write');
    for (const name of names) {
      const bare = post(`/call/${name}`, {});
      const tried: readonly Asked[] = [
        bare,
        post(`/call/${name}`, {}, ''),
        post(`/call/${name}`, {}, 'x'.repeat(43)),
        post(`/call/${name}`, {}, writing.slice(1)),
        post(`/call/${name}`, {}, `${writing}x`),
        post(`/call/${name}`, {}, listener.ticket('write').ticket),
        twice(post(`/call/${name}`, {}, writing), 'Authorization', `Bearer ${writing}`),
        withHeader(bare, 'Authorization', `Basic ${Buffer.from(`qcc:${writing}`).toString('base64')}`),
        withHeader(bare, 'Authorization', writing),
        withHeader(bare, 'Cookie', `bearer=${writing}`),
        withHeader(bare, 'X-Api-Key', writing),
        { ...bare, target: `${bare.target}?bearer=${writing}` },
        post(`/call/${name}`, { bearer: writing }),
      ];
      for (const asked of tried) expect(await ask(asked), name).toMatchObject({ status: 401, code: 'bearer' });
    }
    expect(gateway.calls).toEqual([]);
    expect(attacks()).toBe(0);
  });

  it('is reached by a reading bearer only if it reads, whatever the request says of its scope', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    const reading = await bearer('read');
    for (const name of names) {
      gateway.calls.length = 0;
      const asked = withHeader(post(`/call/${name}?scope=write`, { scope: 'write' }, reading), 'X-Scope', 'write');
      const expected = {
        read: { status: 200 },
        write: { status: 403, code: 'readOnly' },
        never: { status: 403, code: 'never' },
      };
      const { page } = contract[name];
      expect(await ask(asked), name).toMatchObject(expected[page]);
      expect(gateway.calls).toHaveLength(page === 'read' ? 1 : 0);
    }
  });
});

describe('any Host and any Origin', () => {
  it('but the three of this listener is refused, whatever it looks like', async () => {
    const { ask, post, bearer, gateway, port } = await openPages();
    const writing = await bearer('write');
    const label = fc.constantFrom('localhost', '127.0.0.1', '[::1]', 'evil', 'example', '::1', '0', String(port), '');
    const piece = fc.oneof(label, fc.constantFrom('.', ':', '@', '/', '\\', '%00', ' ', ','));
    const near = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('').trim());
    const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), near, fc.boolean(), async (name, value, asOrigin) => {
        fc.pre(!own.includes(value));
        const asked = post(`/call/${name}`, {}, writing);
        const changed = asOrigin ? withHeader(asked, 'Origin', `http://${value}`) : withHeader(asked, 'Host', value);
        expect(await ask(changed)).toMatchObject(
          asOrigin ? { status: 403, code: 'origin' } : { status: 421, code: 'host' },
        );
      }),
      { numRuns: 200 },
    );
    expect(gateway.calls).toEqual([]);
  });
});

describe('what is no operation', () => {
  it('is guarded by the same rules: the document, its files, the ticket, the stream, the plain page', async () => {
    const { ask, get, post, bearer, listener, port, gateway } = await openPages();
    const reading = ['Authorization', `Bearer ${await bearer('read')}`] as const;
    const ofHead = wrong.filter(([, , , code]) => !['length', 'type', 'method', 'expect'].includes(code ?? 'length'));
    expect(ofHead.length).toBeGreaterThan(30);
    const targets = ['/', '/index.html', '/assets/app-0a1b2c3d.js', '/stream?after=0', '/plain', '/nothing'];
    for (const target of targets)
      for (const [what, change, status, code] of ofHead) {
        // A document may be opened by the browser itself.
        if (what === 'Sec-Fetch-Site: none' && (target === '/' || target === '/plain')) continue;
        expect(await ask(change(get(target, reading), port)), `${target}, ${what}`).toMatchObject({ status, code });
      }
    for (const [what, change, status, code] of wrong) {
      const { ticket } = listener.ticket('write');
      const answer = await ask(change(post('/ticket', { ticket }), port));
      if (status === null) expect(answer, what).toBeNull();
      else expect(answer, what).toMatchObject({ status, code });
    }
    expect(gateway.listeners.size).toBe(0);
  });

  it('opens as a document when its address is typed, and not from a page elsewhere', async () => {
    const { ask, get } = await openPages();
    const typed = ['Sec-Fetch-Site', 'none'] as const;
    expect(await ask(get('/', typed))).toMatchObject({ status: 200, body: '<!doctype html><title>qcc</title>' });
    expect(await ask(get('/plain', typed))).toMatchObject({ status: 401, code: 'ticket' });
    expect(await ask(get('/index.html', typed))).toMatchObject({ status: 403, code: 'site' });
    expect(await ask(get('/', ['Sec-Fetch-Site', 'cross-site']))).toMatchObject({ status: 403, code: 'site' });
  });

  it('is a file of the build, or nothing: no path reaches the disk', async () => {
    const { ask, get } = await openPages();
    expect(await ask(get('/assets/app-0a1b2c3d.js'))).toMatchObject({ status: 200, body: 'export {};' });
    const tricks = ['/../package.json', '/assets/../index.html', '/%2e%2e/package.json', '/assets/..%2findex.html'];
    const others = [
      '/notes.txt',
      '/assets',
      '/assets/',
      '/assets/app-0a1b2c3d.js.gz',
      '/index.html%00',
      '/index.html/',
      '/Index.html',
    ];
    for (const target of [...tricks, ...others])
      expect(await ask(get(target)), target).toMatchObject({ status: 401, code: 'bearer' });
  });

  it('has a head without a body, under the same rules', async () => {
    const { ask, get, port } = await openPages();
    const head = { ...get('/'), method: 'HEAD' };
    expect(await ask(head)).toMatchObject({ status: 200, body: '' });
    expect((await ask(withHeader(head, 'Host', `rebound.example:${port}`)))?.status).toBe(421);
  });

  it('is compressed for who takes it, and kept by the browser only under a hashed name', async () => {
    const { ask, get } = await openPages();
    const script = await ask(get('/assets/app-0a1b2c3d.js', ['Accept-Encoding', 'gzip, br']));
    expect(script).toMatchObject({ body: 'brotli' });
    expect(script?.headers.get('content-encoding')).toBe('br');
    expect(script?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await ask(get('/assets/app-0a1b2c3d.js', ['Accept-Encoding', 'gzip'])))?.body).toBe('gzipped');
    expect((await ask(get('/')))?.headers.get('cache-control')).toBe('no-cache');
  });

  it('says so clearly where the page was not built', async () => {
    const { ask, get, post, bearer } = await openPages('/nowhere');
    const answer = await ask(get('/'));
    expect(answer).toMatchObject({ status: 404 });
    expect(answer?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer?.body).toContain('This installation lacks the files of the page.');
    expect(answer?.body).toContain('<a href="/plain">');
    expect(await ask(post('/call/config.list', {}, await bearer('read')))).toMatchObject({ status: 200 });
  });
});

describe('what no HTTP is', () => {
  it('is closed without a word', async () => {
    const { port } = await openPages();
    for (const sent of [
      '\x16\x03\x01\x02\x00\x01\x00',
      'hello\r\n\r\n',
      'GET / HTTP/9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: ${'x'.repeat(20_000)}\r\n\r\n`,
    ])
      expect(await bytesOf(port, sent)).toBe('');
  });
});

describe('a fault within an operation', () => {
  it('is a guarded answer that tells nothing of it', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    gateway.answer = () => {
      throw new Error('a secret of the inside');
    };
    const answer = await ask(post('/call/config.list', {}, await bearer('read')));
    expect(answer).toMatchObject({ status: 500, body: '{"error":{"code":"fault"}}' });
  });

  it('is no crash when the body is no JSON, or no object', async () => {
    const { ask, post, bearer, gateway } = await openPages();
    const writing = await bearer('write');
    for (const body of ['{', 'null', '[]', '"text"', '1', '{"key":{"toString":1}}', ''])
      expect(await ask(post('/call/config.set', body, writing)), body).toMatchObject({ status: 200 });
    expect(gateway.calls.map(({ params }) => params)).toEqual([
      undefined,
      null,
      [],
      'text',
      1,
      { key: { toString: 1 } },
      {},
    ]);
  });
});
