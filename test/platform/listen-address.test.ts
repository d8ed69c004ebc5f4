/** Addresses to listen on, as they are typed: what is local must be told by each spelling of it. */
import { expect, it } from 'vitest';
import { isLoopback } from '../../src/config/network/base-url.ts';
import { listenAddress } from '../../src/platform/listen-address.ts';

it.each([
  ['127.0.0.1', '127.0.0.1'],
  [' 127.0.0.1 ', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['LOCALHOST', 'localhost'],
  ['[::1]', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['[::FFFF:7f00:1]', '127.0.0.1'],
])('%j is %s, on this machine', (typed, host) => {
  expect([listenAddress(typed), isLoopback(listenAddress(typed) ?? '')]).toEqual([host, true]);
});

it.each([
  ['0', '0.0.0.0'],
  ['::', '::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['::1%lo', '::1%lo'],
  ['gateway.lan', 'gateway.lan'],
  ['127.0.0.1.example.com', '127.0.0.1.example.com'],
])('%j is %s, which others may reach', (typed, host) => {
  expect([listenAddress(typed), isLoopback(listenAddress(typed) ?? '')]).toEqual([host, false]);
});

it.each([
  '',
  ' ',
  '[]',
  '[::1',
  '::1]',
  '[::1]:7860',
  '127.0.0.1:80',
  'a b',
  'a/b',
  'user@host',
  'x%y',
  '1.2.3.4.5',
  ':::',
])('%j is none', (typed) => {
  expect(listenAddress(typed)).toBeUndefined();
});
