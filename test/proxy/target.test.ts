/** The route table. A target is matched, never resolved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targetOf } from '../../src/proxy/upstream/target.ts';

const forwarded = (url: string, more: object = {}) => ({
  kind: 'forward',
  path: url.split('?')[0],
  query: url.slice(url.split('?')[0]?.length),
  within: null,
  isMessages: false,
  isCount: false,
  isPassthrough: false,
  ...more,
});

describe('a request target', () => {
  it.each([
    ['/v1/messages', forwarded('/v1/messages', { isMessages: true })],
    ['/v1/messages?beta=true', forwarded('/v1/messages?beta=true', { isMessages: true })],
    ['/v1/messages?x=//..\\', forwarded('/v1/messages?x=//..\\', { isMessages: true })],
    ['/v1/v1/messages?beta=true', forwarded('/v1/messages?beta=true', { isMessages: true })],
    ['//v1/messages', forwarded('/v1/messages', { isMessages: true })],
    ['//v1/v1/messages?beta=true', forwarded('/v1/messages?beta=true', { isMessages: true })],
    ['//p/work/v1/models', forwarded('/v1/models', { within: 'work' })],
    ['/v1/messages/count_tokens', forwarded('/v1/messages/count_tokens', { isCount: true })],
    ['/v1/models?limit=1000', forwarded('/v1/models?limit=1000')],
    ['/v1/messages/batches', forwarded('/v1/messages/batches', { isPassthrough: true })],
    ['/v1/messages/batches/b_1/results', forwarded('/v1/messages/batches/b_1/results', { isPassthrough: true })],
    ['/v1/messages/batchesque', forwarded('/v1/messages/batchesque')],
    ['/v1/files/f_1/content', forwarded('/v1/files/f_1/content', { isPassthrough: true })],
    ['/p/work/v1/messages', forwarded('/v1/messages', { within: 'work', isMessages: true })],
    ['/p/%E5%B7%A5/v1/v1/files', forwarded('/v1/files', { within: '工', isPassthrough: true })],
    ['/p/%zz/v1/models', forwarded('/v1/models', { within: '%zz' })],
  ])('%s is passed on', (url, target) => {
    expect(targetOf('POST', url)).toEqual(target);
  });

  it.each([
    ['HEAD', '/', 'hello'],
    ['HEAD', '/api/hello', 'hello'],
    ['GET', '/', 'unknown'],
    ['GET', '/healthz', 'healthz'],
    ['HEAD', '/readyz', 'readyz'],
    ['GET', '/metrics?x=1', 'metrics'],
    ['GET', '/v1', 'unknown'],
    ['GET', '/v1/', 'unknown'],
    ['GET', '/v1/v1/', 'unknown'],
    ['GET', '/p/work', 'unknown'],
    ['GET', '/__proto__', 'unknown'],
    ['GET', '/constructor', 'unknown'],
    ['POST', '/v1/../x', 'invalid'],
    ['POST', '/v1/.', 'invalid'],
    ['POST', '/v1/.%2E/x', 'invalid'],
    ['POST', '/v1/a%2Fb', 'invalid'],
    ['POST', '/v1/a%5cb', 'invalid'],
    ['POST', '/v1\\x', 'invalid'],
    ['POST', '//x/v1/messages', 'invalid'],
    ['POST', 'http://x/v1/messages', 'invalid'],
    ['OPTIONS', '*', 'invalid'],
    ['GET', '', 'invalid'],
  ])('%s %s is %s', (method, url, kind) => {
    expect(targetOf(method, url).kind).toBe(kind);
  });

  it('that is passed on stays under /v1/ of any base URL', () => {
    const part = fc.constantFrom(
      'v1',
      'p',
      'messages',
      '..',
      '.',
      '%2e%2e',
      '',
      '@evil.test',
      'x%2f..',
      '\\',
      ':80',
      'a?b',
      '#',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const target = targetOf('POST', `/${parts.join('/')}`);
        if (target.kind !== 'forward') return;
        const { host, pathname } = new URL(`https://endpoint.test${target.path}`);
        expect(host).toBe('endpoint.test');
        expect(pathname).toMatch(/^\/v1\//);
      }),
      { numRuns: 1_000 },
    );
  });
});
