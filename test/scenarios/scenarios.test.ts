/**
 * Each script beside this file is played to a machine, and the transcript is kept next to it. Every story starts anew.
 * After a wanted change: `vitest -u`, then read the difference as you would read code.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import type { Fact, Millis } from '../../events/fact.ts';
import type { Reason } from '../../events/reason.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { lacksModelUntil } from '../../machines/endpoint-policy.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { answered, bad, failed, good, ladder, looked, probed, probeFailed, second, start } from '../support/given.ts';
import { EndpointLife, LadderLife } from '../support/life.ts';

interface Told {
  readonly at: Millis;
  readonly fact: Fact;
}

/** One life: takes a line, and says what it led to and where it stands now. */
interface Player {
  play(line: string): readonly Told[];
  state(): string;
}

type Verb<Life> = readonly [RegExp, (life: Life, ...words: string[]) => void];

const endpointVerbs: readonly Verb<EndpointLife>[] = [
  [/^fail (\w+)$/, (life, failure) => life.tell(failed(failure as Failure))],
  [
    /^fail (\w+), retry after (\d+) s$/,
    (life, failure, s) => life.tell(failed(failure as Failure, { retryAfterMs: Number(s) * second })),
  ],
  [
    /^fail (\w+), reset in (\d+) s$/,
    (life, failure, s) => life.tell(failed(failure as Failure, { resetAt: life.now + Number(s) * second })),
  ],
  [
    /^limits warn, reset in (\d+) s$/,
    (life, s) =>
      life.tell({ type: 'LimitsSeen', data: { status: 'allowed_warning', resetAt: life.now + Number(s) * second } }),
  ],
  [/^answer$/, (life) => life.tell(answered())],
  [/^answer (\d+) ms$/, (life, ms) => life.tell(answered(Number(ms)))],
  [/^probe$/, (life) => life.tell(probed)],
  [/^probe fails (\w+)$/, (life, failure) => life.tell(probeFailed(failure as Failure))],
  [/^disable$/, (life) => life.tell({ type: 'EndpointDisabled', data: {} })],
  [/^enable$/, (life) => life.tell({ type: 'EndpointEnabled', data: {} })],
  [/^new key$/, (life) => life.tell({ type: 'KeyChanged', data: {} })],
  [
    /^no model (\w+)$/,
    (life, model = '') =>
      life.tell({ type: 'ModelNotFound', data: { model, until: lacksModelUntil(life.now), request: 'r' } }),
  ],
  [/^has model (\w+)$/, (life, model = '') => life.tell({ type: 'ModelFound', data: { model, request: 'r' } })],
  [/^reset$/, (life) => life.tell({ type: 'EndpointReset', data: {} })],
  [/^probing$/, (life) => Object.assign(life, { policy: { ...life.policy, probing: true } })],
  [/^median (\d+) ms$/, (life, ms) => Object.assign(life, { recent: { ...life.recent, medianTtftMs: Number(ms) } })],
  [/^wait (\d+) s$/, (life, s) => life.pass(Number(s) * second)],
];

const ladderVerbs: readonly Verb<LadderLife>[] = [
  [
    /^ladder ?(.*)$/,
    (life, rungs = '') => {
      const pairs = rungs
        .split(', ')
        .filter((rung) => rung !== '')
        .map((rung) => rung.split(' ') as [string, string]);
      life.look = ladder(Object.fromEntries(pairs));
      life.ask(looked);
    },
  ],
  [/^(\w+) bad$/, (life, profile = '') => life.ask(bad(profile))],
  [/^(\w+) good$/, (life, profile = '') => life.ask(good(profile))],
  [/^switch (\w+)$/, (life, to = '') => life.ask({ type: 'SwitchByHand', to, reason: 'by hand' })],
  [/^release$/, (life) => life.ask({ type: 'ReleasePin' })],
  [/^look$/, (life) => life.ask(looked)],
  [/^auto (on|off)$/, (life, word) => Object.assign(life, { policy: { ...life.policy, auto: word === 'on' } })],
  [/^wait (\d+) s$/, (life, s) => life.pass(Number(s) * second)],
];

function player<Life extends { readonly history: readonly Told[] }>(
  life: Life,
  verbs: readonly Verb<Life>[],
  state: () => string,
): Player {
  return {
    state,
    play(line) {
      const before = life.history.length;
      const verb = verbs.find(([form]) => form.test(line));
      if (!verb) throw new Error(`no such line in a script: ${line}`);
      const [form, act] = verb;
      act(life, ...(form.exec(line)?.slice(1) ?? []));
      return life.history.slice(before);
    },
  };
}

function newEndpoint(): Player {
  const life = new EndpointLife();
  return player(life, endpointVerbs, () => endpointStatus(life.snapshot).state);
}

function newLadder(): Player {
  const life = new LadderLife();
  return player(life, ladderVerbs, () => {
    const { state, active, pinned } = priorityStatus(life.snapshot);
    return `${state}, ${active ?? 'nobody'} active${pinned === null ? '' : ', pinned'}`;
  });
}

// What a report says stands in the script already.
const silent: ReadonlySet<string> = new Set(['AttemptFailed', 'AttemptSucceeded', 'ProbeSucceeded', 'ProbeFailed']);
const instants: ReadonlySet<string> = new Set(['until', 'nextAt', 'readyAt']);

const clock = (at: Millis) => `${(at - start) / second} s`;

function shown({ at, fact }: Told): string {
  const data = Object.entries(fact.data)
    .filter(([key]) => key !== 'gen')
    .map(([key, value]) => `${key}: ${instants.has(key) && value !== null ? clock(value as Millis) : worded(value)}`);
  const words = silent.has(fact.type) || data.length === 0 ? '' : ` { ${data.join(', ')} }`;
  return `  ${clock(at)}  ${fact.type}${words}`;
}

const worded = (value: unknown) =>
  typeof value === 'object' && value !== null ? reasonText(value as Reason, 'en') : value;

function transcript(script: string, newPlayer: () => Player): string {
  let current = newPlayer();
  const lines = script
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('#')) current = newPlayer();
      if (line === '' || line.startsWith('#')) return [line];
      return [`> ${line}`, ...current.play(line).map(shown), `  = ${current.state()}`];
    });
  return `${lines.join('\n')}\n`;
}

it.each([
  ['endpoint', newEndpoint],
  ['ladder', newLadder],
])('the scenarios of the %s', async (name, newPlayer) => {
  const script = readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8');
  await expect(transcript(script, newPlayer)).toMatchFileSnapshot(`${name}.transcript`);
});
