/** Facts as lines: when, about whom, and what. Each leads to the moment after it. */
import { kindOf, nameOf } from '../../../events/ids.ts';
import type { FactRow } from '../../contract/history.ts';
import { hrefAt, hrefOf, sentenceOf, subjectOf, timeOf } from './text.ts';

interface FactListProps {
  readonly facts: readonly FactRow[];
  readonly newestFirst?: boolean;
  readonly isFolded?: boolean;
  /** The fact that is looked at. */
  readonly here?: number | null;
}

/** Facts in a row that say the same are one line, with their number. */
export function FactList({ facts, newestFirst = false, isFolded = true, here = null }: FactListProps) {
  const ordered = newestFirst ? [...facts].reverse() : facts;
  const rows = isFolded ? folded(ordered) : ordered.map((fact) => ({ fact, count: 1 }));
  return (
    <ol class="facts">
      {rows.map(({ fact, count }) => (
        <li key={fact.seq} class={fact.seq === here ? 'is-here' : ''}>
          <a class="seq" href={hrefAt(fact.seq)}>
            #{fact.seq}
          </a>
          <time dateTime={fact.at}>{timeOf(fact.at)}</time>
          <Subject fact={fact} />
          <span class="sentence">
            {sentenceOf(fact)}
            {count > 1 && <span class="count"> ×{count}</span>}
            {fact.cause !== null && (
              <a class="cause" href={hrefAt(fact.cause)}>
                {' '}
                ←&nbsp;#{fact.cause}
              </a>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

interface Line {
  readonly fact: FactRow;
  readonly count: number;
}

function folded(facts: readonly FactRow[]): readonly Line[] {
  const lines: Line[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    if (last && isAlike(last.fact, fact)) lines[lines.length - 1] = { fact: last.fact, count: last.count + 1 };
    else lines.push({ fact, count: 1 });
  }
  return lines;
}

function isAlike(one: FactRow, other: FactRow): boolean {
  if (one.type !== other.type || kindOf(one.stream) !== kindOf(other.stream)) return false;
  return (kindOf(one.stream) === 'request' || one.stream === other.stream) && sentenceOf(one) === sentenceOf(other);
}

function Subject({ fact }: { readonly fact: FactRow }) {
  const kind = kindOf(fact.stream);
  if (kind === 'endpoint' || kind === 'request')
    return (
      <a class="subject" href={hrefOf(kind, nameOf(fact.stream))}>
        {subjectOf(fact)}
      </a>
    );
  return <span class="subject">{subjectOf(fact)}</span>;
}
