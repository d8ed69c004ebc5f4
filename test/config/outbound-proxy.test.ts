/** Which proxy stands between this machine and an endpoint. */
import { expect, it } from 'vitest';
import { outboundProxy } from '../../src/config/outbound-proxy.ts';

const far = 'https://relay.example.com/base';
const proxy = 'http://proxy.example:3128';

it.each<[string, string, Readonly<Record<string, string>>, string | null]>([
  ['none where none is named', far, {}, null],
  ['the one for https', far, { HTTPS_PROXY: proxy, HTTP_PROXY: 'http://other:1' }, proxy],
  ['the one for http', 'http://relay.example.com', { HTTPS_PROXY: 'http://other:1', HTTP_PROXY: proxy }, proxy],
  ['the one in small letters first', far, { https_proxy: proxy, HTTPS_PROXY: 'http://other:1' }, proxy],
  ['none for an empty name', far, { HTTPS_PROXY: '' }, null],
  ['none to this machine', 'http://127.0.0.1:7860', { HTTP_PROXY: proxy }, null],
  ['none to this machine by name', 'https://localhost:7860', { HTTPS_PROXY: proxy }, null],
  ['none for what NO_PROXY names', far, { HTTPS_PROXY: proxy, NO_PROXY: 'a.test, relay.example.com' }, null],
  ['none for what is below it', far, { HTTPS_PROXY: proxy, no_proxy: '.example.com' }, null],
  ['none for what a star stands for', far, { HTTPS_PROXY: proxy, NO_PROXY: '*.example.com' }, null],
  ['none for anything', far, { HTTPS_PROXY: proxy, NO_PROXY: '*' }, null],
  ['it for a name that only ends alike', far, { HTTPS_PROXY: proxy, NO_PROXY: 'ample.com' }, proxy],
])('is %s', (_, baseUrl, env, found) => {
  expect(outboundProxy(baseUrl, env)).toBe(found);
});
