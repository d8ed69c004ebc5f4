/** The prompts themselves, with a simulated keyboard: what is typed, and what Enter alone means. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askText } from '../../src/terminal/prompt.ts';

const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keyboard });
const { stdin } = process;
let screen = '';

beforeEach(() => {
  screen = '';
  Object.defineProperty(process, 'stdin', { value: keyboard, configurable: true });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    screen += String(text);
    return true;
  });
});
afterEach(() => {
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  vi.restoreAllMocks();
});

async function typed(keys: string, options: Parameters<typeof askText>[1]): Promise<string> {
  const answer = askText('Weight', options);
  await vi.waitFor(() => expect(screen).toContain('Weight'));
  keyboard.write(keys);
  return answer;
}

describe('a question with a usual answer', () => {
  it('shows it, and Enter alone gives it', async () => {
    expect(await typed('\r', { standard: '100' })).toBe('100');
    expect(screen).toContain('00');
  });

  it('takes what is typed in its place, not behind it', async () => {
    expect(await typed('50\r', { standard: '100' })).toBe('50');
  });

  it('says what is wrong, and asks again', async () => {
    const check = (text: string) => (text === '0' ? 'from 1 to 1000' : undefined);
    const answer = typed('0\r', { standard: '100', check });
    await vi.waitFor(() => expect(screen).toContain('from 1 to 1000'));
    keyboard.write('\x7f7\r');
    expect(await answer).toBe('7');
  });
});
