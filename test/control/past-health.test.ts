/** Queries of the past run outside of the main loop while a gateway runs: the main loop reads no history. */
import { expect, it } from 'vitest';
import { Json } from '../../src/contract/json.ts';
import { operations } from '../../src/control/table.ts';
import { ask, type QuestionName } from '../../src/history/questions.ts';
import type { LiveSide } from '../../src/installation/live-side.ts';
import { memoryInstallation } from '../support/installation.ts';
import { endpointSettings, first } from '../support/world.ts';

async function lived() {
  const { installation, core, world } = await memoryInstallation();
  core.report('profile/main', [{ type: 'ProfileAdded', data: { name: 'main', description: '' } }], { by: 'cli' });
  core.report('profile/main', [{ type: 'EndpointAdded', data: endpointSettings(first) }], { by: 'cli' });
  const probe = (responseMs: number) => {
    const data = { responseMs, ttftMs: null, score: 90, model: 'm', tokens: 30 };
    core.tellEndpoint(first, { type: 'ProbeSucceeded', data }, { by: 'probe' });
    world.pass(1_000);
  };
  probe(100);
  const since = core.now();
  probe(300);
  return { installation, log: core.log, since };
}

it.each(['health.metrics', 'health.history', 'stats.read'] as const)(
  '%s gives the same answer in a worker as without a gateway',
  async (name) => {
    const { installation, log, since } = await lived();
    const params = {
      ...(name === 'stats.read' ? {} : { id: first }),
      ...(name === 'health.history' ? {} : { since }),
    };
    const alone = await operations(installation, undefined)[name]?.(params as never);

    const asked: QuestionName[] = [];
    let isBeside = false;
    const reading = { read: log.read.bind(log), readStream: log.readStream.bind(log) };
    const guarded = <Read extends (...given: never[]) => unknown>(read: Read) =>
      ((...given) => {
        if (!isBeside) throw new Error('the main loop reads the log');
        return read(...given);
      }) as Read;
    Object.assign(log, { read: guarded(reading.read), readStream: guarded(reading.readStream) });
    const replay: LiveSide['replay'] = {
      scrub: () => Promise.resolve([]),
      rollUp: () => Promise.resolve(undefined),
      verify: () => Promise.resolve(undefined),
      distrust: () => {},
      async ask(_, question, given) {
        asked.push(question);
        isBeside = true;
        const answer = JSON.stringify(await ask(log, question, given));
        isBeside = false;
        return new Json(answer);
      },
      close: async () => {},
    };
    const live = { replay, nextProbes: () => new Map() } as unknown as LiveSide;
    const beside = await operations(installation, live)[name]?.(params as never);
    expect(asked).toHaveLength(1);
    expect(beside instanceof Json ? JSON.parse(beside.text) : beside).toEqual(alone);
  },
);
