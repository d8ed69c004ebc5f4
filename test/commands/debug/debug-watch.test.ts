/** The live view shows every machine, countdowns and the latest facts, all within the terminal. */

import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/context.ts';
import { frameOf, type Seen } from '../../../src/commands/debug/watch-cli.ts';
import { Names } from '../../../src/commands/names.ts';
import { effective } from '../../../src/config/settings/settings.ts';
import { machineRows } from '../../../src/history/machines.ts';
import { type Language, wordsOf } from '../../../src/messages/messages.ts';
import { iso } from '../../../src/platform/time.ts';
import { factRow } from '../../../src/runtime/rows.ts';
import { makeOutput } from '../../../src/terminal/output.ts';
import { widthOf } from '../../../src/terminal/width.ts';
import { qcc } from '../../cli/command.ts';
import { attemptFailed, coreWithLadder, first, noon } from '../../support/world.ts';

const { settings } = effective(new Map(), {});

async function seen(): Promise<Seen> {
  const { core } = await coreWithLadder();
  const facts = [1, 2, 3].flatMap(() => core.tellEndpoint(first, attemptFailed(), { by: 'traffic' }).facts);
  const { state } = core;
  const live = { budget: { left: 7.25, most: 10 }, inFlight: { [first]: 2 }, permits: [first] };
  return {
    answer: { seq: state.seq, at: iso(state.at), machines: machineRows(state, settings, []), live },
    facts: facts.map(factRow),
    names: new Names({ names: { [first]: 'main/relay-11' } }),
    lookedAt: noon,
  };
}

const context = (language: Language = 'en', colour = false) =>
  ({ out: makeOutput({ colour, quiet: false }), language, words: wordsOf(language) }) as Context;
const wide = { columns: 120, rows: 60 };

describe('debug --watch', () => {
  it('shows each machine, why it takes no traffic, in-flight requests, the retry budget, and the last facts', async () => {
    const text = frameOf(context(), await seen(), noon, wide, null).join('\n');
    expect(text).toMatch(/endpoint\/11111111 {2}main\/relay-11 {2}failed/);
    expect(text).toContain('ejected: no traffic until its wait is over (server error)');
    expect(text).toContain('requests in flight: 2');
    expect(text).toContain('its one trial request is running');
    expect(text).toContain('retry budget: 7.3 of 10');
    expect(text).toMatch(/── last facts ──\n.*main\/relay-11 {2}failed: server error/);
  });

  it('counts down from one frame to the next', async () => {
    const now = await seen();
    const waits = (at: number) =>
      /→ recovering in (\d+) s/.exec(frameOf(context(), now, at, wide, null).join('\n'))?.[1];
    expect(Number(waits(noon)) - Number(waits(noon + 3_000))).toBe(3);
  });

  it('has a line for every machine even if not everything fits', async () => {
    const lines = frameOf(context(), await seen(), noon, { columns: 120, rows: 16 }, null);
    for (const id of ['endpoint/11111111', 'endpoint/22222222', 'priority', 'gateway'])
      expect(lines.filter((line) => line.startsWith(id))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('endpoint/11111111'))).toMatch(
      /failed {2}since .* {2}→ recovering in \d+ s$/,
    );
  });

  it.each(['en', 'zh-CN'] as const)('fits the terminal, in %s and in colour', async (language) => {
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 80, rows: 12 },
      { columns: 40, rows: 10 },
    ]) {
      const lines = frameOf(context(language, true), await seen(), noon, size, 'the gateway is not running');
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      expect(lines.filter((line) => widthOf(line) > size.columns)).toEqual([]);
    }
  });

  it('needs a terminal, and rejects a past moment and a file', async () => {
    const said = await qcc(['debug', '--watch']);
    expect([said.code, said.err]).toEqual([2, expect.stringContaining('--json')]);
    expect((await qcc(['debug', '--watch', '--at', '-1m'])).code).toBe(2);
    expect((await qcc(['debug', '--watch', '--from-log', 'x'])).code).toBe(2);
  });
});
