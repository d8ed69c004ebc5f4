import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const graceMs = 100;

async function home() {
  const place = temporaryHome();
  const run = at(place);
  for (const name of ['work', 'relay', 'spare']) expect((await run('add', name)).code).toBe(0);
  return { place, run };
}

it('history verify reports a sound log, with a gateway and without one, and in text too', async () => {
  const { place, run } = await home();
  expect((await run('history', 'verify', '--json')).json()).toMatchObject({ ok: true, differences: [], machines: 2 });
  const gateway = await runGateway({ home: place, port: 0 });
  try {
    const live = await run('history', 'verify', '--json');
    expect({ code: live.code, said: live.json() }).toMatchObject({ code: 0, said: { ok: true, damage: [] } });
    expect((await run('history', 'verify')).out).toContain('the log is intact');
  } finally {
    await gateway.stop(graceMs);
    await gateway.stopped;
  }
});

it('history repair restores a log that did not open, keeps the old one, and reports it', async () => {
  const { place, run } = await home();
  const before = (await run('history', '--json')).out;
  const manifest = readdirSync(join(place, 'log')).find((name) => name.startsWith('MANIFEST-')) ?? '';
  writeFileSync(join(place, 'log', manifest), '');
  const refused = await run('list');
  expect({ code: refused.code, err: refused.err }).toEqual({
    code: 1,
    err: expect.stringContaining('qcc history repair'),
  });
  const { code, out } = await run('history', 'repair', '--json');
  const made = JSON.parse(out) as { kept: string };
  expect({ code, made }).toMatchObject({ code: 0, made: { repaired: true, lost: [] } });
  expect(readdirSync(place)).toContain(made.kept);
  const after = (await run('history', '--json')).out;
  expect(after.startsWith(before)).toBe(true);
  expect(after).toContain('LogSalvaged');
  expect((await run('history', 'verify')).code).toBe(0);
  expect((await run('history', 'repair')).out).toContain('nothing to repair');
});

it('history repair reports what is gone for good, in Chinese too', async () => {
  const { place, run } = await home();
  for (const name of readdirSync(join(place, 'log')).filter((one) => /^\d+\.(log|ldb)$/.test(one)))
    rmSync(join(place, 'log', name));
  const { code, out } = await run('history', 'repair', '--lang', 'zh-CN');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/#1–#\d+：已从日志中丢失/) });
  expect((await run('list', '--json')).json()).toEqual({ profiles: [] });
});

it('history repair refuses while a gateway runs, and does nothing in a home without a log', async () => {
  const nowhere = at(temporaryHome());
  expect((await nowhere('history', 'repair', '--json')).json()).toMatchObject({ repaired: false, facts: 0 });
  const { place, run } = await home();
  const gateway = await runGateway({ home: place, port: 0 });
  try {
    const { code, err } = await run('history', 'repair', '--json');
    expect({ code, said: JSON.parse(err).error.code }).toEqual({ code: 6, said: 'QCC_REPAIR_RUNNING' });
  } finally {
    await gateway.stop(graceMs);
    await gateway.stopped;
  }
});

it('history stats and history compact report the size of the log', async () => {
  const { run } = await home();
  const stats = (await run('history', 'stats', '--json')).json() as { types: { type: string; facts: number }[] };
  expect(stats).toMatchObject({ facts: expect.any(Number), diskBytes: expect.any(Number) });
  expect(stats.types.find(({ type }) => type === 'ProfileAdded')?.facts).toBe(3);
  expect((await run('history', 'stats')).out).toContain('ProfileAdded');
  const compacted = await run('history', 'compact', '--json');
  expect({ code: compacted.code, said: compacted.json() }).toMatchObject({ code: 0, said: { trimmed: 0 } });
  expect((await run('history', 'compact', '--lang', 'zh-CN')).out).toContain('旧事实');
});
