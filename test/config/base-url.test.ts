import { describe, expect, it } from 'vitest';
import { isLoopback, parseBaseUrl } from '../../src/config/network/base-url.ts';
import { exitCodes } from '../../src/errors/qcc-error.ts';

const strict = { allowPlaintext: false };

describe('a base URL', () => {
  it.each([
    ['https://api.anthropic.com', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/v1', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/v1/', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/v1/messages', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/v1/messages/', 'https://api.anthropic.com'],
    ['https://api.kimi.com/coding/', 'https://api.kimi.com/coding'],
    ['https://relay.example/anthropic/v1/messages', 'https://relay.example/anthropic'],
    ['https://relay.example/v1beta', 'https://relay.example/v1beta'],
    ['https://relay.example/messages', 'https://relay.example/messages'],
    ['HTTPS://Relay.Example:443/Api', 'https://relay.example/Api'],
    ['https://relay.example:8443', 'https://relay.example:8443'],
    ['http://127.0.0.1:9000/v1', 'http://127.0.0.1:9000'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
  ])('%s becomes %s, and then stays the same', (text, normal) => {
    expect(parseBaseUrl(text, strict)).toBe(normal);
    expect(parseBaseUrl(normal, strict)).toBe(normal);
  });

  it.each([
    '',
    'relay.example',
    'ftp://relay.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://relay.example?key=x',
    'https://relay.example#x',
    'https://user:secret@relay.example',
    'https://user@relay.example',
  ])('is not "%s"', (text) => {
    expect(() => parseBaseUrl(text, { allowPlaintext: true })).toThrow(
      expect.objectContaining({ code: 'QCC_URL_INVALID', exit: exitCodes.usage }),
    );
  });

  it.each(['https://user:s3cr3t-in-url@relay.example', 'https://relay.example?key=s3cr3t-in-url'])(
    'with a secret in it is not repeated: %s',
    (text) => {
      expect(() => parseBaseUrl(text, strict)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cr3t-in-url') }),
      );
    },
  );

  it('is used unencrypted over the network only when that is allowed', () => {
    expect(() => parseBaseUrl('http://relay.example', strict)).toThrow(
      expect.objectContaining({
        code: 'QCC_URL_PLAINTEXT',
        exit: exitCodes.usage,
        hint: expect.stringContaining('--allow-plaintext'),
      }),
    );
    expect(parseBaseUrl('http://relay.example/v1', { allowPlaintext: true })).toBe('http://relay.example');
  });

  it.each([
    'http://169.254.169.254',
    'https://169.254.0.1/latest/meta-data',
    'http://2852039166',
    'http://0xa9fea9fe',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://[febf::1]',
    'http://metadata.google.internal',
    'http://metadata.google.internal.',
  ])('is never an address where a machine serves its own credentials: %s', (text) => {
    expect(() => parseBaseUrl(text, { allowPlaintext: true })).toThrow(
      expect.objectContaining({ code: 'QCC_URL_INVALID' }),
    );
  });
});

describe('loopback', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is %s', (name) => {
    expect(isLoopback(name)).toBe(true);
  });

  it.each(['127.evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '0.0.0.0', '10.0.0.1', '::'])(
    'is not %s',
    (name) => {
      expect(isLoopback(name)).toBe(false);
    },
  );
});
