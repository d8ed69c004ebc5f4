/**
 * The way of one request, as a transcript: `request-*.txt` beside this file hold what happens and what the machine commands, in one
 * file. A line that begins with two spaces is a command; all others are given. After a wanted change: `vitest -u`, then read the
 * difference as you would read code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import type { Input } from '../../machines/failover-commands.ts';
import type { RequestNeeds } from '../../machines/passed-over.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { FailoverWorld, failoverPolicy, type Saying, saidNo, saidRepairable, told } from '../support/failover.ts';
import { minute, second, start } from '../support/given.ts';
import { routable } from '../support/routing-view.ts';

type Step = ReturnType<FailoverWorld['request']>;

interface Player {
  readonly world: FailoverWorld;
  /** It belongs to one account. */
  isPassthrough: boolean;
  needs: RequestNeeds;
  step: Step | undefined;
}

/** Nothing that anybody would refuse. */
const fitting: RequestNeeds = { lacksOf: () => 0, isOwner: () => true, isPassedOver: () => false };

/** `a`, `b out 60 s (timeout)`, `c pauses 2 s`, `d refused (credential)`, `e disabled`, `f recovers`, `g lacks the model 60 s` */
const conditions: readonly (readonly [RegExp, (now: number, ...words: string[]) => Partial<RoutableEndpoint>])[] = [
  [/^$/, () => ({})],
  [
    /^ out (\d+) s \((\w+)\)$/,
    (now, s, because) => ({
      state: 'failed',
      until: now + Number(s) * second,
      because: because as RoutableEndpoint['because'],
    }),
  ],
  [/^ pauses (\d+) s$/, (now, s) => ({ state: 'degraded', until: now + Number(s) * second, because: 'overloaded' })],
  [
    /^ refused \((\w+)\)$/,
    (_, because) => ({ state: 'failed', held: true, because: because as RoutableEndpoint['because'] }),
  ],
  [/^ disabled$/, () => ({ state: 'disabled' })],
  [/^ recovers$/, () => ({ state: 'recovering' })],
  [/^ full$/, () => ({ maxConcurrent: 0 })],
  [/^ lacks the model (\d+) s$/, (now, s) => ({ lacks: [{ model: 'm', until: now + Number(s) * second }] })],
];

function endpointOf(text: string, now: number): RoutableEndpoint {
  const name = text.split(' ', 1)[0] ?? '';
  const rest = text.slice(name.length);
  for (const [form, made] of conditions) {
    const found = form.exec(rest);
    if (found) return routable(name, made(now, ...found.slice(1)));
  }
  throw new Error(`no such endpoint in a transcript: ${text}`);
}

const settings: readonly (readonly [RegExp, (player: Player, ...words: string[]) => void])[] = [
  [
    /^endpoints (.+)$/,
    ({ world }, all = '') => world.show(...all.split(', ').map((one) => endpointOf(one, world.now))),
  ],
  [/^no endpoints$/, ({ world }) => world.show()],
  [/^the session is at (\w+)$/, ({ world }, id) => Object.assign(world, { bound: id as EndpointId })],
  [/^retry budget (\d+)$/, ({ world }, left) => Object.assign(world, { budget: Number(left) })],
  [
    /^at most (\d+) attempts$/,
    ({ world }, most) => {
      world.policy = { ...failoverPolicy, maxAttempts: Number(most) };
    },
  ],
  [/^a client waits (\d+) s in the queue$/, ({ world }, s) => Object.assign(world, { patienceMs: Number(s) * second })],
  [
    /^(\w+) wants thinking that the session does not have$/,
    (player, id) =>
      Object.assign(player, { needs: { ...fitting, isPassedOver: (one: RoutableEndpoint) => one.id === id } }),
  ],
  [/^it belongs to one account$/, (player) => Object.assign(player, { isPassthrough: true })],
  [/^(\d+) s pass$/, ({ world }, s) => Object.assign(world, { now: world.now + Number(s) * second })],
];

const inputs: Readonly<Record<string, Input>> = {
  start: { type: 'start' },
  'joined what is in the queue': { type: 'joined' },
  served: { type: 'served' },
  'broke off': { type: 'broken' },
  denied: { type: 'denied' },
  waited: { type: 'waited' },
  'its turn has come': { type: 'go', expiresAt: start + 15 * minute },
  'waited long enough': { type: 'waitedOut' },
  'not queued': { type: 'notQueued' },
  'client left': { type: 'left' },
};

function inputOf(text: string): Input {
  const known = inputs[text];
  if (known) return known;
  const [, thing] = /^would do without (.+)$/.exec(text) ?? [];
  if (thing !== undefined) return saidRepairable(thing);
  const [, what = '', s] = /^says (\w+)(?:, retry after (\d+) s)?$/.exec(text) ?? [];
  if (what === '') throw new Error(`no such line in a transcript: ${text}`);
  return saidNo(what as Saying, s === undefined ? null : Number(s) * second);
}

function play(player: Player, line: string): readonly string[] {
  if (line === '' || line.startsWith('#')) return [line];
  if (line.startsWith('> ')) {
    player.step ??= player.world.request({ isPassthrough: player.isPassthrough, needs: player.needs });
    return [line, `  ${told(player.step(inputOf(line.slice(2))))}`];
  }
  const setting = settings.find(([form]) => form.test(line));
  if (!setting) throw new Error(`no such line in a transcript: ${line}`);
  const [form, set] = setting;
  set(player, ...(form.exec(line)?.slice(1) ?? []));
  return [line];
}

/** What is given, played anew; each title begins another request. */
function replayed(text: string): string {
  let player: Player | undefined;
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('  '))
    .flatMap((line) => {
      if (!player || line.startsWith('# '))
        player = { world: new FailoverWorld(), isPassthrough: false, needs: fitting, step: undefined };
      return play(player, line);
    });
  return `${lines.join('\n')}\n`;
}

const files = readdirSync(new URL('.', import.meta.url)).filter((name) => /^request-.+\.txt$/.test(name));

it.each(files)('%s begins with its reason, and its output is as recorded', async (name) => {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  expect(text).toMatch(/^# .+\n/);
  await expect(replayed(text)).toMatchFileSnapshot(name);
});
