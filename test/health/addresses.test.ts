/** How this machine is connected, asked of a system that may not tell. */
import { expect, it, vi } from 'vitest';

const system = vi.hoisted(() => ({ interfaces: vi.fn() }));
vi.mock('node:os', () => ({ networkInterfaces: system.interfaces }));

const { addresses } = await import('../../src/health/addresses.ts');

it('external addresses of this machine are listed in a fixed order', () => {
  const address = (text: string, internal = false) => ({ address: text, internal });
  system.interfaces.mockReturnValue({
    wlan0: [address('192.168.1.7')],
    lo: [address('127.0.0.1', true)],
    eth0: [address('10.0.0.1')],
  });
  expect(addresses()).toBe('eth0 10.0.0.1\nwlan0 192.168.1.7');
});

it('addresses are unknown, without an error, when descriptors run out or a sandbox forbids the call', () => {
  system.interfaces.mockImplementation(() => {
    throw Object.assign(new Error('uv_interface_addresses returned Unknown system error 24'), {
      code: 'ERR_SYSTEM_ERROR',
    });
  });
  expect(addresses()).toBe(null);
});
