/** Which proxy stands between this machine and an endpoint. */
import { expect, it } from 'vitest';
import { brokenProxies, credentialsOf, outboundProxy, proxyUrl } from '../../src/config/network/outbound-proxy.ts';

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
  [
    'none for a port that NO_PROXY names',
    `${far}:8443`.replace('/base:8443', ':8443'),
    { HTTPS_PROXY: proxy, NO_PROXY: 'example.com:8443' },
    null,
  ],
  ['it for another port', far, { HTTPS_PROXY: proxy, NO_PROXY: 'example.com:8443' }, proxy],
  ['none for the port that a scheme has by itself', far, { HTTPS_PROXY: proxy, NO_PROXY: 'example.com:443' }, null],
  ['it for another port than that', far, { HTTPS_PROXY: proxy, NO_PROXY: 'example.com:80' }, proxy],
  [
    'none for what a list without commas names',
    far,
    { HTTPS_PROXY: proxy, NO_PROXY: 'a.test Relay.Example.com' },
    null,
  ],
  ['none into a subnet', 'http://10.1.2.3:8080', { HTTP_PROXY: proxy, NO_PROXY: '192.168.0.0/16,10.0.0.0/8' }, null],
  ['it beside a subnet', 'http://11.1.2.3:8080', { HTTP_PROXY: proxy, NO_PROXY: '10.0.0.0/8' }, proxy],
  ['it for a name that a subnet may hold', far, { HTTPS_PROXY: proxy, NO_PROXY: '0.0.0.0/0' }, proxy],
  ['it for what is no subnet', 'http://10.1.2.3', { HTTP_PROXY: proxy, NO_PROXY: '10.0.0.0/33,10.0.0.0/,/8' }, proxy],
  ['none for an address', 'http://10.1.2.3:8080', { HTTP_PROXY: proxy, NO_PROXY: '10.1.2.3' }, null],
  ['none for an address of IPv6', 'http://[fd00::1]', { HTTP_PROXY: proxy, NO_PROXY: 'fd00::1' }, null],
  ['none for one with its port', 'http://[fd00::1]:8080', { HTTP_PROXY: proxy, NO_PROXY: '[fd00::1]:8080' }, null],
  ['none into a subnet of IPv6', 'http://[fd00::1]', { HTTP_PROXY: proxy, NO_PROXY: 'fd00::/8' }, null],
  ['none though ALL_PROXY is there', far, { ALL_PROXY: 'socks5://127.0.0.1:1080' }, null],
  ['one without a scheme', far, { HTTPS_PROXY: 'proxy.example:3128' }, proxy],
  ['what is no URL, as it is', far, { HTTPS_PROXY: 'http://[' }, 'http://['],
  ['it for a name that only ends alike', far, { HTTPS_PROXY: proxy, NO_PROXY: 'ample.com' }, proxy],
])('the proxy of the environment is %s', (_, baseUrl, env, found) => {
  expect(outboundProxy(baseUrl, env)).toBe(found);
});

it.each([
  ['me:pass', 'me:pass'],
  ['me:100%', 'me:100%'],
  ['me:%zz', 'me:%zz'],
  ['me:50%%40x', 'me:50%@x'],
  ['m%65:%C3%A9', 'me:é'],
  // No UTF-8: nothing of it is an escape.
  ['me:%ff%41', 'me:%ff%41'],
  ['%:%', '%:%'],
])('a percent sign that escapes nothing is literal in a proxy’s URL: %s', (written, meant) => {
  const url = proxyUrl(`http://${written}@proxy.example:3128`);
  expect(url && credentialsOf(url)).toBe(meant);
  const again = outboundProxy(far, { HTTPS_PROXY: `${written}@proxy.example:3128` }) ?? '';
  expect(decodeURIComponent(new URL(again).password)).toBe(meant.slice(meant.indexOf(':') + 1));
});

it.each(['http://[', '://', 'socks5://proxy:1', 'http://', 'ftp://proxy', 'http://proxy:99999'])(
  'an unusable proxy %s is reported by the variable that applies',
  (text) => {
    expect(proxyUrl(text)).toBe(null);
    expect(brokenProxies({ https_proxy: text, HTTP_PROXY: proxy })).toEqual(['https_proxy']);
    expect(brokenProxies({ https_proxy: proxy, HTTPS_PROXY: text })).toEqual([]);
  },
);
