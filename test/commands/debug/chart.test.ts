import { expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const key = 'sk-ant-REDACTED';

async function home() {
  const run = at(temporaryHome());
  const added = await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key, '--json');
  expect(added.code).toBe(0);
  const { endpoints } = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
  return { run, id: endpoints[0]?.id ?? '' };
}

it('debug chart draws a kind of machine, and marks the states of its machines', async () => {
  const { run } = await home();
  const { code, out } = await run('debug', 'chart', 'endpoint');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('║ ● healthy ║ ◀ work/127.0.0.1:9') });
});

it('debug chart takes the beginning of an id', async () => {
  const { run, id } = await home();
  await run('endpoint', 'disable', 'work', id);
  const { out } = await run('debug', 'chart', id.slice(0, 4), '--format', 'json');
  const drawn = JSON.parse(out) as { kind: string; states: { name: string; current: boolean }[]; machines: object[] };
  expect(drawn.kind).toBe('endpoint');
  expect(drawn.states.filter(({ current }) => current).map(({ name }) => name)).toEqual(['disabled']);
  expect(drawn.machines).toEqual([{ id: `endpoint/${id}`, state: 'disabled' }]);
});

it('debug chart names what it cannot draw, and rejects unknown flags', async () => {
  const { run } = await home();
  expect((await run('debug', 'chart', 'toaster')).code).toBe(5);
  const wrong = await run('debug', 'chart', 'endpoint', '--format', 'png');
  expect({ code: wrong.code, err: wrong.err }).toEqual({ code: 2, err: expect.stringContaining('mermaid') });
  expect((await run('debug', 'chart')).code).toBe(2);
});

it('debug chart does not keep debug from taking a kind or an id', async () => {
  const { run, id } = await home();
  expect((await run('debug', id)).out).toContain(`endpoint/${id}`);
  expect((await run('debug', 'priority')).code).toBe(0);
});
