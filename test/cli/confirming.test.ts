/** The confirmation of a change: the result and the next command, in one line with real names. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const { isTTY } = process.stdout;
beforeEach(() => {
  process.stdout.isTTY = true;
});
afterEach(() => {
  process.stdout.isTTY = isTTY;
});

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const relay = ['--base-url', 'http://127.0.0.1:9', '--api-key', key, '--name', 'relay', '--no-test'];

describe('a change at a terminal', () => {
  it('is confirmed in one line', async () => {
    const run = at(temporaryHome(), { TERM: 'dumb' });
    const said: [string, string][] = [];
    for (const [typed, ...more] of [
      ['add work --tier primary'],
      ['endpoint add work', ...relay],
      ['describe work', 'the relay of the office'],
      ['default work'],
      ['priority set work secondary'],
      ['endpoint update work relay --weight 5'],
      ['endpoint disable work relay'],
      ['endpoint enable work relay'],
      ['priority switch work'],
      ['priority switch --release'],
      ['config set queue.hold 9'],
      ['config set proxy.port 7000'],
      ['endpoint remove work relay --yes'],
      ['remove work --yes'],
    ] as const) {
      const { code, out } = await run(...typed.split(' '), ...more);
      expect([typed, code]).toEqual([typed, 0]);
      said.push([typed, out]);
    }
    expect(said.map(([typed, out]) => `${typed}\n  ${out}`).join('')).toMatchInlineSnapshot(`
      "add work --tier primary
        ✓ profile work is added, with no endpoints yet, tier primary - next: qcc endpoint add work
      endpoint add work
        ✓ relay is in work, weight 100 - test: qcc endpoint test work relay
      describe work
        ✓ work is described as "the relay of the office" - see: qcc list
      default work
        ✓ work is the default profile - see: qcc list
      priority set work secondary
        ✓ work is on tier secondary - see: qcc priority list
      endpoint update work relay --weight 5
        ✓ relay in work is updated: weight 5, priority 1 - test: qcc endpoint test work relay
      endpoint disable work relay
        ✓ relay in work takes no requests - to undo it: qcc endpoint enable work relay
      endpoint enable work relay
        ✓ relay in work takes requests again - test: qcc endpoint test work relay
      priority switch work
        ✓ work is active, and stays active until it is released or fails - to undo it: qcc priority switch --release
      priority switch --release
        ✓ nothing is pinned; work is active - see: qcc priority list
      config set queue.hold 9
        ✓ queue.hold = 9 - to reset it: qcc config reset queue.hold
      config set proxy.port 7000
        ✓ proxy.port = 7000 - to reset it: qcc config reset proxy.port
      endpoint remove work relay --yes
        ✓ relay is removed from work; its key is destroyed - see: qcc endpoint list work
      remove work --yes
        ✓ profile work is removed - see: qcc list
      "
    `);
  });

  it('names the id when two endpoints have the same name', async () => {
    const run = at(temporaryHome(), { TERM: 'dumb' });
    await run('add', 'work');
    await run('endpoint', 'add', 'work', ...relay);
    const { out } = await run('endpoint', 'add', 'work', ...relay.with(1, 'http://127.0.0.1:10'));
    expect(out).toMatch(/^✓ relay is in work, weight 100 - test: qcc endpoint test work [0-9a-f]{8}\n$/);
    expect(await run('endpoint', 'disable', 'work', 'relay')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"relay" can mean 2 endpoints in profile "work"'),
    });
  });

  it('is printed as a row, for programs, with --json and into a pipe', async () => {
    const run = at(temporaryHome(), { TERM: 'dumb' });
    expect((await run('add', 'work', '--json')).json()).toMatchObject({ name: 'work', endpoints: 0 });
    process.stdout.isTTY = false;
    expect((await run('default', 'work')).out).not.toContain('✓');
  });

  it('of an endpoint is followed by its test, with the verdict in words and the way on', async () => {
    const endpoint = await startSimulatedEndpoint();
    onTestFinished(() => endpoint.close());
    const run = at(temporaryHome(), { TERM: 'dumb' });
    await run('add', 'work');
    const add = ['endpoint', 'add', 'work', '--api-key', endpoint.key, '--auth', endpoint.auth];
    const good = await run(...add, '--base-url', endpoint.url, '--name', 'relay');
    expect(good).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^✓ relay is in work, weight 100\n✓ relay answers: (\S+, )?\d+ ms - next: qcc use work\n$/,
      ),
    });
    const dead = await run(...add, '--base-url', 'http://127.0.0.1:9', '--name', 'dead');
    expect(dead).toMatchObject({
      code: 0,
      out: '✓ dead is in work, weight 100\n✗ dead does not answer: no connection (ECONNREFUSED) - test again: qcc endpoint test work dead\n',
    });
    const quiet = await run(...add, '--base-url', 'http://127.0.0.1:10', '--json');
    expect(quiet.json()).toMatchObject({ baseUrl: 'http://127.0.0.1:10' });
  });

  it('has its command on a line of its own when both do not fit', async () => {
    const { columns } = process.stdout;
    process.stdout.columns = 50;
    try {
      const run = at(temporaryHome(), { TERM: 'dumb' });
      await run('add', 'work');
      const { out } = await run('endpoint', 'add', 'work', ...relay);
      expect(out).toBe('✓ relay is in work, weight 100\n  test: qcc endpoint test work relay\n');
    } finally {
      process.stdout.columns = columns;
    }
  });
});
