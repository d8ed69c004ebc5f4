/** Incidents: failures grouped into stories, each with its beginning, its cost and its end. */
import type { IncidentRow } from '../../contract/incidents.ts';
import { useAsked } from '../live/asked.ts';
import { moment, place, present } from '../live/store.ts';
import { durationText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { becauseText, hrefAt, hrefOf, nameOfEndpoint, sentenceOf, subjectOf, text, timeOf } from '../parts/text.ts';

const rowsMax = 50;

export function IncidentsView() {
  const { incidents: words, views } = text();
  const { incidents } = views;
  const at = moment.value;
  const asked = useAsked(
    'incidents.list',
    { limit: rowsMax, ...(at !== null && { toSeq: at + 1 }) },
    present.value?.seq,
  );
  const { value, error } = asked.value;
  const chosen = Number(place.value.about);
  return (
    <div class="incidents">
      <header class="heading">
        <h1>{incidents.title}</h1>
        <CommandLine command="qcc incidents" />
      </header>
      {error !== null && <p class="not-ready">{error}</p>}
      {value && value.incidents.length === 0 && <p class="aside">{words.none}</p>}
      <ol class="incident-list">
        {(value?.incidents ?? []).map((row) => (
          <li key={row.number} class={`part${row.to === null ? ' is-open' : ''}`}>
            <Incident row={row} />
            {row.number === chosen ? (
              <Story number={row.number} again={row.factCount} />
            ) : (
              <p>
                <a href={hrefOf('incidents', String(row.number))}>{incidents.story(row.factCount)}</a>
                <span class="unseen"> #{row.number}</span>
              </p>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Incident({ row }: { readonly row: IncidentRow }) {
  const { incidents: words, views } = text();
  const { incidents } = views;
  const hit = words.hit(row);
  return (
    <>
      <header class="heading">
        <h2>
          <a href={hrefAt(row.number)}>#{row.number}</a> {subjectOf(row.began)}: {sentenceOf(row.began)}
        </h2>
        <span class={row.to === null ? 'is-other' : 'soft'}>
          {row.to === null ? incidents.goesOn : durationText(row.durationMs)}
        </span>
        <span class="soft">
          {timeOf(row.from)} – {row.to === null ? words.stillGoesOn : timeOf(row.to)}
        </span>
      </header>
      <p>{hit.length === 0 ? words.hitNothing : hit.join(words.separator)}</p>
      <p class="soft">
        {row.endpoints
          .map(
            ({ endpoint, failures }) =>
              `${nameOfEndpoint(endpoint)}: ${failures.map(({ failure, count }) => `${becauseText(failure)} ×${count}`).join(words.separator)}`,
          )
          .join(' · ')}
      </p>
      <p class="soft">{endOf(row)}</p>
      <p class="incident-links">
        <a href={hrefOf('timeline', null, spanOf(row))}>{incidents.onTimeline}</a>
        <CommandLine command={`qcc history export --since '#${row.number}' --incident incident-${row.number}.jsonl`} />
      </p>
    </>
  );
}

function endOf({ ended, to, unwell }: IncidentRow): string {
  const { incidents: words } = text();
  if (ended) return words.ended(ended.seq, `${subjectOf(ended)}: ${sentenceOf(ended)}`);
  if (to !== null) return words.passed;
  return words.goesOn(
    unwell
      .map((one) => (Object.hasOwn(words.unwell, one) ? (words.unwell[one] ?? one) : nameOfEndpoint(one)))
      .join(words.separator),
  );
}

/** With a little of what was before and after it. */
function spanOf({ from, to, durationMs }: IncidentRow): Readonly<Record<string, string>> {
  const room = Math.max(30_000, durationMs * 0.2);
  const [begin, end] = [Date.parse(from), to === null ? Date.parse(from) + durationMs : Date.parse(to)];
  return { from: String(Math.round(begin - room)), to: String(Math.round(end + room)) };
}

function Story({ number, again }: { readonly number: number; readonly again: number }) {
  const asked = useAsked('incidents.show', { number }, again);
  const { value, error } = asked.value;
  if (error !== null) return <p class="not-ready">{error}</p>;
  return value ? <FactList facts={value.facts} /> : null;
}
