/** A machine in text: its state, why it takes no traffic, its evidence, and its next transitions. */
import { nameOf } from '../../events/ids.ts';
import type { ReasonOrWord } from '../../events/reason.ts';
import type { InFlightRow, MachineRow } from '../contract/debug.ts';
import type { Seen } from '../contract/endpoint.ts';
import type { Answer } from '../contract/operations.ts';
import { codeText } from '../messages/codes.ts';
import { reasonText } from '../messages/reasons.ts';
import { nextText, storyWordsOf } from '../messages/story.ts';
import { clockOf, dayOf, shortSpan } from '../platform/time.ts';
import type { Context } from './context.ts';
import { lossText } from './fact-lines.ts';

type Loss = Parameters<typeof lossText>[1];

type Lines = ReturnType<typeof storyWordsOf>['lines'];

interface Shown {
  readonly name?: string | null;
  readonly profile?: string | null;
  readonly seen?: Seen;
  readonly lost?: readonly Loss[];
  readonly whyNot?: { readonly rule: string; readonly until: string | null } | null;
  readonly because?: string | null;
  readonly belief?: string | null;
  readonly until?: number | null;
  readonly lastError?: ReasonOrWord | null;
  readonly ramp?: number;
  readonly strikes?: number;
  readonly lacks?: readonly { readonly model: string; readonly until: number }[];
}

/** @param now spans are counted from this moment */
export function machineLines(
  context: Context,
  machine: MachineRow,
  now: number,
  live: InFlightRow | null = null,
): void {
  context.out.prose(6, ...linesOf(context, machine, now, live));
}

const nothingRuns = { budget: { left: null, most: null }, inFlight: {}, permits: [] };

/** The fields are the same with and without a gateway, because scripts read them. */
export function asJson(answer: Answer<'debug.machines'>): object {
  return { ...answer, live: answer.live ?? nothingRuns };
}

/** The retry budget that is left for endpoints that are not healthy. */
export function budgetLine({ language }: Context, { budget }: InFlightRow): string {
  return storyWordsOf(language).lines.budget(budget.left.toFixed(1), budget.most);
}

export function linesOf(
  context: Context,
  machine: MachineRow,
  now: number,
  live: InFlightRow | null = null,
): readonly string[] {
  const { words, language } = context;
  const story = storyWordsOf(language);
  const shown = machine.context as Shown;
  const { lost = [], belief, until, lastError, strikes, lacks } = shown;
  const lines = [headLine(context, machine, now), ...whyNotLines(shown, story)];
  if (belief && until)
    lines.push(`    ${story.lines.believes(momentText(until, now), story.lines.beliefs[belief] ?? belief)}`);
  lines.push(...lackingLines(lacks, now, story.lines));
  lines.push(...runningLines(context, machine, live));
  if (strikes) lines.push(`    ${story.lines.strikes(strikes)}`);
  // The last error is omitted where it repeats the reason of the state.
  if (lastError && lastError !== shown.because && machine.state !== 'healthy')
    lines.push(`    ${story.lines.lastError(reasonText(lastError, language))}`);
  for (const loss of lost) lines.push(`    ${lossText(words, loss)}`);
  const named = { profile: shown.profile ?? '', endpoint: shown.name ?? nameOf(machine.id) };
  for (const step of machine.next) {
    const { to, at } = step;
    const [state, why] = [codeText('states', to, language), nextText(story, step, named)];
    lines.push(
      `    ${at === null ? story.lines.goes(state, why) : story.lines.goesAt(state, spanTo(Date.parse(at), now), why)}`,
    );
  }
  return lines;
}

function headLine({ out, words, language }: Context, { id, state, since, context }: MachineRow, now: number): string {
  const { name, profile, seen } = context as Shown;
  const shown = shownState(state, seen);
  const who = name === undefined || name === null ? '' : `  ${profile}/${name}`;
  const stateText = out.paint(toneOf(shown), codeText('states', shown, language));
  const sinceText = since === null ? '-' : momentText(Date.parse(since), now);
  return `${out.paint('bold', id)}${who}  ${stateText}  ${words.since} ${sinceText}`;
}

function whyNotLines({ whyNot, because }: Shown, story: ReturnType<typeof storyWordsOf>): readonly string[] {
  if (!whyNot) return [];
  const failure = because === null || because === undefined ? null : (story.failures[because] ?? because);
  return [`    ${story.lines.whyNot(story.rules[whyNot.rule] ?? whyNot.rule, failure)}`];
}

/** The models that an endpoint has said it lacks. Other machines have no such line. */
function lackingLines(lacks: Shown['lacks'], now: number, { lacks: told }: Lines): readonly string[] {
  const left = lacks?.filter(({ until }) => until > now) ?? [];
  return left.map(({ model, until }) => `    ${told(model, momentText(until, now))}`);
}

const spanTo = (at: number, now: number) => (at > now ? shortSpan(at - now) : null);

function runningLines({ language }: Context, { id }: MachineRow, live: InFlightRow | null): readonly string[] {
  const { lines } = storyWordsOf(language);
  const running = live?.inFlight[nameOf(id)] ?? 0;
  return [
    ...(running > 0 ? [`    ${lines.running(running)}`] : []),
    ...(live?.permits.includes(nameOf(id)) ? [`    ${lines.permitTaken}`] : []),
  ];
}

function momentText(at: number, now: number): string {
  return dayOf(at) === dayOf(now) ? clockOf(at) : `${dayOf(at)} ${clockOf(at)}`;
}

/** No person reads of an endpoint that it is healthy before it has answered, or after it has failed. An older gateway does not tell. */
export function shownState<State extends string>(state: State, seen: Seen | undefined): State | 'untried' | 'resting' {
  if (state !== 'healthy' || seen === undefined || seen === 'answering') return state;
  return seen === 'untried' ? 'untried' : 'resting';
}

export function toneOf(state: string): 'green' | 'yellow' | 'red' | 'dim' {
  if (state === 'healthy' || state === 'online' || state === 'answered') return 'green';
  if (state === 'failed' || state === 'dead') return 'red';
  return state === 'disabled' || state === 'untried' || state === 'stopped' || state === 'cancelled' ? 'dim' : 'yellow';
}
