/** Facts that cannot be read are no silence: `history` says which, and its exit code does. */
import { expect, it } from 'vitest';
import { factKey } from '../../../src/log/codec.ts';
import { at } from '../../cli/command.ts';
import { raw, removeFacts } from '../../log/disk.ts';
import { temporaryHome } from '../../support/home.ts';

async function home() {
  const place = temporaryHome();
  const run = at(place);
  for (const name of ['work', 'relay', 'spare']) expect((await run('add', name)).code).toBe(0);
  return { dir: `${place}/log`, run };
}

it.each([
  ['history', '--at', 'now'],
  ['history', 'diff', '#0', 'now'],
  ['history', 'what-if', '--set', 'failover.failure_threshold=5'],
  ['debug', '--at', 'now'],
  ['config', 'audit'],
])(
  'qcc %s %s %s …, computed from many facts, reports which of them are missing, and exits with 7',
  async (...command) => {
    const { dir, run } = await home();
    expect((await run(...command)).code).toBe(0);
    await raw(dir, (database) => database.clear({ gte: Buffer.of(3), lt: Buffer.of(4) }));
    await removeFacts(dir, 2);
    for (const flags of [[], ['--json']]) {
      const { code, err } = await run(...command, ...flags);
      expect({ code, err }).toEqual({ code: 7, err: expect.stringMatching(/#2\b[\s\S]*qcc history verify/) });
    }
  },
);

it('history of a log with a changed fact or a gap reports which, and exits with 7', async () => {
  const { dir, run } = await home();
  expect((await run('history', '--json')).code).toBe(0);
  await raw(dir, async (database) => {
    const bytes = Buffer.from((await database.get(factKey(1))) ?? '');
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
    await database.put(factKey(1), bytes);
  });
  for (const flags of [[], ['--json'], ['--type', 'ProfileAdded']]) {
    const { code, err } = await run('history', '--since', '#1', ...flags);
    expect({ code, err }).toEqual({ code: 7, err: expect.stringMatching(/#1\b[\s\S]*qcc history verify/) });
  }
  // What was not asked for does not matter.
  expect((await run('history', '--since', '#2')).code).toBe(0);
  await removeFacts(dir, 2);
  const { code, err } = await run('history', '--since', '#2');
  expect({ code, err }).toEqual({ code: 7, err: expect.stringContaining('#2') });
});
