import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { priced, priceList, unpriced } from '../../src/commands/history/prices.ts';

const million = 1_000_000;
const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
const row = (model: string | null, tokens: Partial<typeof none>) => ({
  endpoint: '0a1b2c3d',
  model,
  tokens: { ...none, ...tokens },
});
const nowhere = () => undefined;

async function costOf(model: string | null, tokens: Partial<typeof none>, baseUrl?: string) {
  const [one] = await priced([row(model, tokens)], () => baseUrl);
  return one?.cost ?? null;
}

it('qcc prices input, output, and tokens read from and written to a cache, each by its own rate', async () => {
  const all = { input: million, output: million, cacheRead: million, cacheWrite: million };
  expect(await costOf('claude-haiku-4-5', all)).toEqual({
    inputUsd: 1,
    outputUsd: 5,
    cacheReadUsd: 0.1,
    cacheWriteUsd: 1.25,
    totalUsd: 7.35,
  });
});

it('qcc prices many requests separately, and not as one long context', async () => {
  // 100 million tokens in all are no request of 100 million tokens, which would be in the dearer tier.
  expect((await costOf('claude-sonnet-4-5', { input: 100 * million }))?.inputUsd).toBe(300);
});

it('qcc uses the price list of the vendor whose address it is, and otherwise that of the model', async () => {
  const tokens = { input: million };
  expect((await costOf('claude-haiku-4-5', tokens, 'https://api.anthropic.com'))?.inputUsd).toBe(1);
  expect((await costOf('claude-haiku-4-5', tokens, 'https://relay.example.com/v1'))?.inputUsd).toBe(1);
});

it('qcc guesses no price, and names models without one', async () => {
  const rows = await priced(
    [
      row('my-own-model', { output: 5 }),
      row('claude-haiku-4-5', { output: 5 }),
      row('idle', {}),
      row(null, { input: 1 }),
    ],
    nowhere,
  );
  expect(rows.map(({ cost }) => cost === null)).toEqual([true, false, true, true]);
  expect(unpriced(rows)).toEqual(['my-own-model', '-']);
});

it('qcc loads no price list when there are no tokens', async () => {
  expect(await costOf('claude-haiku-4-5', {})).toBeNull();
});

it('the date of the prices is that of the list that is installed', () => {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(priceList.version).toBe(dependencies['@pydantic/genai-prices']);
  expect(priceList.date).toMatch(/^\d{4}-\d\d-\d\d$/);
});
