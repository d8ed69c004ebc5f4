/** How the demo prints: one line per event. Aligned columns are ASCII; translated words come last. */
import type { styleText } from 'node:util';
import type { LadderReason } from '../../../events/reason.ts';
import { secondMs } from '../../../events/units.ts';
import type { FactRow } from '../../contract/history.ts';
import type { DemoWords } from '../../messages/demo.ts';
import type { Seen } from './client.ts';
import type { Stage } from './stage.ts';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

const nameWidth = 7;
const actorWidth = 6;
const timeWidth = 8;
const numberWidth = 3;
const sentenceMax = 76;
/** The column of a request line's sentence: after its mark and its columns. */
export const requestIndent = 3 + numberWidth + 2 + nameWidth + 2 + timeWidth + 2 + 2 + 2;
/** The same for a fact's line. */
export const factIndent = numberWidth + 5 + actorWidth + 2;

const marks = {
  answered: ['green', '✓'],
  cut: ['yellow', '✂'],
  refused: ['yellow', '…'],
  failed: ['red', '✗'],
} as const;

/** One request of the client: its number, the endpoint that answered, its duration, its number of attempts, and a sentence. */
export function requestLine(
  { number, seen, isAgain }: { number: number; seen: Seen; isAgain: boolean },
  { words, paint, nameOf }: Voice,
): string {
  const [style, mark] = marks[seen.outcome];
  const columns = [
    String(number).padStart(numberWidth),
    (seen.endpoint === null ? '-' : nameOf(seen.endpoint)).padEnd(nameWidth),
    `${seen.durationMs} ms`.padStart(timeWidth),
    paint(seen.attempts > 1 ? 'cyan' : 'dim', `×${seen.attempts}`),
  ];
  return ` ${paint(style, mark)} ${columns.join('  ')}  ${paint(style, outcomeWords(seen, isAgain, words))}`;
}

function outcomeWords(seen: Seen, isAgain: boolean, words: DemoWords): string {
  switch (seen.outcome) {
    case 'answered':
      if (isAgain) return words.answeredAgain;
      if (seen.askedFor !== null) return words.answeredByVendor(seen.askedFor);
      return seen.attempts > 1 ? words.answeredElsewhere : words.answered;
    case 'cut':
      return words.cutOff;
    case 'refused':
      return words.refused(seen.retryAfterS ?? 0);
    case 'failed':
      return words.failed(`${seen.status} ${seen.message ?? ''}`.slice(0, sentenceMax));
  }
}

/** Who reports, and the names of endpoints. */
export interface Voice {
  readonly words: DemoWords;
  readonly paint: Paint;
  /** The name of an endpoint by its id. */
  nameOf(id: string): string;
}

export function voiceOf(words: DemoWords, paint: Paint, { actors }: Stage): Voice {
  const names = new Map(actors.map(({ id, profile }) => [id, profile]));
  return { words, paint, nameOf: (id) => names.get(id) ?? id };
}

/** Undefined for facts that the demo does not show. */
export function factLine(fact: FactRow, { words, paint, nameOf }: Voice): string | undefined {
  const data = fact.data as FactWords;
  // The steps of slow start come quickly here and say nothing new.
  if (fact.type === 'EndpointRecovering' && data.ramp !== 0) return undefined;
  const said = teller(fact.type)?.(data, words, Date.parse(fact.at));
  if (said === undefined) return undefined;
  const [kind, id] = fact.stream.split('/');
  const who = kind === 'endpoint' && id !== undefined ? nameOf(id) : 'qcc';
  const indent = ' '.repeat(numberWidth + 3);
  return paint('dim', `${indent}└ ${who.padEnd(actorWidth)}  ${said}`);
}

/** Every field that a shown fact may have. */
interface FactWords {
  readonly failure?: string;
  readonly status?: number | null;
  readonly until?: number | null;
  readonly held?: boolean;
  readonly ramp?: number;
  readonly from?: string;
  readonly to?: string;
  readonly because?: LadderReason | string;
  readonly wanted?: string;
  readonly responseMs?: number;
}

type Teller = (data: FactWords, words: DemoWords, at: number) => string;

const seconds = ({ until }: FactWords, at: number) => (Math.max(0, (until ?? at) - at) / secondMs).toFixed(1);

const tellers: Readonly<Record<string, Teller>> = {
  AttemptFailed: ({ failure = '', status = null }, words) =>
    words.attemptFailed(status === null ? failure : `${failure} (${status})`),
  EndpointPaused: (data, words, at) => words.paused(seconds(data, at)),
  EndpointDegraded: (_, words) => words.degraded,
  EndpointFailed: (data, words, at) => (data.held ? words.held : words.out(seconds(data, at))),
  EndpointRecovering: (_, words) => words.recovering,
  EndpointRecovered: (_, words) => words.recovered,
  KeyChanged: (_, words) => words.keyChanged,
  ProbeSucceeded: ({ responseMs = 0 }, words) => words.probed(responseMs),
  FailedOver: ({ from = '', to = '', because = '' }, words) => words.failedOver(from, to, because),
  SwitchHeldBack: (data, words, at) => words.switchHeld(data.wanted ?? '', String(data.because), seconds(data, at)),
  Recovered: ({ from = '', to = '', because = '' }, words) => words.movedBack(from, to, because),
  AllOut: (_, words) => words.noneUsable,
  BackInService: (_, words) => words.usableAgain,
};

function teller(type: string): Teller | undefined {
  return Object.hasOwn(tellers, type) ? tellers[type] : undefined;
}
