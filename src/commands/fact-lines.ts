/** Facts as lines for people: one line each, repeated ones grouped on one line, and the date where it changes. */
import type { FactsLost } from '../../events/gateway.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import { traitsOf } from '../../events/traits.ts';
import type { FactRow } from '../contract/history.ts';
import type { Words } from '../messages/messages.ts';
import type { StoryWords, Telling } from '../messages/story.ts';
import { storyWordsOf } from '../messages/story.ts';
import { clockOf, dayOf, zoneOf } from '../platform/time.ts';
import type { Context } from './context.ts';
import type { Names } from './names.ts';
import { tellSubject } from './subject-line.ts';

type Loss = FactsLost['data'];
type Called = Readonly<Record<string, string>>;

// Two equal facts are two lines; three are grouped.
const groupMin = 3;
// A group spans up to a thousand facts: `#248–285`.
const numberWidth = 8;

/** Takes facts in their order, and emits a line as soon as no later fact can change it. */
export class Teller {
  readonly #context: Context;
  readonly #story: StoryWords;
  readonly #names: Names;
  #day = '';
  #alike: FactRow[] = [];

  constructor(context: Context, names: Names) {
    this.#context = context;
    this.#story = storyWordsOf(context.language);
    this.#names = names;
  }

  tell(fact: FactRow): void {
    const [first] = this.#alike;
    if (first && likenessOf(first) !== likenessOf(fact)) this.flush();
    this.#alike.push(fact);
    if (likenessOf(fact) === null) this.flush();
  }

  /** Emits facts that wait for a group as they are. */
  flush(): void {
    const alike = this.#alike;
    this.#alike = [];
    if (alike.length >= groupMin) this.#group(alike);
    else for (const fact of alike) this.#line(fact);
  }

  #line(fact: FactRow): void {
    const cause = fact.cause === null ? '' : this.#dim(`  ← #${fact.cause}`);
    this.#out(
      fact,
      `#${fact.seq}`,
      whoOf(fact, this.#names.at(fact.seq)),
      `${sentenceOf(fact, this.#context.words, this.#story, this.#names.at(fact.seq))}${cause}`,
    );
  }

  #group(alike: readonly FactRow[]): void {
    const [first, last] = [alike[0], alike.at(-1)];
    if (!first || !last) return;
    const { lines } = this.#story;
    const { endpoint } = first.data as { endpoint?: string };
    const served = alike.map(({ data }) => (data as { durationMs: number }).durationMs).sort((a, b) => a - b);
    const middle = served[served.length >> 1] ?? 0;
    const until = clockOf(Date.parse(last.at));
    const text = lines.servedAlike(
      alike.length,
      this.#names.at(last.seq)[endpoint ?? ''] ?? endpoint ?? '',
      until,
      middle,
    );
    this.#out(first, `#${first.seq}–${last.seq}`, 'request', text);
  }

  #out(fact: FactRow, number: string, who: string, what: string): void {
    const { out } = this.#context;
    const at = Date.parse(fact.at);
    const day = dayOf(at);
    if (day !== this.#day) out.line(this.#dim(`── ${day} ${zoneOf(at)} ──`));
    this.#day = day;
    const lead = this.#dim(`${clockOf(at)} ${number.padEnd(numberWidth)}`);
    tellSubject(out, { lead, subject: who, paint: (text) => out.paint(toneOf(fact.type), text), sentence: what });
  }

  #dim(text: string): string {
    return this.#context.out.paint('dim', text);
  }
}

function whoOf({ stream }: FactRow, names: Called): string {
  const kind = kindOf(stream);
  if (kind === 'endpoint') return names[nameOf(stream)] ?? stream;
  if (kind === 'request') return `request/…${stream.slice(-6)}`;
  return kind === 'profile' ? nameOf(stream) : stream;
}

/** Requests that one endpoint has answered at the first attempt are routine and may be grouped; everything else stays visible. */
function likenessOf({ type, data }: FactRow): string | null {
  if (type !== 'RequestServed') return null;
  const { endpoint, attempts, status } = data as { endpoint: string; attempts: readonly unknown[]; status: number };
  return attempts.length === 1 ? `${endpoint} ${status}` : null;
}

const tones = { bad: 'red', good: 'green', plain: 'bold' } as const;

function toneOf(type: string): 'red' | 'green' | 'bold' {
  return tones[traitsOf(type).tone];
}

export function sentenceOf({ type, data, at }: FactRow, words: Words, story: StoryWords, names: Called): string {
  if (type === 'FactsLost') return lossText(words, data as Loss);
  const telling: Telling = { at: Date.parse(at), name: (endpoint) => names[endpoint] ?? endpoint };
  const sentences = story.sentences as Record<string, ((data: object, telling: Telling) => string) | undefined>;
  const sentence = Object.hasOwn(sentences, type) ? sentences[type] : undefined;
  if (sentence) return sentence(data, telling);
  const fields = Object.entries(data).filter(([, value]) => value !== null && typeof value !== 'object');
  return [type, ...fields.map(([name, value]) => `${name}=${value}`)].join(' ');
}

export function lossText(words: Words, { from, to, because, since }: Loss): string {
  const which = from === to ? `#${from}` : `#${from}–#${to}`;
  const told = because === 'missing' ? words.factsMissing(which) : words.factsChanged(which);
  return since === null || since === undefined ? told : told + words.lostSince(to - from + 1, clockOf(since));
}

/** One fact on one line, without the ones around it. */
export function factLine({ out, words, language }: Context, fact: FactRow, known: Names): string {
  const names = known.at(fact.seq);
  const sentence = sentenceOf(fact, words, storyWordsOf(language), names);
  const head = out.paint('dim', `${clockOf(Date.parse(fact.at))} #${fact.seq}`);
  return `${head}  ${out.paint(toneOf(fact.type), whoOf(fact, names))}  ${sentence}`;
}

/** A fact in a chain of causes: its subject, its event, and the request whose failure it was. */
function storyLine(context: Context, fact: FactRow, indent: string, known: Names): string {
  const { request } = fact.data as { request?: string | null };
  const whose = request ? context.out.paint('dim', `  request/…${request.slice(-6)}`) : '';
  const head = context.out.paint('dim', `${clockOf(Date.parse(fact.at))} #${fact.seq}`);
  return `  ${head}  ${indent}${toldFact(fact, context, known)}${whose}`;
}

// Below the sentence, indented past the time and the number.
export const chainIndent = 18;

/** A decision is printed below the facts that caused it. */
export function tellChain(context: Context, facts: readonly FactRow[], names: Names): void {
  const depth = new Map<number, number>();
  for (const fact of facts) {
    const level = fact.cause === null ? 0 : (depth.get(fact.cause) ?? -1) + 1;
    depth.set(fact.seq, level);
    context.out.prose(chainIndent + 2 * level, storyLine(context, fact, '  '.repeat(level), names));
  }
}

/** The fact's subject and its event. */
export function toldFact(fact: FactRow, { words, language }: Context, known: Names): string {
  const names = known.at(fact.seq);
  return words.labelled(whoOf(fact, names), sentenceOf(fact, words, storyWordsOf(language), names));
}
