/** Packages that are loaded when they are wanted, by a process that had no open files left when it first wanted them. */
import { expect, it } from 'vitest';
import { later } from '../../src/platform/later.ts';

it.each([
  ['prom-client', 'Registry'],
  ['undici', 'ProxyAgent'],
  ['@pydantic/genai-prices', 'calcPrice'],
])('%s can be loaded after its import has failed', async (name, wanted) => {
  const failed = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  expect(await later<Record<string, unknown>>(name, failed)).toHaveProperty(wanted);
});

it('later() reports a package that does not exist', async () => {
  await expect(later('no-such-package', () => Promise.reject(new Error('not this one')))).rejects.toThrow(
    /no-such-package/,
  );
});
