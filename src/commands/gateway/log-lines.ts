/** Lines of the access log for people: one request each, with its time as all commands show it, and its endpoint by name. */
import { type AccessLogWords, accessLogWordsOf } from '../../messages/access-log.ts';
import { clockOf, dayOf, zoneOf } from '../../platform/time.ts';
import type { Context } from '../context.ts';
import { tellSubject } from '../subject-line.ts';

const outcomes = ['served', 'failed', 'cancelled', 'broken'] as const;

/** What is shown of a line; `src/proxy/response/access-log.ts` writes them. */
interface Line {
  readonly time: string;
  readonly request: string;
  readonly path: string;
  readonly status: number;
  readonly outcome: (typeof outcomes)[number];
  readonly endpoint: string | null;
  readonly attempts: number;
  readonly model: string | null;
  readonly durationMs: number;
}

const usualPath = '/v1/messages';
// As `qcc history` prints it, and `qcc history explain` takes it.
const shortId = 6;
const statusWidth = 3;
// The name of most endpoints, with their profile.
const nameWidth = 24;

export class LogTeller {
  readonly #context: Context;
  readonly #names: Readonly<Record<string, string>>;
  readonly #words: AccessLogWords;
  #day = '';

  /** @param names of endpoints, by id */
  constructor(context: Context, names: Readonly<Record<string, string>>) {
    this.#context = context;
    this.#names = names;
    this.#words = accessLogWordsOf(context.language);
  }

  /** A line that is none of ours is printed as it stands there. */
  tell(text: string): void {
    const line = lineOf(text);
    if (line) this.#line(line);
    else this.#context.out.line(text);
  }

  #line(line: Line): void {
    const { out } = this.#context;
    const at = Date.parse(line.time);
    const day = dayOf(at);
    if (day !== this.#day) out.line(out.paint('dim', `── ${day} ${zoneOf(at)} ──`));
    this.#day = day;
    const isFine = line.outcome === 'served' && line.attempts < 2;
    const tone = line.outcome === 'failed' || line.outcome === 'broken' ? 'red' : 'yellow';
    tellSubject(out, {
      lead: `${out.paint('dim', clockOf(at))} ${String(line.status || '-').padEnd(statusWidth)}`,
      subject: line.endpoint === null ? '-' : (this.#names[line.endpoint] ?? line.endpoint),
      paint: (subject) => (isFine ? subject : out.paint(tone, subject)),
      sentence: this.#sentence(line, isFine),
      width: nameWidth,
    });
  }

  /** With what `qcc history explain` needs, where there is something to explain. */
  #sentence({ outcome, durationMs, attempts, model, path, request }: Line, isFine: boolean): string {
    const words = this.#words;
    return [
      words[outcome](durationMs),
      ...(attempts > 1 ? [words.attempts(attempts)] : []),
      ...(model === null ? [] : [model]),
      ...(path === usualPath ? [] : [path]),
      ...(isFine ? [] : [`request/…${request.slice(-shortId)}`]),
    ].join(words.separator);
  }
}

function lineOf(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line | null;
    const isOurs = typeof line?.request === 'string' && !Number.isNaN(Date.parse(line.time));
    return isOurs && outcomes.includes(line.outcome) ? line : undefined;
  } catch {
    return undefined;
  }
}
